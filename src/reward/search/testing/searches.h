// One search of one problem, for tests of search methods.
#pragma once

#include "policy/request_scheduler.h"
#include "search/search.h"
#include "search/testing/known_answers.h"

namespace hrm::search {

inline const steps::Problem kProblem{"p", "question", "22"};

// What the method finds for kProblem; a SearchFailed becomes an answer "failed: ...".
inline FoundSolution found_by(SearchMethod method, const SearchSettings& settings, policy::Policy& policy,
                              steps::StepScorer& scorer, int64_t n) {
  const steps::StepFormat format = settings.format();
  policy::RequestScheduler scheduler(policy, 3);
  BatchScorer batch_scorer(scorer);
  const SearchTools tools{settings, format, scheduler, batch_scorer};
  FoundSolution found;
  scheduler.run(1, [&](size_t) {
    try {
      found = search_steps(tools, kProblem, method, n);
    } catch (const SearchFailed& failed) {
      found.answer = "failed: " + failed.message;
    }
  });
  return found;
}

}  // namespace hrm::search
