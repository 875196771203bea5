// One supervision segment of one example (model/config.h has the recursion): the net calls without gradient, the
// calls with gradient, whose blocks are stashed, and the heads. Backward for a micro-batch of examples.
//
// Letters as in engine/dims.h. All states, gradients and logits are float32.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/block_backward.h"
#include "engine/net_forward.h"
#include "engine/parameter_layout.h"
#include "model/noise.h"

namespace hrm::engine {

struct ExampleInput {
  std::span<const int32_t> tokens;  // [S]
  int32_t puzzle = 0;               // row of the puzzle table
  std::optional<uint64_t> seed;     // of this segment's noise; needed where the model draws any
};

struct ExampleState {
  float *z_H, *z_L;  // [T,D], advanced in place
};

struct HeadOutput {
  std::span<float> logits;  // [S,V]; empty: not computed
  float q_halt = 0, q_continue = 0;
};

struct SegmentResiduals {
  float H = 0, L = 0;  // |z_new - z_old| / |z_new| of the last call
};

// The stashes of one example's calls with gradient, and its final z_H.
template <typename E>
struct SegmentStash {
  std::vector<BlockStash<E>> blocks;  // call by call, layer by layer
  kernels::Buffer<float> z_H;         // [T,D]
};

template <typename E>
class Segment {
 public:
  // products: kInt8 for forward only, without stashes.
  Segment(const model::ModelConfig& config, const ParameterLayout& layout, size_t team_size,
          Products products = Products::kOperands);

  const Dims& dims() const { return d_; }
  Products products() const { return products_; }
  SegmentStash<E> make_stash() const;

  // x: [T,D], the embedded input.
  void embed(const SegmentWeights<E>& weights, const ExampleInput& input, float* x) const;

  struct Run {
    const SegmentWeights<E>& weights;
    const float* x;  // [T,D]
    ExampleState state;
    std::optional<uint64_t> seed;
    bool training = false;                  // inference_noise is added only where false
    SegmentStash<E>* stash = nullptr;       // teams of one only
    SegmentResiduals* residuals = nullptr;  // written by member 0
  };
  // The worker's part; all members call it with the same run.
  void forward(const Run& run, const Worker<E>& worker) const;

  void heads(const SegmentWeights<E>& weights, const float* z_H, HeadOutput& out) const;

  // The state that a fresh example starts from; chain: its number. Throws bad_input if a seed is needed and absent.
  void initial_state(std::span<const float> weights, std::optional<uint64_t> seed, uint64_t chain,
                     const ExampleState& state) const;

  // What one example hands to the backward pass.
  struct ExampleGradient {
    const SegmentStash<E>* stash;
    ExampleInput input;
    std::span<const float> d_logits;  // [S,V]
    float d_q_halt = 0, d_q_continue = 0;
    std::span<float> d_puzzle;  // [E], overwritten; empty without a puzzle table
  };
  // Memory of one thread's backward passes of up to `examples`.
  struct BackwardMemory {
    BackwardMemory(const Dims& d, size_t examples);
    BackwardWorkspace<E> blocks;
    std::vector<kernels::Buffer<float>> g, g_x;  // per example [T,D]
    kernels::Buffer<float> d_logits_t;           // [V,S]; planes: [K,S]
  };
  // Adds to `gradient`: flat as ParameterLayout says, the matrices in the shapes of BlockGradient.
  void backward(const SegmentWeights<E>& weights, std::span<const ExampleGradient> examples, BackwardMemory& memory,
                std::span<float> gradient) const;

  // Parameter i of a gradient lies transposed.
  bool transposed(size_t i) const { return transposed_[i]; }

 private:
  struct Call {
    uint64_t number;
    bool high, gradient, last_of_its_kind;
  };
  void call(const Call& call, const Run& run, const Worker<E>& worker, size_t& stashed) const;
  void mix(const Call& call, const Run& run, const Worker<E>& worker) const;
  void add_noise(const model::NoiseKey& key, double sigma, float* z) const;
  // The arguments of backward().
  struct BackwardJob {
    const SegmentWeights<E>& weights;
    std::span<const ExampleGradient> examples;
    BackwardMemory& memory;
    std::span<float> gradient;
  };
  void heads_backward(const BackwardJob& job, size_t example) const;
  void net_backward(const BackwardJob& job, bool high, size_t call) const;
  void embed_backward(const BackwardJob& job, size_t example) const;
  float embedding_scale() const;
  // What the Q head reads of a state: its first token, or with planes the mean of all, which `mean` then holds.
  const float* seen_by_q(const float* z, std::vector<float>& mean) const;
  PlaneInput plane_input(const ExampleInput& input) const { return {d_.grid, d_.D, input.tokens, embedding_scale()}; }
  size_t graded_L_calls() const;

  const model::ArchConfig arch_;
  const Dims d_;
  const Products products_;
  const ParameterLayout& layout_;
  kernels::RotaryTable rotary_;
  std::unique_ptr<NetForward<E>> forward_;
  std::unique_ptr<BlockBackward<E>> backward_;
  kernels::Gemm<float> logits_;  // with planes: scores [K,S]
  BlockedGemm<float> d_z_, d_lm_head_;
  std::vector<bool> transposed_;
};

}  // namespace hrm::engine
