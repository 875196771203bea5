// Grows the trees of a list of problems into a store, with many simultaneous requests.
#pragma once

#include <functional>

#include "tree/grow_settings.h"
#include "tree/store.h"

namespace hrm::tree {

struct GrowReport {
  int64_t problems = 0, finished = 0;                         // finished: complete trees
  int64_t nodes = 0, rollouts = 0, requests = 0, failed = 0;  // new in this run
  std::string last_fault;
  bool interrupted = false;
  bool gave_up = false;  // stopped because only failures came
};

struct GrowRun {
  int64_t in_flight = 8;  // maximum number of simultaneous requests, and threads
  // Called after each request and each part of a tree, by one thread at a time, so that a single large tree shows
  // progress too.
  std::function<void(const GrowReport&)> progress = [](auto&) {};
};

// What is grown, from what, into what.
struct GrowJob {
  const std::vector<steps::ProblemRecord>& problems;
  const GrowSettings& settings;
  policy::Policy& policy;
  StoreWriter& store;
};

// The final trees depend only on problems, settings and the policy's replies, not on in_flight or on how often growth
// was stopped or killed. Requests that the store already holds are not repeated. Problems are taken in order, later
// ones as soon as there is capacity. A failed request leaves its node unfinished for the next run; after 2 in_flight +
// 20 failures in a row growth gives up. After an interrupt, pending requests are awaited and stored. Throws bad_input
// if the store was grown with other settings, failure on a full disk.
GrowReport grow_trees(const GrowJob& job, const GrowRun& run);

}  // namespace hrm::tree
