// Searches solutions for a list of problems and writes a file of scored solutions (docs/formats/scored-solutions.md),
// one line per problem as soon as all its searches are done.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "policy/policy.h"
#include "search/search_settings.h"
#include "steps/step_scorer.h"
#include "steps/tree.h"

namespace hrm::search {

struct SearchRunReport {
  int64_t problems = 0, finished = 0;  // finished: they stand in the file
  int64_t kept = 0;                    // of these, from an earlier run
  int64_t failed = 0;                  // a request failed or the scorer refused: not in the file, wrong or right
  std::string last_fault;
  bool torn = false;  // the file ended within a line, which was dropped
  bool interrupted = false;
  bool gave_up = false;  // stopped because only failures came
};

struct SearchRun {
  std::filesystem::path out;  // FILE.meta.json beside it holds what it was made with
  int64_t in_flight = 8;      // maximum number of simultaneous requests, and threads
  std::function<void(const SearchRunReport&)> progress = [](auto&) {};  // by one thread at a time
};

// What is searched, with what.
struct SearchJob {
  const std::vector<steps::ProblemRecord>& problems;
  const SearchSettings& settings;
  policy::Policy& policy;
  steps::StepScorer& scorer;
};

// Except for `seconds`, the file depends only on problems, settings, scorer and the policy's replies, not on in_flight
// or on how often the run was stopped or killed. Problems in the file are not searched again. Problems are taken in
// their order, and in the end stand in it. After an interrupt what is under way is awaited; 2 in_flight + 20 searches
// failing in a row end the run. Throws bad_input if the file was made with other settings or for other problems, or two
// problems have one id; failure on a full disk.
SearchRunReport search_problems(const SearchJob& job, const SearchRun& run);

}  // namespace hrm::search
