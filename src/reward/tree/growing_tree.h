// One problem's tree while it grows: requests of the methods are answered by the store if possible, else by the policy.
//
// A method is a program that uses this class and depends only on what it receives. Running it again over the contents
// of the store therefore leads to the same point, and a run that was killed continues to the same tree. The seed of a
// request is derived from the settings' seed, the node's id (which represents problem and path), the kind of request
// and its round: never from time or threads.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "steps/verdicts.h"
#include "tree/grow_settings.h"
#include "tree/store.h"

namespace hrm::tree {

// Thrown by a GrowingTree if a request has failed: the node is unchanged and the next run tries it again.
struct RequestFailed {
  std::string message;
};

struct GrowCounts {
  std::atomic<int64_t> nodes = 0, rollouts = 0, requests = 0, failed = 0;  // new in this run
};

// Shared by all trees of a run.
struct GrowContext {
  const GrowSettings& settings;
  const steps::StepFormat& format;
  policy::Policy& policy;
  StoreWriter& store;
  GrowCounts& counts;
  std::function<void()> answered = [] {};  // after each request, in the thread that made it
};

// Any number of threads may ask for different nodes at once.
class GrowingTree {
 public:
  GrowingTree(const GrowContext& context, steps::Problem problem);

  // Children of the node; asks once, and again only for a node whose request has failed. Empty for a terminal node and
  // at the settings' depth. Throws RequestFailed, and failure on a full disk.
  std::vector<int32_t> expand(int32_t node);

  // n continuations from the node to the end. Rounds of one node are numbered from 0 by the caller.
  const std::vector<Sample>& rollouts(int32_t node, uint32_t round, int64_t n);

  // The child with that text, made if it is missing: steps of a rollout become nodes without a request.
  // last: no step follows, so it is the end of the solution.
  int32_t adopt(int32_t node, const std::string& text, bool last, uint64_t seed);

  // Copies, since others may be adding to the tree.
  std::vector<std::string> path(int32_t node) const;
  steps::Node node(int32_t node) const;
  bool ended(int32_t node) const;  // terminal, or at the settings' depth

  steps::AnswerVerdict verdict(const std::optional<std::string>& answer);
  const GrowSettings& settings() const { return context_.settings; }
  const steps::StepFormat& format() const { return context_.format; }

 private:
  using Key = std::tuple<steps::NodeId, steps::RequestKind, uint32_t>;
  const RequestRecord& fetch(const Key& key, int32_t node, int64_t n);
  RequestRecord ask(const Key& key, int32_t node, int64_t n);
  void merge_identical(std::vector<Sample>& samples) const;
  // REQUIRES: mutex_ is held.
  int32_t child_of(int32_t node, const Sample& sample);
  std::vector<std::string> path_locked(int32_t node) const;
  const RequestRecord& keep(const Key& key, RequestRecord request);

  GrowContext context_;
  steps::Problem problem_;
  steps::NodeId root_;
  mutable std::mutex mutex_;
  std::deque<steps::Node> nodes_;
  std::map<Key, RequestRecord> requests_;
  steps::AnswerGrader grader_;
};

}  // namespace hrm::tree
