// The interface of everything that scores reasoning steps: a reward model, or a script in tests. Search and selection
// see reward models only through it.
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
  // One score per requested node, for its step given the previous steps; higher is better. Scorers share the work of
  // common prefixes, so request many nodes of a tree at once. Parents must come before children. Throws bad_input if a
  // path is longer than the scorer can read.
  virtual std::vector<double> score(const Tree& tree, std::span<const int32_t> nodes) = 0;
  virtual std::string name() const = 0;
  // Tokens read since construction, with shared parts of paths counted once per call; 0 if the scorer does not count.
  virtual int64_t scored_tokens() const { return 0; }
};

}  // namespace hrm::steps
