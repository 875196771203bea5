// Splits the text of an answer into parts. These functions only look at brackets and braces, and lose nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hrm::grading {

// What stands between the elements of a list besides a comma, in the spelling of one_spelling().
inline constexpr char kAnd = '\x01', kOr = '\x02';

// The text without blanks, except between digits and between letters.
std::string squeezed(std::string_view text);

// Commas (or another mark) outside of brackets and braces separate the parts. One part: there is none.
std::vector<std::string_view> split_outside(std::string_view text, std::string_view mark);

// The mark outside of brackets and braces; npos: it is not there.
size_t find_outside(std::string_view text, std::string_view mark, size_t from = 0);

// Behind the brace that closes the one at `at`; npos: none does. A backslash hides the character after it.
size_t group_end(std::string_view text, size_t at);

// The bracket at the front closes at the very end.
bool encloses(std::string_view text);

// The content if the whole is {..} or \text{..}, also nested; blanks around it are gone.
std::string_view unwrapped(std::string_view text);

// Letters and blanks alone, at least two letters in a row: a word, a name.
bool is_words(std::string_view text);

bool is_single_letter(std::string_view text);

}  // namespace hrm::grading
