// How a solution is split into steps: what ends a step during sampling, and how a whole text is split.
//
//   authors  `# Step k` headings, `# Answer`, `# END!` (arXiv 2503.13551): a step runs up to and including the heading
//            of the next one, which is kept as the last thing in its text
//   blank    a blank line ends a step
//   line     a line is a step
//   regex    a match of the expression (PCRE2, Unicode) ends a step, and is part of it. No stop string says that, so
//            the policy writes on and what follows the first match is dropped
//
// As far as the text itself decides, its steps do not depend on what a server reports about the end or on whether it
// kept the stop string:
//   - A step that holds an answer is terminal and ends with the text: no separator, heading or `# END!` after it.
//   - A heading is part of a step if the policy wrote it (it is kept or named), or if the server does not say
//     what ended the text and the text stops where only a heading fits: at the beginning of a line. Otherwise it ended
//     by itself, unless it writes headings at all: then it is asked to continue, and writes the next one itself.
//   - Without an answer a step is terminal where the policy ended by itself or at `# END!`, and where it has nothing
//     but blanks. Only a terminal step has an answer.
// Faithful formats do as the authors' program does: the stop string follows every text that it ended, only `# Answer`
// ends a branch, and answers are extracted with that program's losses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/regex.h"
#include "grading/extract.h"
#include "policy/policy.h"

namespace hrm::steps {

enum class StepStyle { kAuthors, kBlank, kLine, kRegex };
EnumNames<StepStyle> enum_names(StepStyle);  // authors, blank, line, regex

// The position of a step: the joined steps before it, and the maximum number of steps.
struct StepPlace {
  std::string_view before;
  int64_t steps = 0, most = 1'000'000;
};

struct Step {
  std::string text;
  bool terminal = false;
  std::optional<std::string> answer;
};

// Threads may share it.
class StepFormat {
 public:
  // Throws bad_input for an expression that PCRE2 refuses or that matches the empty text.
  // answer: kHrm reads a heading `# Answer`, without the authors' losses unless the format is faithful. faithful: only
  // for the authors' steps.
  StepFormat(StepStyle style, grading::AnswerFormat answer, const std::string& regex, bool faithful = false);

  // Stop strings of a request for one step after `steps_before` others, where the last heading that may come is number
  // most_steps: the end and the next heading. Faithful: every heading, the next one first.
  std::vector<std::string> step_stops(int64_t most_steps, int64_t steps_before = 0) const;
  // Of a request for everything up to the end.
  std::vector<std::string> end_stops() const;

  // The choice as a step of the tree. If the policy wrote more than requested, the text is cut at the end of the step.
  Step read_step(const policy::Choice& choice, const StepPlace& place) const;
  // A step of a text that was split. last: nothing follows.
  Step take_step(const std::string& text, bool last, const StepPlace& place) const;
  std::string rollout_text(const policy::Choice& choice) const;

  std::optional<std::string> answer(std::string_view text) const;
  // The same, where a heading `# Answer` may stand at the end of the text before.
  std::optional<std::string> answer_behind(std::string_view before, std::string_view text) const;

  // Joined, the steps are the text; none is blank.
  std::vector<std::string> split(std::string_view text) const;

 private:
  std::optional<std::string> final_answer(std::string_view before, std::string_view text) const;
  Step read_authors_step(const policy::Choice& choice, const StepPlace& place) const;
  Step read_faithful_step(const policy::Choice& choice, const StepPlace& place) const;
  // The position after the first end of a step at or after `from`; nullopt if there is none.
  std::optional<size_t> end_of_step(std::string_view text, size_t from) const;

  StepStyle style_;
  grading::AnswerFormat answer_;
  bool faithful_;
  std::optional<Regex> regex_;
};

}  // namespace hrm::steps
