// The interface between the reasoning model and its arithmetic.
//
// Trainer, evaluator and solver use the arithmetic only through this interface: weights in and out by name, the forward
// pass of a segment, a training step with losses, optimizer state in and out. There are two implementations:
// aten/backend (plain ATen with autograd, on CPU and CUDA: the reference) and engine/engine_backend (CPU, without
// libtorch).
//
// A backend knows nothing of files, data sets, halting or schedules. It holds one model: live weights, their moving
// average and optimizer state. It is not thread-safe.
//
// Letters as in model/config.h: B examples, S tokens, T tokens with puzzle tokens, D width, V vocabulary.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor.h"
#include "model/config.h"
#include "model/labels.h"
#include "model/optimizer_config.h"

namespace hrm::model {

// B examples, row-major, owned by the caller.
struct Batch {
  size_t size = 0;                              // B
  std::span<const int32_t> inputs;              // [B,S] token ids below V
  std::span<const int32_t> labels;              // [B,S] token ids or kIgnoreLabel; empty at inference
  std::span<const int32_t> puzzle_identifiers;  // [B] rows of the puzzle table
  // [B] seeds of each example's own random numbers in this segment (random initial states, noise). They depend on the
  // example and the segment, never on the slot, so results do not depend on the batch. May be empty if the model draws
  // no random numbers.
  std::span<const uint64_t> noise_seeds;
};

// z_H and z_L of B slots in the backend's own memory, detached from any gradient. With K chains there are K of each per
// slot.
class Carry {
 public:
  virtual ~Carry() = default;
};

enum class WeightSet { kLive, kAveraged };

struct ForwardOptions {
  WeightSet weights = WeightSet::kLive;
  bool logits = false;     // also return logits
  bool residuals = false;  // also return the residuals of the last calls
};

// Host-side results of one segment; sized by the backend.
struct SegmentOutput {
  std::vector<int32_t> answers;               // [B,S] argmax of the logits (the smallest id on ties)
  std::vector<float> q_halt;                  // [B]
  std::vector<float> q_continue;              // [B]
  std::vector<float> logits;                  // [B,S,V] or empty
  std::vector<float> residual_H, residual_L;  // [B] |z_new - z_old| / |z_new| of the last call of each, or empty
};

// What the processes of one job exchange in a training step. Each has rows of one global batch and goes in with its own
// parts; all come out with the same ones, and so make the same update.
struct StepParts {
  std::span<float> gradient = {};            // of the trained parameters, one after the other; out: summed
  std::span<double> losses = {};             // out: summed
  std::vector<int32_t> puzzle_ids = {};      // [B] of the rows; out: those of all processes, in order of rank
  std::vector<float> puzzle_gradients = {};  // [B,E], or empty; out: likewise
};
using StepExchange = std::function<void(StepParts&)>;

struct TrainOptions {
  double lr_factor = 1;             // the schedule's factor, for every learning rate
  double ema_rate = 0;              // of this step (the caller ramps it); 0: no average is kept
  size_t micro_batch = 0;           // rows per forward and backward pass, gradients accumulated; 0: all rows at once
  size_t global_batch = 0;          // divisor of the summed loss; 0: B
  StepExchange exchange = nullptr;  // null: the batch is all there is
};

// Sums and per-example results of one training step, computed before the update. The sums are over the rows of all
// processes, the results of the batch's own.
struct TrainOutput {
  double loss = 0;  // sum over examples: lm + 0.5 (q_halt + q_continue), before division by the batch
  double lm_loss = 0, q_halt_loss = 0, q_continue_loss = 0;
  double gradient_norm = 0;               // of all parameters but the puzzle table, before clipping
  bool applied = true;                    // false if loss or gradient were not finite; nothing was then changed
  std::vector<int32_t> correct;           // [B] supervised tokens answered right
  std::vector<int32_t> supervised;        // [B] supervised tokens
  std::vector<float> q_halt, q_continue;  // [B]
};

class Backend {
 public:
  virtual ~Backend() = default;

  // For people, for instance "ATen 2.13.0, CPU, 2 threads".
  virtual std::string description() const = 0;
  virtual const model::ModelConfig& config() const = 0;

  // -- weights, float32, by the authors' state-dict keys (model/weights.h lists them) --
  virtual NamedTensors weights(WeightSet set) const = 0;
  // REQUIRES: exactly the keys and shapes of model::parameters(config()). Throws bad_input naming the first that
  // differs. Drops the optimizer and the average: call set_optimizer before training.
  virtual void set_weights(const NamedTensors& weights) = 0;

  // -- optimizer --
  // Must be called once before train_step. Starts from zero moments.
  virtual void set_optimizer(const model::OptimizerConfig& config) = 0;
  // Everything besides the live weights that training needs to resume bit-identically: average, moments, step count.
  virtual NamedTensors optimizer_state() const = 0;
  virtual void set_optimizer_state(const NamedTensors& state) = 0;

  // -- recurrent state --
  virtual std::unique_ptr<Carry> make_carry(size_t batch) const = 0;
  // Sets the slots with reset[b] != 0 to the initial states. reset: [B].
  virtual void reset(Carry& carry, const Batch& batch, std::span<const uint8_t> reset) const = 0;
  // Keeps the listed slots, in that order: [B] -> [keep.size()]. A slot may be listed more than once.
  virtual std::unique_ptr<Carry> select(const Carry& carry, std::span<const size_t> keep) const = 0;
  virtual NamedTensors save(const Carry& carry) const = 0;  // "z_H", "z_L": [B,T,D] ([B,K,T,D] for K chains)
  virtual std::unique_ptr<Carry> load(const NamedTensors& state) const = 0;

  // -- arithmetic --
  // One segment without gradient; advances the carry.
  virtual SegmentOutput forward(const Batch& batch, Carry& carry, const ForwardOptions& options) = 0;
  // One segment with gradient, loss, and an update of all parameters and of the puzzle rows in the batch; advances the
  // carry. last_segment: [B], nonzero if this is the example's last allowed segment (its q_continue target is then
  // sigmoid(q_halt') of the next segment instead of the larger of both).
  virtual TrainOutput train_step(const Batch& batch, std::span<const uint8_t> last_segment, Carry& carry,
                                 const TrainOptions& options) = 0;
};

struct BackendOptions {
  std::string device = "cpu";  // "cpu", "cuda", "cuda:1"
  size_t threads = 0;          // 0: default_threads()
  // Of the operands: "float32", "bfloat16", or the model's own where empty. "int8" runs the forward pass of a model
  // trained in either with int8 products (engine/block_forward_int8.h); such a backend does not train.
  std::string precision = {};
};

}  // namespace hrm::model
