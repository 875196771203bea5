// One segment of a batch with losses and gradient. Each thread takes whole examples, in micro-batches that stay in its
// cache, and sums their gradients; the sums are added in the order of the threads, so that a step has the same bits for
// the same number of threads.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/carry.h"
#include "engine/losses.h"

namespace hrm::engine {

template <typename E>
class TrainingPass {
 public:
  // Layout and segment (for one thread per example) outlive this object.
  TrainingPass(const model::ModelConfig& config, const ParameterLayout& layout, const Segment<E>& segment,
               size_t threads);

  struct Input {
    const model::Batch& batch;
    std::span<const uint8_t> last_segment;  // [B]
    const model::TrainOptions& options;
  };
  // Advances the carry and leaves the gradients in gradient() and d_puzzle(). weights: prepared for the backward pass.
  // REQUIRES: the batch has passed model::check_batch.
  model::TrainOutput run(const SegmentWeights<E>& weights, const Input& input, EngineCarry& carry);

  // Of loss / global batch: [trained_size()] in the parameters' own shapes; of the puzzle rows looked up, [B,E].
  std::span<float> gradient() { return gradient_.span(); }
  std::span<const float> d_puzzle() const { return d_puzzle_.span(); }
  // The same rows of all processes of the job, and their numbers: what an update takes.
  std::span<const int32_t> puzzle_ids() const { return shared_.puzzle_ids; }
  std::span<const float> puzzle_gradients() const { return shared_.puzzle_gradients; }
  size_t puzzle_width() const { return dims_.P > 0 ? layout_.columns(layout_.index().puzzle_emb) : 0; }

 private:
  using ExampleGradient = typename Segment<E>::ExampleGradient;

  // One thread's memory.
  struct Memory {
    Memory(const Segment<E>& segment, const ParameterLayout& layout, size_t micro_batch);
    Workspace<E> ws;
    kernels::Buffer<float> x;                              // [T,D]
    std::vector<SegmentStash<E>> stashes;                  // per example of a micro-batch
    std::vector<kernels::Buffer<float>> logits, d_logits;  // likewise [S,V]
    typename Segment<E>::BackwardMemory backward;
    kernels::Buffer<float> gradient;  // [trained]
  };
  // What a step reads and where its results go.
  struct Job {
    const SegmentWeights<E>& weights;
    const model::Batch& batch;
    std::span<const uint8_t> last;
    double divisor;
    EngineCarry& carry;  // advanced
    model::TrainOutput& output;
    std::span<double> lm, q_halt, q_continue;  // [B] losses
    std::span<float> d_puzzle;                 // [B,E]
  };
  // One example of the batch, and where in a thread's memory it is worked on.
  struct Example {
    size_t b;
    Memory& memory;
    size_t slot;  // of the micro-batch
  };

  size_t chains() const { return static_cast<size_t>(config_.arch.chains); }
  void make_memories(size_t workers, size_t micro_batch);
  double continue_target(const Job& job, const Example& example, size_t chain, const ExampleState& next) const;
  TokenLoss best_chain(const Job& job, const Example& example, size_t* best) const;
  ExampleGradient run_example(const Job& job, const Example& example) const;
  void run_rows(const Job& job, size_t begin, size_t end, Memory& memory) const;
  // Sum of the threads' gradients in `gradient_`, in the parameters' own shapes.
  void reduce(size_t workers);
  double gradient_norm() const;
  // The same over the processes of the job, with their losses (of `output`) and puzzle rows.
  void exchange(const Input& input, model::TrainOutput& output);

  const model::ModelConfig config_;
  const Dims dims_;
  const ParameterLayout& layout_;
  const Segment<E>& segment_;
  const size_t threads_;
  kernels::Buffer<float> gradient_, d_puzzle_;
  model::StepParts shared_;                        // of all processes: the puzzle rows that the update takes
  std::vector<std::unique_ptr<Memory>> memories_;  // per thread
};

}  // namespace hrm::engine
