#include "solving/train_stepper.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::solving {
namespace {

constexpr std::string_view kCarryPrefix = "carry.";

template <typename T>
void load_slots(const NamedTensors& state, std::string_view name, std::vector<T>& values) {
  const auto at = state.find(name);
  if (at == state.end()) throw bad_input("solving.TrainStepper.load", "tensor '{}' is missing", name);
  const auto stored = at->second.as<T>();
  if (stored.size() != values.size())
    throw bad_input("solving.TrainStepper.load", "tensor '{}' has {} values, {} are needed: another batch size?", name,
                    stored.size(), values.size());
  std::ranges::copy(stored, values.begin());
}

}  // namespace

TrainStepper::TrainStepper(model::Backend& backend, const StepperOptions& options)
    : backend_(backend),
      options_(options),
      rule_(halting_rule(backend.config().arch)),
      seq_len_(static_cast<size_t>(backend.config().data.seq_len)),
      carry_(backend.make_carry(options.batch)),
      inputs_(options.batch * seq_len_),
      labels_(options.batch * seq_len_, model::kIgnoreLabel),
      identifiers_(options.batch),
      steps_(options.batch),
      seeds_(options.batch),
      segment_seeds_(options.batch),
      halted_(options.batch, 1) {}

void TrainStepper::take(const model::Batch& next) {
  if (next.size != options_.batch)
    throw bad_input("solving.TrainStepper.step", "batch of {} examples, the run has {} slots", next.size,
                    options_.batch);
  for (size_t b = 0; b < options_.batch; ++b) {
    if (!halted_[b]) continue;
    const size_t row = b * seq_len_;
    std::ranges::copy(next.inputs.subspan(row, seq_len_), inputs_.begin() + static_cast<ptrdiff_t>(row));
    std::ranges::copy(next.labels.subspan(row, seq_len_), labels_.begin() + static_cast<ptrdiff_t>(row));
    identifiers_[b] = next.puzzle_identifiers[b];
    seeds_[b] = next.noise_seeds.empty() ? 0 : next.noise_seeds[b];
    steps_[b] = 0;
  }
}

model::Batch TrainStepper::current() {
  for (size_t b = 0; b < options_.batch; ++b)
    segment_seeds_[b] = derive_seed(seeds_[b], {static_cast<uint64_t>(steps_[b])});
  return {.size = options_.batch,
          .inputs = inputs_,
          .labels = labels_,
          .puzzle_identifiers = identifiers_,
          .noise_seeds = segment_seeds_};
}

StepResult TrainStepper::step(const model::Batch& next, const model::TrainOptions& options, int64_t max_segments) {
  HaltingRule rule = rule_;
  if (max_segments > 0) rule.max_segments = max_segments;
  take(next);
  const model::Batch batch = current();
  backend_.reset(*carry_, batch, halted_);
  std::vector<uint8_t> last(options_.batch);
  for (size_t b = 0; b < options_.batch; ++b) last[b] = steps_[b] + 1 >= rule.max_segments;

  StepResult result;
  result.output = backend_.train_step(batch, last, *carry_, options);
  const model::TrainOutput& output = result.output;
  for (size_t b = 0; b < options_.batch; ++b) {
    Rng rng(options_.seed, {step_count_, b});
    const float q_continue = rule.q_halt_alone ? 0.f : output.q_continue[b];
    halted_[b] = halts_in_training(rule, ++steps_[b], {output.q_halt[b], q_continue}, rng);
  }
  ++step_count_;
  result.metrics = measure(output);
  return result;
}

StepMetrics TrainStepper::measure(const model::TrainOutput& output) const {
  StepMetrics metrics{.loss = output.loss,
                      .lm_loss = output.lm_loss,
                      .q_halt_loss = output.q_halt_loss,
                      .q_continue_loss = output.q_continue_loss};
  for (size_t b = 0; b < options_.batch; ++b) {
    if (!halted_[b] || output.supervised[b] == 0) continue;
    const bool exact = output.correct[b] == output.supervised[b];
    metrics.count += 1;
    metrics.accuracy += static_cast<double>(output.correct[b]) / output.supervised[b];
    metrics.exact_accuracy += exact;
    metrics.q_halt_accuracy += (output.q_halt[b] >= 0) == exact;
    metrics.steps += steps_[b];
  }
  return metrics;
}

NamedTensors TrainStepper::save() const {
  NamedTensors state;
  for (auto& [name, tensor] : backend_.save(*carry_)) state.emplace(std::string(kCarryPrefix) + name, tensor);
  const auto batch = static_cast<int64_t>(options_.batch), seq = static_cast<int64_t>(seq_len_);
  state["slots.inputs"] = HostTensor::of<int32_t>({batch, seq}, inputs_);
  state["slots.labels"] = HostTensor::of<int32_t>({batch, seq}, labels_);
  state["slots.puzzle_identifiers"] = HostTensor::of<int32_t>({batch}, identifiers_);
  state["slots.steps"] = HostTensor::of<int32_t>({batch}, steps_);
  state["slots.seeds"] = HostTensor::of<uint64_t>({batch}, seeds_);
  state["slots.halted"] = HostTensor::of<uint8_t>({batch}, halted_);
  state["slots.step_count"] = HostTensor::of<uint64_t>({1}, std::span(&step_count_, 1));
  return state;
}

void TrainStepper::load(const NamedTensors& state) {
  NamedTensors carry;
  for (const auto& [name, tensor] : state)
    if (name.starts_with(kCarryPrefix)) carry.emplace(name.substr(kCarryPrefix.size()), tensor);
  load_slots(state, "slots.inputs", inputs_);
  load_slots(state, "slots.labels", labels_);
  load_slots(state, "slots.puzzle_identifiers", identifiers_);
  load_slots(state, "slots.steps", steps_);
  load_slots(state, "slots.seeds", seeds_);
  load_slots(state, "slots.halted", halted_);
  std::vector<uint64_t> count(1);
  load_slots(state, "slots.step_count", count);
  step_count_ = count[0];
  carry_ = backend_.load(carry);
}

}  // namespace hrm::solving
