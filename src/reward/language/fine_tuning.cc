#include "language/fine_tuning.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/signals.h"
#include "language/held_out_measures.h"
#include "language/packed_batch.h"
#include "language/policy_loss.h"
#include "torch/host.h"
#include "training/schedule.h"

namespace hrm::language {
namespace {

constexpr std::string_view kInFineTuning = "language.fine_tuning";
constexpr std::string_view kParameter = "parameter.", kOptimizer = "optimizer.";

// Outputs of the head at the targets: [M,n].
at::Tensor outputs_at_targets(const Decoder& decoder, const Head& head, const PackedBatch& batch) {
  return head(decoder, decoder.hidden(batch.ids).flatten(0, 1).index_select(0, batch.positions));
}

// Of every number of every example.
uint64_t fingerprint(std::span<const Example> examples) {
  uint64_t mixed = examples.size();
  const auto mix = [&](auto value) {
    mixed = splitmix64(mixed ^ static_cast<uint64_t>(std::bit_cast<uint32_t>(value)));
  };
  for (const Example& example : examples) {
    mix(example.weight);
    for (const int32_t id : example.ids) mix(id);
    for (const Target& target : example.targets) mix(target.position), mix(target.value), mix(target.trials);
  }
  return mixed;
}

// The sums over all processes, in one exchange. They are then views of one tensor.
void sum_gradients(training::Collective& all, std::vector<at::Tensor>& gradients) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> flat;
  for (const at::Tensor& gradient : gradients) flat.push_back(gradient.reshape({-1}));
  at::Tensor sum = at::cat(flat).to(at::kCPU);
  flat.clear();
  all.sum(std::span(sum.data_ptr<float>(), static_cast<size_t>(sum.numel())));
  sum = sum.to(gradients.front().device());
  int64_t at = 0;
  for (at::Tensor& gradient : gradients) {
    const int64_t size = gradient.numel();
    gradient = sum.narrow(0, at, size).view(gradient.sizes());
    at += size;
  }
}

}  // namespace

uint64_t fingerprint(const NamedParameters& parameters) {
  const at::NoGradGuard no_grad;
  uint64_t mixed = parameters.size();
  for (const auto& [name, tensor] : parameters) {
    for (const char letter : name) mixed = splitmix64(mixed ^ static_cast<unsigned char>(letter));
    for (const int64_t extent : tensor.sizes()) mixed = splitmix64(mixed ^ static_cast<uint64_t>(extent));
    const int64_t sample = std::min<int64_t>(64, tensor.numel());
    if (sample == 0) continue;
    const at::Tensor places = at::arange(sample, at::kLong).mul_(tensor.numel()).floor_divide_(sample);
    const at::Tensor values = tensor.reshape({-1}).index_select(0, places.to(tensor.device())).to(at::kFloat);
    for (const float value : torch::to_vector<float>(values.cpu()))
      mixed = splitmix64(mixed ^ std::bit_cast<uint32_t>(value));
  }
  return mixed;
}

struct FineTuner::Impl {
  LanguageModel& model;
  std::span<const Example> train, held_out;
  FineTuneOptions options;
  training::Collective& all;
  NamedParameters trained;
  std::optional<Decoder> decoder, teacher;
  std::optional<Head> head;
  std::optional<AdamW> optimizer;
  ExampleBatches batches;
  uint64_t tokens = 0;  // of the last batch

  Impl(LanguageModel& m, std::span<const Example> t, std::span<const Example> h, FineTuneOptions o)
      : model(m),
        train(t),
        held_out(h),
        options(std::move(o)),
        all(training::or_alone(options.processes)),
        batches(train, options.config.batch_size, config().seed) {}

  const FineTuneConfig& config() const { return options.config; }
  at::Device device() const { return decoder->device(); }
  bool uses_trials() const { return config().loss == LossKind::kBetaBinomial; }

  PackedBatch packed(std::span<const Example> examples, std::span<const size_t> part) const {
    return pack(examples, part, uses_trials(), device());
  }
  void choose_parameters();
  void bind_teacher();
  void check_examples() const;
  void check_processes(const NamedParameters& parameters) const;
  std::vector<size_t> own_share(std::span<const size_t> batch) const;
  double kl_sum(const std::vector<std::vector<size_t>>& parts) const;
  at::Tensor teacher_outputs(const PackedBatch& batch) const;
  double weight_of(std::span<const Example> examples, std::span<const size_t> batch) const;
};

// Trained tensors become leaves with gradients; frozen ones are cast once to the type that computes with them.
void FineTuner::Impl::choose_parameters() {
  const bool lora = config().lora.rank > 0;
  model.parameters = to(model.parameters, at::kFloat, model.parameters.begin()->second.device());
  if (lora) add_lora(model.parameters, config().lora, config().seed);
  NamedParameters used;
  for (auto& [name, tensor] : model.parameters) {
    const bool trains = !lora || is_lora(name) || is_scoring_head(name);
    if (trains) trained.emplace(name, tensor.detach_().requires_grad_(true));
    used.emplace(name, trains ? tensor : tensor.to(scalar_type(config().dtype)));
  }
  decoder.emplace(model.config, used,
                  DecoderOptions{.compute = scalar_type(config().dtype),
                                 .recompute = config().recompute,
                                 .lora_scale = config().lora.scale()});
  head.emplace(model.head, model.config, used);
  optimizer.emplace(config().optimizer, trained);
}

void FineTuner::Impl::bind_teacher() {
  const bool wanted = config().kl_weight > 0;
  if (wanted != (options.teacher != nullptr))
    throw bad_input(kInFineTuning, "kl_weight = {} {} teacher: give both or neither", config().kl_weight,
                    wanted ? "without a" : "with a");
  if (!wanted) return;
  if (model.head != HeadKind::kLanguage || config().loss != LossKind::kCrossEntropy)
    throw bad_input(kInFineTuning, "a teacher needs a language model and loss cross_entropy");
  const LanguageModel& given = *options.teacher;
  if (given.head != HeadKind::kLanguage || given.config.vocab_size != model.config.vocab_size)
    throw bad_input(kInFineTuning, "teacher {}: expected a language model of the student's {} tokens, it has {}",
                    given.source.string(), model.config.vocab_size, given.config.vocab_size);
  NamedParameters frozen;  // never the student's own tensors
  for (const auto& [name, tensor] : given.parameters)
    frozen.emplace(name, tensor.detach().to(device(), scalar_type(config().dtype), false, /*copy=*/true));
  teacher.emplace(given.config, frozen, DecoderOptions{.compute = scalar_type(config().dtype)});
}

void FineTuner::Impl::check_examples() const {
  if (train.empty()) throw bad_input(kInFineTuning, "no training examples");
  const ExampleRules rules{.config = model.config,
                           .loss = config().loss,
                           .outputs = head->outputs(),
                           .max_length = static_cast<int64_t>(config().max_length)};
  for (size_t i = 0; i < train.size(); ++i) check_example(train[i], rules, fmt::format("example {}", i + 1));
  for (size_t i = 0; i < held_out.size(); ++i)
    check_example(held_out[i], rules, fmt::format("held-out example {}", i + 1));
}

// Each process reads model and examples by itself.
void FineTuner::Impl::check_processes(const NamedParameters& parameters) const {
  if (all.size() == 1) return;
  const uint64_t mine[] = {fingerprint(parameters), fingerprint(train), fingerprint(held_out)};
  const std::vector<uint64_t> theirs = training::gather_values<uint64_t>(all, mine);
  constexpr std::string_view what[] = {"another model", "other training data", "other held-out data"};
  for (size_t i = 3; i < theirs.size(); ++i)
    if (theirs[i] != theirs[i % 3])
      throw bad_input(kInFineTuning, "process {} has {} than process 0: copy the same files to all", i / 3,
                      what[i % 3]);
}

// Every n-th: a batch is sorted by length, so that all have about as many tokens.
std::vector<size_t> FineTuner::Impl::own_share(std::span<const size_t> batch) const {
  std::vector<size_t> own;
  for (size_t i = all.rank(); i < batch.size(); i += all.size()) own.push_back(batch[i]);
  return own;
}

double FineTuner::Impl::weight_of(std::span<const Example> examples, std::span<const size_t> batch) const {
  double sum = 0;
  for (const size_t i : batch)
    sum += static_cast<double>(examples[i].weight) * static_cast<double>(examples[i].targets.size());
  return sum;
}

at::Tensor FineTuner::Impl::teacher_outputs(const PackedBatch& batch) const {
  const at::NoGradGuard no_grad;
  return teacher->logits(teacher->hidden(batch.ids).flatten(0, 1).index_select(0, batch.positions));
}

// Of a batch in several parts or processes, whose mean KL must be known before the gradient of its logarithm.
double FineTuner::Impl::kl_sum(const std::vector<std::vector<size_t>>& parts) const {
  const at::NoGradGuard no_grad;
  double sum = 0;
  for (const auto& part : parts) {
    const PackedBatch batch = packed(train, part);
    const at::Tensor kl = kl_divergence(teacher_outputs(batch), outputs_at_targets(*decoder, *head, batch));
    sum += (kl * batch.weights).sum().item<double>();
  }
  all.sum(std::span(&sum, 1));
  return sum;
}

FineTuner::FineTuner(LanguageModel& model, std::span<const Example> train, std::span<const Example> held_out,
                     FineTuneOptions options) {
  options.config.validate();
  impl_ = std::make_unique<Impl>(model, train, held_out, std::move(options));
  impl_->choose_parameters();
  impl_->bind_teacher();
  impl_->check_examples();
  impl_->check_processes(model.parameters);
}

FineTuner::~FineTuner() = default;
const NamedParameters& FineTuner::trained() const { return impl_->trained; }
uint64_t FineTuner::total_steps() const { return impl_->options.total_steps; }
const Decoder& FineTuner::decoder() const { return *impl_->decoder; }
const Head& FineTuner::head() const { return *impl_->head; }

double FineTuner::gradients(std::span<const size_t> batch, std::vector<at::Tensor>& gradients) {
  Impl& my = *impl_;
  const auto parts = micro_batches(my.train, my.own_share(batch), my.config().micro_batch_tokens);
  const bool whole = parts.size() == 1 && my.all.size() == 1;
  const double weight = my.weight_of(my.train, batch);
  std::vector<at::Tensor> leaves;
  for (const auto& [name, tensor] : my.trained) leaves.push_back(tensor);
  gradients.assign(leaves.size(), at::Tensor());
  double cross = 0, kl = my.teacher && !whole ? my.kl_sum(parts) / weight : 0;
  my.tokens = 0;
  for (const auto& part : parts) {
    const PackedBatch packed = my.packed(my.train, part);
    const at::Tensor outputs = outputs_at_targets(*my.decoder, *my.head, packed);
    at::Tensor loss = (losses(my.config().loss, outputs, packed.targets) * packed.weights).sum() / weight;
    cross += loss.item<double>();
    if (my.teacher) {
      const at::Tensor mine = (kl_divergence(my.teacher_outputs(packed), outputs) * packed.weights).sum() / weight;
      if (whole) kl = mine.item<double>();
      loss = loss + my.config().kl_weight / (1 + kl) * mine;  // d log(1 + KL)
    }
    const auto found = ::torch::autograd::grad({loss}, leaves, {}, std::nullopt, false, /*allow_unused=*/true);
    for (size_t i = 0; i < found.size(); ++i)
      if (found[i].defined()) gradients[i] = gradients[i].defined() ? gradients[i].add_(found[i]) : found[i].clone();
    for (const size_t i : part) my.tokens += my.train[i].ids.size();
  }
  for (size_t i = 0; i < leaves.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = at::zeros_like(leaves[i]);
  if (my.all.size() > 1) {
    double sums[] = {cross, static_cast<double>(my.tokens)};
    my.all.sum(sums);
    cross = sums[0];
    my.tokens = static_cast<uint64_t>(sums[1]);
    sum_gradients(my.all, gradients);
  }
  return cross + my.config().kl_weight * std::log1p(kl);
}

training::StepReport FineTuner::step(uint64_t step) { return step_on(impl_->batches.batch(step), step); }

training::StepReport FineTuner::step_on(std::span<const size_t> batch, uint64_t step) {
  const auto begin = std::chrono::steady_clock::now();
  Impl& my = *impl_;
  std::vector<at::Tensor> all;
  const double loss = gradients(batch, all);
  if (!std::isfinite(loss)) return {.fault = fmt::format("loss is {}", std::abs(loss)), .measurements = {}};
  const uint64_t total = my.options.total_steps;
  const double factor = training::learning_rate_factor(
      {.warmup_steps = static_cast<uint64_t>(std::llround(my.config().warmup_ratio * static_cast<double>(total))),
       .total_steps = total,
       .min_ratio = my.config().min_lr_ratio},
      step - 1);
  double norm = my.all.is_root() ? gradient_norm(all) : 0;  // of process 0: others may have other threads
  my.all.sum(std::span(&norm, 1));
  my.optimizer->step(all, norm, factor);
  if (!std::isfinite(norm))
    return {.fault = fmt::format("the gradient's norm is {}", std::abs(norm)), .measurements = {}};
  const double seconds = seconds_since(begin);
  const double weight = my.weight_of(my.train, batch);
  return {.fault = {},
          .measurements = {{"loss", loss * weight, weight},
                           {"grad_norm", norm, 1},
                           {"lr", factor * my.config().optimizer.lr, 1},
                           {"tokens_per_second", static_cast<double>(my.tokens), seconds}}};
}

training::EvaluationReport FineTuner::evaluate(uint64_t) {
  const at::NoGradGuard no_grad;
  Impl& my = *impl_;
  if (my.held_out.empty()) return {};
  std::vector<size_t> all(my.held_out.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  HeldOutMeasures measures(*my.head, my.config().loss);
  const uint64_t tokens = my.config().micro_batch_tokens > 0 ? my.config().micro_batch_tokens : 16384;
  const auto parts = micro_batches(my.held_out, all, tokens);
  double stopped = 0;
  for (size_t i = my.all.rank(); i < parts.size(); i += my.all.size()) {
    if (interrupted()) {
      stopped = 1;
      break;
    }
    const PackedBatch packed = my.packed(my.held_out, parts[i]);
    const at::Tensor outputs = outputs_at_targets(*my.decoder, *my.head, packed);
    measures.add(packed, outputs, my.weight_of(my.held_out, parts[i]));
  }
  my.all.sum(std::span(&stopped, 1));
  if (stopped > 0) return {.complete = false};
  measures.gather(my.all);
  return measures.report();
}

training::Checkpoint FineTuner::save() const {
  training::Checkpoint all{.tensors = {}, .state = {{"fine_tuning", 1}}};
  if (!impl_->all.is_root()) return all;
  if (const size_t processes = impl_->all.size(); processes > 1) all.state["processes"] = processes;
  for (const auto& [name, tensor] : impl_->trained)
    all.tensors.emplace(std::string(kParameter) + name, torch::to_host(tensor.detach()));
  for (auto& [name, tensor] : impl_->optimizer->state())
    all.tensors.emplace(std::string(kOptimizer) + name, std::move(tensor));
  return all;
}

void FineTuner::load(const training::Checkpoint& checkpoint) {
  const at::NoGradGuard no_grad;
  NamedTensors optimizer;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  for (const auto& [name, tensor] : checkpoint.tensors)
    if (name.starts_with(kOptimizer)) optimizer.emplace(name.substr(kOptimizer.size()), tensor);
  for (const auto& [name, tensor] : impl_->trained) {
    const auto found = checkpoint.tensors.find(std::string(kParameter) + name);
    if (found == checkpoint.tensors.end())
      throw bad_input(kInFineTuning, "the checkpoint has no '{}': was it saved by another run?", name);
    if (found->second.dtype() != DType::kF32 || at::IntArrayRef(found->second.shape()) != tensor.sizes())
      throw bad_input(kInFineTuning, "the checkpoint's '{}' is {} {}, the model needs f32 {}", name,
                      name_of(found->second.dtype()), to_string(found->second.shape()),
                      to_string(tensor.sizes().vec()));
    copies.emplace_back(tensor, torch::to_aten(found->second, at::kCPU));
  }
  if (const auto were = checkpoint.state.value("processes", size_t{1}); were != impl_->all.size())
    if (impl_->all.is_root())
      log_warning("this run used {} processes, now {}: it continues, but not bit-identically", were, impl_->all.size());
  impl_->optimizer->set_state(optimizer);
  for (auto& [to, from] : copies) to.detach().copy_(from);
}

void FineTuner::save_model(const std::filesystem::path& path, uint64_t) {
  const at::NoGradGuard no_grad;
  Impl& my = *impl_;
  const auto replace = [&](const std::filesystem::path& target, const auto& write) {
    const std::filesystem::path fresh = target.string() + ".new";
    std::filesystem::remove_all(fresh);
    write(fresh);
    replace_folder(fresh, target);
  };
  LanguageModel merged = my.model;
  merge_lora(merged.parameters, my.config().lora.scale());
  replace(model_folder(path.parent_path()), [&](const std::filesystem::path& folder) {
    if (my.options.write_model)
      my.options.write_model(folder, merged);
    else
      language::save_model(folder, merged, scalar_type(my.config().dtype));
  });
  if (my.config().lora.rank > 0)
    replace(path.parent_path() / "adapter",
            [&](const std::filesystem::path& folder) { save_adapter(folder, my.model, my.config().lora); });
}

}  // namespace hrm::language
