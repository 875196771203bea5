// The stages of one_spelling() (spelling.h), in their order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hrm::grading {

std::string plain_characters(std::string_view text);    // ASCII and LaTeX for what has such a spelling
std::string without_emphasis(std::string text);         // **73**, `73`
std::string money_and_formulas(std::string_view text);  // $x$ as x, $5 as \$5
std::string plain_macros(std::string_view text);        // one pass over macros

// Groups of thousands as one number; what was joined that may be several.
struct JoinedGroups {
  std::string text;
  bool has_blanks = false, has_commas = false;
};
JoinedGroups joined_groups(std::string_view text, bool join_commas);

// In the text of plain_macros() until the groups are joined.
inline constexpr char kThinSpace = '\x03', kNegativeSpace = '\x04', kBracedComma = '\x05';

}  // namespace hrm::grading
