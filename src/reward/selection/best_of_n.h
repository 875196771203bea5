// Best-of-N and votes over scored solutions, together with the methods that need no reward model: one sample (and the
// greedy solution if the file has it), the majority, pass@N, the upper bound of every selection, and the best sample
// and the vote by the policy's own confidence (selection/confidence.h), if every sample with an answer has it.
#pragma once

#include <vector>

#include "selection/aggregate.h"
#include "selection/report.h"
#include "selection/solutions.h"

namespace hrm::selection {

enum class Pick { kBest, kWeighted };  // the best sample; the vote weighted by aggregates
inline EnumNames<Pick> enum_names(Pick) {
  static constexpr std::pair<Pick, std::string_view> kNames[] = {{Pick::kBest, "best"}, {Pick::kWeighted, "weighted"}};
  return kNames;
}

enum class Subset {
  kFirst,   // the first N samples, as the authors measure: one subset, Wilson intervals
  kRandom,  // expected over random subsets of N of all samples: less noise from which N came first
};
inline EnumNames<Subset> enum_names(Subset) {
  static constexpr std::pair<Subset, std::string_view> kNames[] = {{Subset::kFirst, "first"},
                                                                   {Subset::kRandom, "random"}};
  return kNames;
}

enum class AnswerMatch {
  kEquivalent,  // answers that the grader's sound profile finds equal vote together
  kExact,       // only equal strings do, as the authors count
};
inline EnumNames<AnswerMatch> enum_names(AnswerMatch) {
  static constexpr std::pair<AnswerMatch, std::string_view> kNames[] = {{AnswerMatch::kEquivalent, "equivalent"},
                                                                        {AnswerMatch::kExact, "exact"}};
  return kNames;
}

struct BestOfNOptions {
  std::vector<uint64_t> n;  // empty: powers of two up to the fewest samples of a problem
  std::vector<Aggregation> aggregations = {Aggregation::kLast, Aggregation::kMin, Aggregation::kProduct,
                                           Aggregation::kMean};
  std::vector<Pick> picks = {Pick::kBest, Pick::kWeighted};
  Subset subset = Subset::kFirst;
  AnswerMatch match = AnswerMatch::kEquivalent;
  uint64_t draws = 400;  // kRandom: subsets per problem and budget for votes; the best sample's chance is exact
  uint64_t seed = 0;
  size_t threads = 0;
  bool leave_out_short = false;  // problems with fewer samples than the largest N: left out and listed, not refused
};

// By answer: which samples vote together, numbered by first appearance; kNoAnswer if there is no answer. An answer
// joins the first group whose first member it equals.
std::vector<int32_t> group_answers(const SampledProblem& problem, AnswerMatch match);

// Takes the problems that it leaves out from `solutions`. Throws bad_input naming a problem with too few samples.
// Interrupted (base/signals.h): throws failure.
SelectionReport best_of_n(SampledSolutions& solutions, const BestOfNOptions& options);

}  // namespace hrm::selection
