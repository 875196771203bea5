// PCRE2 regular expressions over UTF-8 text, with Unicode classes and bounded work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hrm {

struct RegexOptions {
  bool multiline = false;      // ^ and $ also at line ends
  bool any_bytes = false;      // the text may contain bytes that are not UTF-8; otherwise it must be valid
  bool plain_search = false;   // no shortcuts, so that limits count every step alike, and no \C
  uint32_t steps = 1'000'000;  // of one search, before it gives up
  bool machine_code = false;   // for expressions that search long texts: compiled if the machine allows it
};

// An expression that cannot be compiled. what(): PCRE2's message.
class RegexFault : public std::runtime_error {
 public:
  RegexFault(const std::string& message, size_t at) : std::runtime_error(message), at_(at) {}
  size_t at() const { return at_; }  // byte of the expression

 private:
  size_t at_;
};

struct RegexMatch {
  size_t begin = 0, end = 0;
  bool found = false;
  std::string fault;  // why the search gave up; empty: it did not
};

// Copies share the compiled code. Any number of threads may search at once.
class Regex {
 public:
  explicit Regex(std::string_view expression, const RegexOptions& options = {});  // throws RegexFault

  // The first match that begins at `from` or after it.
  RegexMatch find(std::string_view text, size_t from = 0) const;
  // A match at the start of the text; with `whole` also up to its end.
  RegexMatch match(std::string_view text, bool whole) const;

 private:
  RegexMatch run(std::string_view text, size_t from, uint32_t flags) const;

  RegexOptions options_;
  std::shared_ptr<void> code_;  // pcre2_code
};

}  // namespace hrm
