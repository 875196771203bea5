#include "policy/reply_json.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "base/error.h"
#include "base/signals.h"
#include "formats/bytes.h"

namespace hrm::policy {
namespace {

using GuardClock = std::chrono::steady_clock;

constexpr int kMaxDepth = 200;

// The bytes of a text, one after the other; throws where they nest too deep, time is over or the program is to stop. So
// a reply of any shape is read in linear time and within the limit of its request.
class GuardedBytes {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  struct Guard {
    std::string_view source;
    GuardClock::time_point end;
    int depth = 0;
    bool in_text = false, escaped = false;
    uint32_t count = 0;
  };

  explicit GuardedBytes(const char* at, Guard* guard = nullptr) : at_(at), guard_(guard) {}
  reference operator*() const { return *at_; }
  GuardedBytes& operator++() {
    if (guard_ != nullptr) pass(*at_);
    ++at_;
    return *this;
  }
  GuardedBytes operator++(int) {
    const GuardedBytes before = *this;
    ++*this;
    return before;
  }
  bool operator==(const GuardedBytes& other) const { return at_ == other.at_; }

 private:
  void pass(char c) const {
    Guard& guard = *guard_;
    if (++guard.count % 65536 == 0) {
      if (interrupted()) throw bad_input("policy.http", "{}: interrupted", guard.source);
      if (GuardClock::now() > guard.end)
        throw bad_input("policy.http", "{}: the reply could not be read within the limit of a request", guard.source);
    }
    if (guard.in_text) {
      if (!guard.escaped && c == '"') guard.in_text = false;
      guard.escaped = !guard.escaped && c == '\\';
    } else if (c == '"') {
      guard.in_text = true;
    } else if (c == '[' || c == '{') {
      if (++guard.depth > kMaxDepth)
        throw bad_input("policy.http", "{}: the reply is nested deeper than {} levels", guard.source, kMaxDepth);
    } else if (c == ']' || c == '}') {
      --guard.depth;
    }
  }

  const char* at_;
  Guard* guard_;
};

}  // namespace

ReplyJson parse_reply_json(std::string_view body, std::string_view source, double seconds) {
  const auto most = std::chrono::duration<double>(std::clamp(seconds, 0.0, 1e6));
  GuardedBytes::Guard guard{.source = source,
                            .end = GuardClock::now() + std::chrono::duration_cast<GuardClock::duration>(most)};
  const auto wrong = [&](std::string_view what) {
    return bad_input("policy.http", "{}: {} (of {} bytes, beginning '{}')", source, what, body.size(), shown(body));
  };
  try {
    return ReplyJson::parse(GuardedBytes(body.data(), &guard), GuardedBytes(body.data() + body.size()));
  } catch (const ReplyJson::parse_error& error) {
    throw wrong(fmt::format("not valid JSON at byte {}", error.byte));
  } catch (const ReplyJson::exception&) {
    throw wrong("JSON with a number too large for a double");
  }
}

}  // namespace hrm::policy
