// Finding the final answer in a solution.
//
//   kHrm    the authors' `# Answer ... # END!` (arXiv 2503.13551, appendix): the text in lower case, between the last
//           "# answer" and the last "# end!", stripped; without an end marker the last character is lost
//   kHeading  the same marks without the authors' losses: after the last "# Answer" (in any case; a colon may follow)
//           up to "# END!", also one that was cut short, or to a heading "# Step", letters as they are; nothing there
//           is no answer
//   kGsm8k  the first "#### " followed by a number; commas are removed
//   kBoxed  the content of the last \boxed{...} whose braces balance, not stripped
//   kAuto   the closings that people and models use, in the order of docs/grading.md; the first that finds something
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fields.h"

namespace hrm::grading {

enum class AnswerFormat { kHrm, kHeading, kGsm8k, kBoxed, kAuto };
EnumNames<AnswerFormat> enum_names(AnswerFormat);  // hrm, heading, gsm8k, boxed, auto

// nullopt: the text holds no answer of that format. Any bytes; never throws.
std::optional<std::string> extract_answer(std::string_view text, AnswerFormat format);

// The same, and the other reading where the text leaves it open: "The answer is 5!" may end in a factorial.
struct Extraction {
  std::string answer;
  std::optional<std::string> other;
};
std::optional<Extraction> extract_readings(std::string_view text, AnswerFormat format);

// Of a whole solution: with kAuto, what is nothing but a value ("42", "(B)") is its own answer.
std::optional<Extraction> extract_from_solution(std::string_view solution, AnswerFormat format);

// Whether the text holds "# Answer", case and all: what ends a branch of the authors' tree search.
bool has_answer_heading(std::string_view text);

}  // namespace hrm::grading
