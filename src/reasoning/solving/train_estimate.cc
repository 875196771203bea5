#include "solving/train_estimate.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/clock.h"
#include "base/error.h"
#include "base/signals.h"
#include "model/operations.h"
#include "model/weights.h"
#include "solving/train_setup.h"
#include "solving/trainer.h"

namespace hrm::solving {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kFewestSteps = 3, kMostSteps = 30;  // measured, after one to warm up
constexpr double kEnoughSeconds = 10;
constexpr int64_t kSample = 16;  // examples of the evaluation that is timed

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// Seconds of each measured step; empty if Ctrl-C came first.
std::vector<double> time_steps(Trainer& trainer, uint64_t total_steps) {
  std::vector<double> seconds;
  const auto begin = Clock::now();
  for (uint64_t step = 1; step <= total_steps; ++step) {
    if (interrupted()) return {};
    const auto before = Clock::now();
    const training::StepReport report = trainer.step(step);
    if (!report.fault.empty()) throw failure("solving.estimate", "step {}: {}", step, report.fault);
    if (step > 1 || total_steps == 1) seconds.push_back(seconds_since(before));
    if (seconds.size() == kMostSteps) break;
    if (seconds.size() >= kFewestSteps && seconds_since(begin) >= kEnoughSeconds) break;
  }
  return seconds;
}

// Seconds of one evaluation as the settings ask for; nullopt if Ctrl-C came first.
std::optional<double> time_evaluation(model::Backend& backend, const puzzles::Dataset& test,
                                      const ReasoningTrainConfig& config, int64_t examples) {
  const int64_t sample = std::min(kSample, examples);
  const Evaluation evaluation = evaluate(backend, test,
                                         {.segments = config.eval_segments,
                                          .halting = config.eval_halting,
                                          .batch = config.eval_batch,
                                          .limit = sample,
                                          .seed = config.seed,
                                          .progress = false});
  if (!evaluation.complete) return std::nullopt;
  const double weights = config.ema ? 2 : 1;  // live and averaged
  return weights * evaluation.seconds * static_cast<double>(examples) / static_cast<double>(sample);
}

int64_t examples_of(const puzzles::Dataset& test, const ReasoningTrainConfig& config) {
  const auto wanted = static_cast<int64_t>(config.eval_examples);
  return wanted > 0 ? std::min(wanted, test.examples()) : test.examples();
}

std::string in_words(const Json& json) {
  const auto number = [&](const char* field) { return json.at(field).get<double>(); };
  std::string text = fmt::format(
      "{} parameters, {} steps of {} examples: {} sample-segments\n"
      "operations   {:.3g} ({:.4g} per sample-segment, in matrix products)\n"
      "speed        {:.1f} ms per step, {:.1f} GFLOP/s, median of {} steps\n"
      "training     {:.2f} hours\n",
      json.at("parameters").get<int64_t>(), json.at("steps").get<uint64_t>(), json.at("batch").get<uint64_t>(),
      json.at("sample_segments").get<uint64_t>(), number("operations"), number("operations_per_sample_segment"),
      1e3 * number("seconds_per_step"), number("gflops"), json.at("measured_steps").get<size_t>(),
      number("training_hours"));
  if (!json.at("evaluations").is_null())
    text += fmt::format("evaluations  at most {:.2f} hours: {} of {} examples\n", number("evaluation_hours"),
                        json.at("evaluations").get<uint64_t>(), json.at("evaluation_examples").get<int64_t>());
  if (number("minutes") > 0)
    text += fmt::format("limit        minutes={}: the run ends after at most {:.2f} hours\n", number("minutes"),
                        number("minutes") / 60);
  return text + fmt::format("memory       {:.0f} MiB\ndevice       {}\nnothing was written\n", number("peak_mib"),
                            json.at("backend").get<std::string>());
}

}  // namespace

TrainEstimate estimate_training(const TrainRequest& request, const BackendFactory& make_backend) {
  const ReasoningTrainConfig config = resolve_config(request);
  const TrainData data = open_train_data(config);
  const puzzles::DatasetMetadata& metadata = data.train.metadata();
  const model::ModelConfig model = model_config(config, data.train);
  const uint64_t total_steps = checked_total_steps(config, metadata);
  const std::unique_ptr<model::Backend> backend = make_backend(model, request.backend);
  Trainer trainer(*backend, data.train, nullptr, {.config = config, .total_steps = total_steps, .provenance = {}});

  const std::vector<double> seconds = time_steps(trainer, total_steps);
  if (seconds.empty()) return {.complete = false, .json = {}, .table = {}};
  const double step_seconds = median(seconds), steps = static_cast<double>(total_steps);
  const double per_segment = model::training_operations(model);
  const double per_step = per_segment * static_cast<double>(config.global_batch_size);
  Json json = {{"parameters", model::parameter_count(model)},
               {"steps", total_steps},
               {"batch", config.global_batch_size},
               {"sample_segments", total_steps * config.global_batch_size},
               {"operations", steps * per_step},
               {"operations_per_sample_segment", per_segment},
               {"measured_steps", seconds.size()},
               {"seconds_per_step", step_seconds},
               {"gflops", per_step / step_seconds * 1e-9},
               {"training_hours", steps * step_seconds / 3600},
               {"evaluations", nullptr},
               {"evaluation_examples", nullptr},
               {"evaluation_hours", nullptr},
               {"minutes", config.minutes},
               {"backend", backend->description()}};
  if (data.test) {
    const int64_t examples = examples_of(*data.test, config);
    const std::optional<double> evaluation = time_evaluation(*backend, *data.test, config, examples);
    if (!evaluation) return {.complete = false, .json = {}, .table = {}};
    const uint64_t between = std::max<uint64_t>(1, config.steps_between_evaluations(metadata));
    const uint64_t evaluations = (total_steps + between - 1) / between;  // one at the end in any case
    json["evaluations"] = evaluations;
    json["evaluation_examples"] = examples;
    json["evaluation_hours"] = *evaluation * static_cast<double>(evaluations) / 3600;
  }
  json["peak_mib"] = peak_mib();
  return {.complete = true, .json = json, .table = in_words(json)};
}

}  // namespace hrm::solving
