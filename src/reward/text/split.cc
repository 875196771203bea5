#include "text/split.h"

#include <pcre2.h>

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "text/split_syntax.h"

namespace hrm::text {
namespace {

// Far above what the expressions of published tokenizers need for one match of any text, far below a second.
constexpr uint32_t kMatchSteps = 50'000'000;
constexpr size_t kJitStackBytes = 1 << 20;

template <auto Free>
struct Freed {
  void operator()(auto* what) const { Free(what); }
};
using Code = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freed<pcre2_jit_stack_free>>;

std::string message_of(int error) {
  PCRE2_UCHAR text[256] = "";
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

// What a thread needs to match with any expression.
struct Matcher {
  MatchData data{pcre2_match_data_create(1, nullptr)};
  MatchContext context{pcre2_match_context_create(nullptr)};
  JitStack stack{pcre2_jit_stack_create(32 << 10, kJitStackBytes, nullptr)};

  Matcher() {
    pcre2_set_match_limit(context.get(), kMatchSteps);
    pcre2_set_heap_limit(context.get(), 64 << 10);  // KiB
    if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
};

}  // namespace

class Splitter::Expression {
 public:
  Expression(const std::string& text, std::string_view source) : text_(text) {
    const std::string translated = pcre2_of_oniguruma(text, source);
    int error = 0;
    PCRE2_SIZE at = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                              PCRE2_UTF | PCRE2_UCP | PCRE2_NO_START_OPTIMIZE | PCRE2_NEVER_BACKSLASH_C, &error, &at,
                              nullptr));
    if (!code_)
      throw bad_input("text.split", "{}: split expression '{}': {} (at {} of its translation)", source,
                      text.substr(0, 200), message_of(error), at);
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);  // without it matching is slower, and as right
  }

  void split(std::string_view text, std::vector<std::string_view>& pieces) const {
    thread_local const Matcher matcher;
    size_t done = 0, from = 0;  // up to where pieces have been cut; where the search continues
    const auto cut = [&](size_t end) {
      if (end > done) pieces.push_back(text.substr(done, end - done));
      done = end;
    };
    while (from < text.size()) {
      const int found = match(text, from, matcher);
      if (found == PCRE2_ERROR_NOMATCH) break;
      if (found < 0)
        throw failure("text.split", "split expression '{}' at byte {} of a text of {}: {}", text_.substr(0, 200), from,
                      text.size(), message_of(found));
      const PCRE2_SIZE* match = pcre2_get_ovector_pointer(matcher.data.get());
      cut(std::max(match[0], done));
      cut(std::max(match[1], done));
      from = match[1] > from ? match[1] : from + decode_utf8(text.substr(from)).size;
    }
    cut(text.size());
  }

 private:
  // Compiled code has a stack of its own, of fixed size; the interpreter takes what the heap limit allows.
  int match(std::string_view text, size_t from, const Matcher& matcher) const {
    const auto run = [&](uint32_t options) {
      return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                         options | PCRE2_NO_UTF_CHECK, matcher.data.get(), matcher.context.get());
    };
    const int found = run(0);
    return found == PCRE2_ERROR_JIT_STACKLIMIT ? run(PCRE2_NO_JIT) : found;
  }

  std::string text_;
  Code code_;
};

Splitter::Splitter(const std::vector<std::string>& expressions, std::string_view source) {
  for (const std::string& text : expressions) expressions_.push_back(std::make_unique<const Expression>(text, source));
}
Splitter::~Splitter() = default;
Splitter::Splitter(Splitter&&) noexcept = default;
Splitter& Splitter::operator=(Splitter&&) noexcept = default;

std::vector<std::string_view> Splitter::split(std::string_view text) const {
  std::vector<std::string_view> pieces, finer;
  if (!text.empty()) pieces.push_back(text);
  for (const auto& expression : expressions_) {
    finer.clear();
    for (const std::string_view piece : pieces) expression->split(piece, finer);
    pieces.swap(finer);
  }
  return pieces;
}

}  // namespace hrm::text
