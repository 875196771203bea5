#include "text/split.h"

#include <algorithm>

#include "base/error.h"
#include "base/regex.h"
#include "base/utf8.h"
#include "text/split_syntax.h"

namespace hrm::text {
namespace {

// Far above what the expressions of published tokenizers need for one match of any text, far below a second.
constexpr uint32_t kMatchSteps = 50'000'000;

}  // namespace

class Splitter::Expression {
 public:
  Expression(const std::string& text, std::string_view source) : text_(text), regex_(compiled(text, source)) {}

  void split(std::string_view text, std::vector<std::string_view>& pieces) const {
    size_t done = 0, from = 0;  // up to where pieces have been cut; where the search continues
    const auto cut = [&](size_t end) {
      if (end > done) pieces.push_back(text.substr(done, end - done));
      done = end;
    };
    while (from < text.size()) {
      const RegexMatch match = regex_.find(text, from);
      if (!match.fault.empty())
        throw failure("text.split", "split expression '{}' at byte {} of a text of {}: {}", text_.substr(0, 200), from,
                      text.size(), match.fault);
      if (!match.found) break;
      cut(std::max(match.begin, done));
      cut(std::max(match.end, done));
      from = match.end > from ? match.end : from + decode_utf8(text.substr(from)).size;
    }
    cut(text.size());
  }

 private:
  static Regex compiled(const std::string& text, std::string_view source) {
    try {
      return Regex(pcre2_of_oniguruma(text, source),
                   {.plain_search = true, .steps = kMatchSteps, .machine_code = true});
    } catch (const RegexFault& fault) {
      throw bad_input("text.split", "{}: split expression '{}': {} (at {} of its translation)", source,
                      text.substr(0, 200), fault.what(), fault.at());
    }
  }

  std::string text_;
  Regex regex_;
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
