// Split expressions of tokenizer.json are written in the syntax of Oniguruma (Ruby's), and PCRE2 matches them here.
// Both compile most expressions, and some mean something else: {1,3}+ is a repetition and not possessive, \w holds
// marks, $ and ^ stand at every newline, \h is a hexadecimal digit, (?m) lets the dot match a newline, an option in the
// middle of a group holds for its other alternatives, too.
#pragma once

#include <string>
#include <string_view>

namespace hrm::text {

// The expression in PCRE2's syntax (flag PCRE2_UTF alone), with the same matches. Letters are those of PCRE2's Unicode.
// Throws bad_input naming source, expression, place and construct for what cannot be said exactly: back references,
// calls, conditions, absent operators, callouts, \G, \X, letters beyond ASCII without regard to case, what Oniguruma
// itself refuses, and more.
std::string pcre2_of_oniguruma(std::string_view expression, std::string_view source);

}  // namespace hrm::text
