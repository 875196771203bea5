// PRM800K (Lightman et al. 2023, arXiv 2305.20050): people rate alternative next steps of model solutions and choose
// one to continue with. docs/formats/reward-data.md
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "rows/counts.h"
#include "rows/row.h"
#include "rows/solution.h"

namespace hrm::rows {

struct RatedText {
  std::string text;
  std::optional<int> rating;  // -1, 0, 1; nullopt: not rated
};

struct RatedStep {
  std::vector<RatedText> candidates;
  std::optional<std::string> human;  // written by a person if no candidate was good enough
  std::optional<size_t> chosen;      // candidate with which the solution continues

  // The text with which the solution continues: the chosen candidate, else the person's; nullptr: it ends here.
  const std::string* continuation() const;
};

struct Prm800kRecord {
  std::string id, question, gold;
  std::string finish_reason;  // solution, found_error, bad_problem, give_up
  std::vector<RatedStep> steps;

  bool is_abandoned() const { return finish_reason == "bad_problem" || finish_reason == "give_up"; }
};

// Throws bad_input naming place and field.
Prm800kRecord parse_prm800k(const Json& record, std::string_view place);

// The label of a rating; nullopt: none.
std::optional<double> label_of(std::optional<int> rating, Neutral neutral);

// One solution per rated candidate: the chosen steps before it as context, labeled too (a person's text: 1), then the
// candidate. A solution is complete where its candidate states the final answer. Abandoned records are dropped.
void prm800k_solutions(const Prm800kRecord& record, Neutral neutral, ConversionCounts& counts,
                       const SolutionSink& emit);

// What follows the last "# Answer" of a step; nullopt: it does not state the final answer.
std::optional<std::string> prm800k_answer(std::string_view step);

// The authors' training rows from human labels (their phase 1 program), text for text and in their order.
//   kProcess, kHierarchical: for each step and candidate rated 1, the row and (hierarchical, from the second step
//     on) the merged row; label 1. Then the same for candidates rated -1 with label 0. Steps are joined by a blank line, the
//     chosen text is in the context.
//   kOutcome: label 1: the chosen path, and the path with each candidate of the last step rated 1. Label 0: the path
//     with its last step, and going back as long as every step has any, also the steps before replaced by each of their
//     candidates rated -1, in all combinations; going back ends when there are more than 4 (1 + n) of them, n = number
//     of candidates of the last step rated 1. Each list is a set, here in order of text.
// Faults that end the authors' program are dropped and counted. Neutral candidates give no row.
void faithful_human_rows(const Prm800kRecord& record, Kind kind, ConversionCounts& counts, const RowSink& emit);

}  // namespace hrm::rows
