// The value that a sentence of prose names, behind "The answer is".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hrm::grading {

struct SentenceValue {
  std::string value;
  std::optional<std::string> other;  // where the sentence can be read in another way
};

struct Sentence {
  std::string_view text;     // from the value on; more than the sentence may follow
  std::string_view before;   // the text before it
  bool on_own_line = false;  // a dash in front may be that of a list
  std::string_view endings;  // words that end the sentence behind the value, separated by '|'
};

// The formula that stands first, or else the sentence, without emphasis, marks of a list, comments ("42, as required")
// and what ends a sentence. "42!" is 42, and 42! its other reading; it stays a factorial where the text has the same
// one elsewhere. Empty: there is no value.
SentenceValue value_of_sentence(const Sentence& sentence);

// Without marks of a tokenizer at the end: <|im_end|>, </s>.
std::string_view without_end_tokens(std::string_view text);

// A number, a formula, a letter or a name rather than a clause ("found by adding", "correct").
bool looks_like_value(std::string_view text);

}  // namespace hrm::grading
