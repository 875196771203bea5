// One segment of a batch without gradient. Where there are fewer examples than threads, teams of threads share an
// example. An example's answer is bitwise independent of the batch around it and of the number of threads.
#pragma once

#include <memory>
#include <vector>

#include "engine/carry.h"

namespace hrm::engine {

template <typename E>
class ForwardPass {
 public:
  // segment: for one thread per example. Layout and segment outlive this object.
  ForwardPass(const model::ModelConfig& config, const ParameterLayout& layout, const Segment<E>& segment,
              size_t threads);

  // Advances the carry. REQUIRES: the batch has passed model::check_batch.
  model::SegmentOutput run(const SegmentWeights<E>& weights, const model::Batch& batch,
                           const model::ForwardOptions& options, EngineCarry& carry);

 private:
  // What is the same for every example of a batch.
  struct Job {
    const Segment<E>& segment;
    const SegmentWeights<E>& weights;
    const model::Batch& batch;
    const model::ForwardOptions& options;
    EngineCarry& carry;
    model::SegmentOutput& out;
  };
  void run_example(const Job& job, size_t b, const Worker<E>& worker, float* x) const;
  const Segment<E>& segment_for(size_t members);

  const model::ModelConfig config_;
  const Dims dims_;
  const ParameterLayout& layout_;
  const Segment<E>& segment_;
  const size_t threads_;
  std::unique_ptr<Segment<E>> team_segment_;
  size_t team_size_ = 1;
  std::vector<std::unique_ptr<Workspace<E>>> workspaces_;  // per team
};

}  // namespace hrm::engine
