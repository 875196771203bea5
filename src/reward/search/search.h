// Searches for the solution of one problem: a policy proposes steps and a scorer chooses among them. Throws
// SearchFailed if a request fails or the scorer refuses a text; there is then no result, neither right nor wrong.
//
// The seed of a request is that of the place in the tree of steps that it continues (steps/step_settings.h), whatever
// the method and N. So N = 4 sees some of the samples of N = 8 where a policy's choices do not depend on their number,
// and searches at the same place share luck: differences between methods are known better than accuracies. Requests of
// one step go out together; all steps that they bring are scored in one call, each place once per search.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/request_scheduler.h"
#include "search/batch_scorer.h"
#include "search/search_settings.h"

namespace hrm::search {

struct SearchFailed {
  std::string message;
};

// Shared by the searches of a run. Any number of threads may use it.
struct SearchTools {
  const SearchSettings& settings;
  const steps::StepFormat& format;
  policy::RequestScheduler& scheduler;
  BatchScorer& batch_scorer;
};

struct SearchCost {
  int64_t tokens = 0;         // generated tokens, including those of dropped steps
  int64_t scored_tokens = 0;  // as the scorer counts
  int64_t requests = 0;
  double seconds = 0;  // in requests and in scoring, summed: waiting for others is not counted
};

struct FoundSolution {
  std::vector<std::string> steps;
  std::vector<double> scores;  // one per step; empty if it was not scored
  std::optional<std::string> answer;
  SearchCost cost;
  std::optional<double> mean_logprob = {};  // of a sample's tokens, where it was asked for and the policy gives it
};

// n whole solutions of one request, in order, scored together. The cost of scoring and of the request is divided by
// length; tokens are counted separately.
std::vector<FoundSolution> sample_solutions(const SearchTools& tools, const steps::Problem& problem, int64_t n);

// One whole solution at temperature 0, not scored.
FoundSolution greedy_solution(const SearchTools& tools, const steps::Problem& problem);

// Step by step until an answer, the policy's own end, max_tokens or the settings' depth. A choice without any text says
// that nothing follows; a place where all choices are such is an end. Ties: next steps as choose_step() breaks them,
// beams, particles and ends to the first.
// REQUIRES: a method other than kBestOfN.
FoundSolution search_steps(const SearchTools& tools, const steps::Problem& problem, SearchMethod method, int64_t n);

}  // namespace hrm::search
