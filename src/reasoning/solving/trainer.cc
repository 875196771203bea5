#include "solving/trainer.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/log.h"
#include "model/operations.h"
#include "model/weights.h"
#include "solving/identifiers.h"
#include "solving/model_file.h"
#include "solving/same_data.h"
#include "training/config_changes.h"
#include "training/schedule.h"

namespace hrm::solving {
namespace {

constexpr std::string_view kInTrainer = "solving.Trainer";
constexpr std::string_view kWeights = "weights.", kOptimizer = "optimizer.";
constexpr std::string_view kStepCount = "slots.step_count";  // the one tensor of the slots without a row for each

// Streams of an example's draw.
enum Stream : uint64_t { kAugmentation = 1, kReveal, kNoise };

void add_prefixed(NamedTensors& all, std::string_view prefix, NamedTensors tensors) {
  for (auto& [name, tensor] : tensors) all.emplace(std::string(prefix) + name, std::move(tensor));
}

NamedTensors with_prefix(const NamedTensors& all, std::string_view prefix) {
  NamedTensors found;
  for (auto at = all.lower_bound(prefix); at != all.end() && at->first.starts_with(prefix); ++at)
    found.emplace(at->first.substr(prefix.size()), at->second);
  return found;
}

std::string fault_of(const model::TrainOutput& output) {
  if (output.applied) return "";
  const auto text = [](double x) { return std::isnan(x) ? "nan" : fmt::format("{:.4g}", x); };
  return fmt::format("loss {}, gradient norm {}: not finite", text(output.loss), text(output.gradient_norm));
}

puzzles::SamplerOptions sampler_options(const ReasoningTrainConfig& config) {
  return {.batch = config.global_batch_size, .epochs_per_stretch = config.eval_interval, .seed = config.seed};
}

// What decides the parameters and the carry; other settings may change (--accept-changes).
void check_same_model(const Json& saved, const model::ModelConfig& mine) {
  model::ModelConfig theirs;
  fields_from_json(theirs, saved, "checkpoint");
  theirs.validate();
  const auto key = [](const model::Parameter& p) { return std::pair(p.name, p.shape); };
  if (theirs.arch.chains == mine.arch.chains && theirs.tokens() == mine.tokens() &&
      std::ranges::equal(model::parameters(theirs), model::parameters(mine), {}, key, key))
    return;
  throw bad_input(kInTrainer,
                  "the checkpoint has another model than this run ({}): a resumed run keeps its model; to start "
                  "another run from these weights: hrm train --init MODEL",
                  training::to_text(training::config_changes(fields_to_json(theirs), fields_to_json(mine))));
}

std::string_view name_of(model::WeightSet set) { return set == model::WeightSet::kLive ? "live" : "averaged"; }

bool better(const Evaluation& a, const Evaluation& b) {
  return std::pair(a.all.exact.value, a.all.cells.value) > std::pair(b.all.exact.value, b.all.cells.value);
}

// The authors' names, those of the averaged weights with the prefix "ema_".
void add_values(std::vector<training::Scalar>& values, model::WeightSet set, const Evaluation& evaluation) {
  const std::string prefix = set == model::WeightSet::kLive ? "" : "ema_";
  const Scores& scores = evaluation.all;
  values.push_back({prefix + "exact_accuracy", scores.exact.value});
  values.push_back({prefix + "accuracy", scores.cells.value});
  values.push_back({prefix + "q_halt_accuracy", scores.q_halt.value});
  values.push_back({prefix + "steps", scores.segments.value});
  if (!evaluation.rule_name.empty() && scores.rules.n > 0)
    values.push_back({prefix + evaluation.rule_name, scores.rules.value});
}

std::string in_words(const Trainer::Measured& best) {
  const Scores& scores = best.evaluation.all;
  return fmt::format("unseen exact {:.4f} ({:.4f} to {:.4f}), cells {:.4f}, segments {:.1f}, {} weights",
                     scores.exact.value, scores.exact.interval.low, scores.exact.interval.high, scores.cells.value,
                     scores.segments.value, name_of(best.weights));
}

// A process's rows of the slots, and the count of steps, which has none.
NamedTensors own_slots(const NamedTensors& tensors, const training::Share& share) {
  NamedTensors slots;
  for (const auto& [name, tensor] : tensors)
    if (!name.starts_with(kWeights) && !name.starts_with(kOptimizer)) slots.emplace(name, tensor);
  auto step_count = slots.extract(std::string(kStepCount));
  slots = training::take_rows(slots, share.first, share.last);
  if (step_count) slots.insert(std::move(step_count));
  return slots;
}

}  // namespace

void reveal_cells(std::span<int32_t> inputs, std::span<const int32_t> labels, double share, Rng& rng) {
  const double rate = 2 * share * rng.uniform();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (labels[i] == model::kIgnoreLabel || labels[i] == inputs[i]) continue;
    if (rng.chance(rate)) inputs[i] = labels[i];
  }
}

Trainer::Trainer(model::Backend& backend, const puzzles::Dataset& train, const puzzles::Dataset* test,
                 TrainerOptions options)
    : backend_(backend),
      train_(train),
      test_(test),
      options_(std::move(options)),
      all_(training::or_alone(options_.processes)),
      share_(training::share_of(all_, options_.config.global_batch_size)),
      batch_(share_.size()),
      seq_len_(static_cast<size_t>(backend.config().data.seq_len)),
      augmenter_(options_.config.augment ? train.family().augmenter() : nullptr),
      sampler_(train, sampler_options(options_.config)),
      stepper_(backend, {.batch = batch_, .seed = options_.config.seed, .first = share_.first}),
      inputs_(batch_ * seq_len_),
      labels_(batch_ * seq_len_),
      identifiers_(batch_),
      seeds_(batch_) {
  check_processes();
  NamedTensors weights =
      options_.weights ? *std::move(options_.weights) : model::initial_weights(backend_.config(), options_.config.seed);
  backend_.set_weights(training::tensors_from_root(all_, std::move(weights)));
  options_.weights.reset();
  backend_.set_optimizer(options_.config.optimizer);
}

void Trainer::check_processes() const {
  if (all_.size() > options_.config.global_batch_size)
    throw bad_input(kInTrainer, "global_batch_size = {}: less than one example for each of {} processes",
                    options_.config.global_batch_size, all_.size());
  check_same_data(all_, &train_);
  check_same_data(all_, test_);
}

void Trainer::draw(const puzzles::ExampleRef& example, double reveal, std::span<int32_t> inputs,
                   std::span<int32_t> labels) {
  train_.read(example.example, inputs, labels);
  // Labels that are not supervised are negative: symmetries move them and leave them as they are.
  if (augmenter_) augmenter_->apply(derive_seed(example.seed, {kAugmentation}), inputs, labels);
  if (reveal > 0) {
    Rng rng(example.seed, {kReveal});
    reveal_cells(inputs, labels, reveal, rng);
  }
}

void Trainer::take_examples(uint64_t step) {
  const CurriculumConfig& curriculum = options_.config.curriculum;
  const double reveal = training::linear_decay(curriculum.reveal, curriculum.reveal_until, options_.total_steps, step);
  const std::vector<puzzles::ExampleRef> examples = sampler_.next();
  for (size_t b = 0; b < batch_; ++b) {
    if (!stepper_.halted()[b]) continue;
    const puzzles::ExampleRef& example = examples[share_.first + b];
    draw(example, reveal, std::span(inputs_).subspan(b * seq_len_, seq_len_),
         std::span(labels_).subspan(b * seq_len_, seq_len_));
    identifiers_[b] = example.identifier;
    seeds_[b] = derive_seed(example.seed, {kNoise});
  }
}

training::StepReport Trainer::step(uint64_t step) {
  const ReasoningTrainConfig& config = options_.config;
  take_examples(step);
  const double lr_factor = training::learning_rate_factor(
      {.warmup_steps = config.lr_warmup_steps, .total_steps = options_.total_steps, .min_ratio = config.lr_min_ratio},
      step);
  const model::Batch next{
      .size = batch_, .inputs = inputs_, .labels = labels_, .puzzle_identifiers = identifiers_, .noise_seeds = seeds_};
  StepResult result =
      stepper_.step(next,
                    {.lr_factor = lr_factor,
                     .ema_rate = config.ema ? training::average_rate(config.ema_rate, config.ema_ramp, step) : 0,
                     .micro_batch = config.micro_batch,
                     .global_batch = config.global_batch_size,
                     .exchange = exchange_of()},
                    config.max_segments(step, options_.total_steps));
  StepMetrics& m = result.metrics;
  double counts[] = {m.count, m.accuracy, m.exact_accuracy, m.q_halt_accuracy, m.steps};
  all_.sum(counts);
  std::tie(m.count, m.accuracy, m.exact_accuracy, m.q_halt_accuracy, m.steps) =
      std::tie(counts[0], counts[1], counts[2], counts[3], counts[4]);
  operations_ += step_operations();
  return {.fault = fault_of(result.output),
          .measurements = measurements(result, lr_factor),
          .totals = {{"operations", operations_}}};
}

model::StepExchange Trainer::exchange_of() {
  if (all_.size() == 1) return nullptr;
  return [this](model::StepParts& parts) {
    all_.sum(parts.gradient);
    all_.sum(parts.losses);
    if (parts.puzzle_gradients.empty()) return;
    // As the authors do: the table's rows are updated by the gradients of the whole batch.
    parts.puzzle_ids = training::gather_values<int32_t>(all_, parts.puzzle_ids);
    parts.puzzle_gradients = training::gather_values<float>(all_, parts.puzzle_gradients);
  };
}

double Trainer::step_operations() const {
  return static_cast<double>(options_.config.global_batch_size) * model::training_operations(backend_.config());
}

std::vector<training::Measurement> Trainer::measurements(const StepResult& result, double lr_factor) const {
  const StepMetrics& m = result.metrics;
  const auto batch = static_cast<double>(options_.config.global_batch_size);
  std::vector<training::Measurement> all = {
      {"loss", m.loss, batch}, {"lm_loss", m.lm_loss, batch}, {"q_halt_loss", m.q_halt_loss, batch}};
  if (!backend_.config().arch.no_ACT_continue) all.push_back({"q_continue_loss", m.q_continue_loss, batch});
  for (const auto& [name, sum] : {std::pair("accuracy", m.accuracy), std::pair("exact_accuracy", m.exact_accuracy),
                                  std::pair("q_halt_accuracy", m.q_halt_accuracy), std::pair("steps", m.steps)})
    all.push_back({name, sum, m.count});
  all.push_back({"count", m.count, 1});
  all.push_back({"gradient_norm", result.output.gradient_norm, 1});
  all.push_back({"lr", options_.config.optimizer.lr * lr_factor, 1});
  return all;
}

training::EvaluationReport Trainer::evaluate(uint64_t) {
  if (!test_) return {};
  const ReasoningTrainConfig& config = options_.config;
  training::EvaluationReport report;
  std::vector<Measured> measured;
  for (const model::WeightSet set : {model::WeightSet::kLive, model::WeightSet::kAveraged}) {
    if (set == model::WeightSet::kAveraged && !config.ema) continue;
    Evaluation evaluation = solving::evaluate(backend_, *test_,
                                              {.segments = config.eval_segments,
                                               .halting = config.eval_halting,
                                               .batch = config.eval_batch,
                                               .limit = config.eval_examples,
                                               .weights = set,
                                               .seed = config.seed,
                                               .progress = false,
                                               .processes = &all_});
    if (!evaluation.complete) return {.complete = false};
    add_values(report.values, set, evaluation);
    measured.push_back({set, std::move(evaluation)});
  }
  report.values.push_back({"operations", operations_});
  if (measured.size() == 2 && better(measured[1].evaluation, measured[0].evaluation))
    std::swap(measured[0], measured[1]);
  evaluations_ = std::move(measured);
  const Scores& best = evaluations_.front().evaluation.all;
  report.text = in_words(evaluations_.front());
  report.score = {best.exact.value, best.cells.value};
  return report;
}

training::Checkpoint Trainer::save() const {
  NamedTensors slots = stepper_.save();
  auto step_count = slots.extract(std::string(kStepCount));
  training::Checkpoint checkpoint{.tensors = training::rows_to_root(all_, std::move(slots))};
  if (!all_.is_root()) return checkpoint;
  checkpoint.tensors.insert(std::move(step_count));
  add_prefixed(checkpoint.tensors, kWeights, backend_.weights(model::WeightSet::kLive));
  add_prefixed(checkpoint.tensors, kOptimizer, backend_.optimizer_state());
  checkpoint.state = {{"model", fields_to_json(backend_.config())},
                      {"family", train_.family().describe()},
                      {"data", fingerprint(train_)},
                      {"identifiers", digest_of_identifiers(train_)},
                      {"backend", backend_.description()},
                      {"processes", all_.size()},
                      {"sampler", sampler_.state()},
                      {"operations", operations_}};
  return checkpoint;
}

void Trainer::load(const training::Checkpoint& checkpoint) {
  check_same_model(json_field<Json>(checkpoint.state, "model", "checkpoint"), backend_.config());
  if (json_field<uint64_t>(checkpoint.state, "data", "checkpoint") != fingerprint(train_))
    throw bad_input(kInTrainer,
                    "{}: not the puzzles that this run started with: use the old data set, or start a new run",
                    train_.folder().string());
  if (const auto was = json_field<std::string>(checkpoint.state, "backend", "checkpoint");
      was != backend_.description() && all_.is_root())
    log_warning("this run used {}, now {}: it continues, but not bit-identically", was, backend_.description());
  // Checkpoints of before are of one process.
  if (const uint64_t were = checkpoint.state.value("processes", uint64_t{1}); were != all_.size() && all_.is_root())
    log_warning("this run used {} processes, now {}: it continues, but not bit-identically", were, all_.size());
  sampler_.set_state(json_field<Json>(checkpoint.state, "sampler", "checkpoint"));
  backend_.set_weights(with_prefix(checkpoint.tensors, kWeights));
  backend_.set_optimizer(options_.config.optimizer);  // new weights mean a new optimizer
  backend_.set_optimizer_state(with_prefix(checkpoint.tensors, kOptimizer));
  if (all_.size() == 1)
    stepper_.load(checkpoint.tensors);
  else
    stepper_.load(own_slots(checkpoint.tensors, share_));
  // Checkpoints of before have no count: as if all their steps had been like today's.
  const auto operations = checkpoint.state.find("operations");
  operations_ = operations == checkpoint.state.end() ? static_cast<double>(stepper_.step_count()) * step_operations()
                                                     : json_field<double>(checkpoint.state, "operations", "checkpoint");
}

void Trainer::save_model(const std::filesystem::path& path, uint64_t step) {
  const model::WeightSet set = !evaluations_.empty() ? evaluations_.front().weights
                               : options_.config.ema ? model::WeightSet::kAveraged
                                                     : model::WeightSet::kLive;
  NamedTensors weights = backend_.weights(set);
  if (const auto bad = training::first_not_finite(weights))
    throw failure(kInTrainer, "step {}: '{}' contains a NaN or an infinity: the model was not saved", step, *bad);
  Json provenance = options_.provenance;
  provenance["step"] = step;
  provenance["weights"] = name_of(set);
  provenance["identifiers"] = digest_of_identifiers(train_);
  solving::save_model(path, {.config = backend_.config(),
                             .weights = std::move(weights),
                             .family = train_.family().describe(),
                             .provenance = std::move(provenance)});
}

}  // namespace hrm::solving
