// What scores reasoning steps: a reward model, or a script in tests. Search and selection know reward models only so.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "steps/tree.h"

namespace hrm::steps {

class StepScorer {
 public:
  virtual ~StepScorer() = default;
  // One score per node asked for, higher is better, of its step given those before it. Scorers share the work of common
  // prefixes, so ask for many nodes of a tree at once. Of the nodes' order it relies on parents before children only.
  // Throws bad_input where a path is longer than the scorer can read.
  virtual std::vector<double> score(const Tree& tree, std::span<const int32_t> nodes) = 0;
  virtual std::string name() const = 0;
  // Read since it was made, what paths share counted once per call; 0 where the scorer does not count.
  virtual int64_t scored_tokens() const { return 0; }
};

}  // namespace hrm::steps
