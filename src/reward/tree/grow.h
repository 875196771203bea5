// Growing the trees of a list of problems into a store, with many requests under way.
#pragma once

#include <functional>

#include "tree/grow_settings.h"
#include "tree/store.h"

namespace hrm::tree {

struct GrowReport {
  int64_t problems = 0, finished = 0;                         // finished: nothing of them is missing
  int64_t nodes = 0, rollouts = 0, requests = 0, failed = 0;  // new in this run
  std::string last_fault;
  bool interrupted = false;
  bool gave_up = false;  // only failures came any more
};

struct GrowRun {
  int64_t in_flight = 8;  // requests under way at most, and threads
  // After each request and each part of a tree, by one thread at a time: a single large tree shows life too.
  std::function<void(const GrowReport&)> progress = [](auto&) {};
};

// The final trees depend on problems, settings and what the policy answers alone, not on in_flight, nor on how often
// growth was stopped or killed in between; what the store holds is not asked again. Problems are taken in their order,
// later ones as soon as there is room. A failed request leaves its node unfinished for the next run; where only
// failures come any more (2 in_flight + 20 in a row) growth gives up. After an interrupt, what is under way is awaited
// and stored. Throws bad_input where the store was grown with other settings, failure on a full disk.
GrowReport grow_trees(const std::vector<steps::ProblemRecord>& problems, const GrowSettings& settings,
                      policy::Policy& policy, StoreWriter& store, const GrowRun& run);

}  // namespace hrm::tree
