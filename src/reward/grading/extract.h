// Finding the final answer in a solution.
//
//   kHrm    the authors' `# Answer ... # END!` (arXiv 2503.13551, appendix): the text in lower case, between the last
//           "# answer" and the last "# end!", stripped; without an end marker the last character is lost
//   kHeading  the same marks without the authors' losses: after the last "# Answer" (in any case; a colon may follow)
//           up to "# END!", also one that was cut short, or to a heading "# Step", letters as they are; nothing there
//           is no answer
//   kGsm8k  the first "#### " followed by a number; commas are removed
//   kBoxed  the content of the last \boxed{...} whose braces balance, not stripped
//   kAuto   the closings that people and models use, in this order; the first that finds something: the last \boxed or
//           \fbox, also \boxed 7; kHeading; the last line after "####" that begins as an answer; the last
//           <answer>..</answer>; what follows the last "answer is", "answer:" or "correct option is", up to the
//           sentence's end or within its dollar signs. What follows </think> goes first
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

// Whether the text holds "# Answer", case and all: what ends a branch of the authors' tree search.
bool has_answer_heading(std::string_view text);

}  // namespace hrm::grading
