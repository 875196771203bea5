// How a solution falls into steps: what ends a step while it is sampled, and how a whole text is split.
//
//   authors  `# Step k` headings, `# Answer`, `# END!` (arXiv 2503.13551): a step runs up to and including the heading
//            of the next one, which is kept as the last thing in its text
//   blank    a blank line ends a step
//   line     a line is a step
//   regex    a match of the expression (PCRE2, Unicode) ends a step, and is part of it. No stop string says that, so
//            the policy writes on and what stands behind the first match is dropped
//
// A step is terminal where it holds an answer (authors: the heading `# Answer`), where the policy ended by itself, and
// where it has nothing but blanks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "grading/extract.h"
#include "policy/policy.h"

namespace hrm::tree {

enum class StepStyle { kAuthors, kBlank, kLine, kRegex };
EnumNames<StepStyle> enum_names(StepStyle);  // authors, blank, line, regex
enum class AnswerStyle { kHrm, kGsm8k, kBoxed, kAuto };
EnumNames<AnswerStyle> enum_names(AnswerStyle);  // hrm, gsm8k, boxed, auto

// Threads may share it.
class StepFormat {
 public:
  // Throws bad_input for an expression that PCRE2 refuses or that matches the empty text.
  StepFormat(StepStyle style, AnswerStyle answer, const std::string& regex);

  // Stop strings of a request for one step; most_steps: the number of the last heading that may come.
  std::vector<std::string> step_stops(int64_t most_steps) const;
  // Of a request for everything up to the end.
  std::vector<std::string> end_stops() const;

  // The text of a step as the tree holds it: with the stop string that ended it, found out where the policy does not
  // say which, and cut where the style's own end lies before. steps_before: on the way down to it.
  std::string step_text(const policy::Choice& choice, int64_t steps_before) const;
  std::string rollout_text(const policy::Choice& choice) const;

  bool is_terminal(std::string_view step, policy::Finish finish) const;
  std::optional<std::string> answer(std::string_view text) const;

  // Joined, the steps are the text; none is blank.
  std::vector<std::string> split(std::string_view text) const;

 private:
  // Behind the first end of a step in the text at or behind `from`; nullopt where none is.
  std::optional<size_t> end_of_step(std::string_view text, size_t from) const;

  StepStyle style_;
  AnswerStyle answer_;
  std::shared_ptr<const void> regex_;  // pcre2_code
};

}  // namespace hrm::tree
