// Trains a decoder with any head and loss, as a Trainee of the run loop (training/run_loop.h).
//
//   loss = sum over targets of weight * loss(head(hidden[position]), target) / sum of weights,  over the whole batch
//
// whichever micro-batches it is taken in. The head sees only the target positions. Rate of step i: that of
// training/schedule.h at i - 1, so that the first step has rate 0, as Hugging Face's trainer has it.
// With lora.rank > 0 only the adapters and the head of a reward model are trained.
// A step is a function of model, examples, configuration, thread count and number alone.
//
// Of several processes each has the whole model and takes every n-th example of a batch, which is sorted by length;
// the sums of gradients and losses are those of the whole batch, before clipping and update. So only the order in which
// they are added depends on the number of processes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "language/adamw.h"
#include "language/example_batches.h"
#include "language/examples.h"
#include "language/lora.h"
#include "language/model_io.h"
#include "training/run_loop.h"

namespace hrm::language {

enum class TrainType { kFloat32, kBFloat16 };
EnumNames<TrainType> enum_names(TrainType);
inline at::ScalarType scalar_type(TrainType type) { return type == TrainType::kFloat32 ? at::kFloat : at::kBFloat16; }

struct FineTuneConfig {
  AdamWConfig optimizer;
  LoraConfig lora;
  LossKind loss = LossKind::kCrossEntropy;
  double epochs = 1;
  uint64_t max_steps = 0;
  uint64_t batch_size = 32, micro_batch_tokens = 16384;
  uint64_t max_length = 0;
  double warmup_ratio = 0.03, min_lr_ratio = 0;
  TrainType dtype = TrainType::kFloat32;
  bool recompute = false;
  double kl_weight = 0;
  uint64_t seed = 0;
  uint64_t log_steps = 10, eval_steps = 0;
  double checkpoint_minutes = 5;

  static void fields(auto& self, auto&& field) {
    AdamWConfig::fields(self.optimizer, field);
    field("lora", self.lora, "");
    field("loss", self.loss, "cross_entropy, squared_error, soft_labels or beta_binomial");
    field("epochs", self.epochs, "length of the run in passes over the examples");
    field("max_steps", self.max_steps, "length of the run in optimizer steps instead; 0: by epochs");
    field("batch_size", self.batch_size, "examples per optimizer step");
    field("micro_batch_tokens", self.micro_batch_tokens, "tokens per forward and backward pass; 0: the whole batch");
    field("max_length", self.max_length, "longest example in tokens; 0: the model's limit");
    field("warmup_ratio", self.warmup_ratio, "fraction of the steps in which the rate rises linearly");
    field("min_lr_ratio", self.min_lr_ratio, "the rate then falls as a cosine to this fraction");
    field("dtype", self.dtype, "float32, or bfloat16 with float32 masters");
    field("recompute", self.recompute, "recompute activations instead of keeping them, which saves memory");
    field("kl_weight", self.kl_weight, "weight of log(1 + KL(teacher, student)); needs a teacher");
    field("seed", self.seed, "seed of all random numbers");
    field("log_steps", self.log_steps, "steps between records of the log");
    field("eval_steps", self.eval_steps, "steps between evaluations; 0: ten times");
    field("checkpoint_minutes", self.checkpoint_minutes, "minutes between checkpoints");
  }

  void validate() const;                          // throws bad_input
  uint64_t total_steps(uint64_t examples) const;  // at least 1
  uint64_t evaluation_steps(uint64_t total_steps) const;
};

// Settings that decide no number of a step that was done.
std::span<const std::string_view> harmless_fine_tune_settings();

struct FineTuneOptions {
  FineTuneConfig config;
  uint64_t total_steps = 0;                   // of the schedule
  const LanguageModel* teacher = nullptr;     // for kl_weight: a frozen language model of the same vocabulary
  training::Collective* processes = nullptr;  // that train together; null: this one alone
  // Writes a model without adapters into a folder; save_model() if it is empty.
  std::function<void(const std::filesystem::path& folder, const LanguageModel& model)> write_model;
};

class FineTuner : public training::Trainee {
 public:
  // model: float32; its parameters are trained in place, on the device where they are. Adapters are added where the
  // configuration requires them. Throws bad_input naming the first example that does not fit ("example 3"), and where a
  // process has another model or other examples than process 0.
  // REQUIRES: model, examples and teacher outlive this.
  FineTuner(LanguageModel& model, std::span<const Example> train, std::span<const Example> held_out,
            FineTuneOptions options);
  ~FineTuner() override;

  training::StepReport step(uint64_t step) override;
  // The same with a batch of the caller's choice: indices of training examples.
  training::StepReport step_on(std::span<const size_t> batch, uint64_t step);
  // Values "loss", and of heads with scores "accuracy" (score against 0.5) and "auc". The score is -loss.
  training::EvaluationReport evaluate(uint64_t step) override;
  training::Checkpoint save() const override;
  void load(const training::Checkpoint& checkpoint) override;
  // A Hugging Face folder `model` beside path, replaced as a whole, adapters merged; with LoRA also `adapter`.
  void save_model(const std::filesystem::path& path, uint64_t step) override;

  // Mean loss over the whole batch; its gradients, in the order of trained(), replace what the vector holds. All
  // processes have the same afterwards.
  double gradients(std::span<const size_t> batch, std::vector<at::Tensor>& gradients);
  const NamedParameters& trained() const;
  uint64_t total_steps() const;
  const Decoder& decoder() const;
  const Head& head() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The model's folder of a run.
std::filesystem::path model_folder(const std::filesystem::path& run);
// The model's folder where path is that of a run, else path.
std::filesystem::path model_of_run(const std::filesystem::path& path);

// What run_loop needs for it.
training::LoopOptions fine_tune_loop_options(const FineTuneConfig& config, uint64_t total_steps,
                                             const training::RunFolder& folder);

// Of names and shapes, and of up to 64 values of each tensor, spread evenly: enough to tell models apart where several
// processes must have the same one.
uint64_t fingerprint(const NamedParameters& parameters);

}  // namespace hrm::language
