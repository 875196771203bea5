#include "grading/choice.h"

#include <algorithm>
#include <iterator>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/text_edit.h"

namespace hrm::grading {
Choice choice_of(std::string_view text) {
  constexpr std::string_view kNoWords = "+-*/^=_!<>)";
  Choice choice;
  text = strip_right(text);
  for (const std::string_view word : {"Option ", "option ", "Choice ", "choice "})
    if (text.starts_with(word)) text = strip_left(text.substr(word.size()));
  const bool opens = text.starts_with('(');
  if (opens) text = strip_left(text.substr(1));
  if (text.empty() || text[0] < 'A' || text[0] > 'J') return {};
  const char letter = text[0];
  text = strip_left(text.substr(1));
  const bool closes = !text.empty() && (text[0] == ')' || (!opens && (text[0] == '.' || text[0] == ':')));
  if (opens != closes && !(closes && !opens)) return {};
  if (!closes && !text.empty()) return {};
  // (D)/2 is no choice with words after it.
  if (closes && text.size() > 1 && (text[1] != ' ' || kNoWords.find(strip_left(text.substr(1))[0]) != kNowhere))
    return {};
  choice.letter = letter;
  choice.has_marks = closes;
  choice.rest = closes ? strip_left(text.substr(1)) : text;
  return choice;
}

bool takes_back(std::string_view rest) {
  constexpr std::string_view kWords[] = {"not",     "or",       "and",      "wrong", "incorrect", "except",
                                         "unless",  "but",      "if",       "is",    "isn",       "maybe",
                                         "perhaps", "possibly", "probably", "more",  "without",   "never",
                                         "either",  "neither",  "instead",  "minus"};
  const std::string_view word = leading_letters(rest);
  const bool begins = !rest.empty() && (!word.empty() || is_ascii_digit(rest[0]) ||
                                        std::string_view("\\$([{-").find(rest[0]) != kNowhere);
  return !begins || rest.starts_with("\\pm") || holds(kWords, lower(word));
}

}  // namespace hrm::grading
