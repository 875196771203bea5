#include "training/run_loop.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "training/config_changes.h"
#include "training/sparkline.h"

namespace hrm::training {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kInRunLoop = "training.run_loop";
constexpr size_t kSparklineWidth = 40;

bool step_due(const Cadence& cadence, uint64_t step) { return cadence.steps > 0 && step % cadence.steps == 0; }

class Timer {
 public:
  explicit Timer(const Cadence& cadence) : cadence_(cadence) {}
  bool due(uint64_t step) const {
    return step_due(cadence_, step) || (cadence_.minutes > 0 && seconds_since(last_) >= 60 * cadence_.minutes);
  }
  void restart() { last_ = Clock::now(); }

 private:
  Cadence cadence_;
  Clock::time_point last_ = Clock::now();
};

Json to_json(const std::vector<Scalar>& scalars) {
  Json object = Json::object();
  for (const auto& [name, value] : scalars) object[name] = value;
  return object;
}

// What a checkpoint holds beside the trainee's part.
struct LoopState {
  uint64_t step = 0, evaluated_step = 0, best_step = 0, log_size = 0;
  double seconds = 0;
  std::vector<double> best_score;
  std::vector<Scalar> last_evaluation;
  Meters meters;

  Json to_json() const;
  static LoopState from_json(const Json& json, std::string_view source);
};

Json LoopState::to_json() const {
  return {{"step", step},
          {"seconds", seconds},
          {"log_size", log_size},
          {"meters", meters.state()},
          {"evaluated_step", evaluated_step},
          {"last_evaluation", training::to_json(last_evaluation)},
          {"best_step", best_step},
          {"best_score", best_score}};
}

LoopState LoopState::from_json(const Json& json, std::string_view source) {
  LoopState state;
  state.step = json_field<uint64_t>(json, "step", source);
  state.seconds = json_field<double>(json, "seconds", source);
  state.log_size = json_field<uint64_t>(json, "log_size", source);
  state.meters.set_state(json_field<Json>(json, "meters", source));
  state.evaluated_step = json_field<uint64_t>(json, "evaluated_step", source);
  const Json last_evaluation = json_field<Json>(json, "last_evaluation", source);
  for (const auto& [name, value] : last_evaluation.items())
    if (value.is_number()) state.last_evaluation.push_back({name, value.get<double>()});
  state.best_step = json_field<uint64_t>(json, "best_step", source);
  state.best_score = json_field<std::vector<double>>(json, "best_score", source);
  return state;
}

// What a run continues with.
struct Restored {
  LoopState state;
  std::optional<uint64_t> saved_step;  // of the checkpoint; nullopt: the run begins
  bool other_settings = false;         // the checkpoint holds others than this run
};

// Gives the trainee the state of the folder's newest checkpoint, if the run resumes and there is one.
Restored restore(Trainee& trainee, const RunFolder& folder, const LoopOptions& options) {
  Collective& all = or_alone(options.processes);
  std::optional<FoundCheckpoint> found;
  const Json given = json_from_root(all, [&]() -> Json {
    if (options.resume) found = find_checkpoint(folder.path());  // as process 0 was asked
    return found ? Json::array({found->path.string(), found->checkpoint.state}) : Json();
  });
  if (given.is_null()) return {};
  const auto source = given[0].get<std::string>();
  const Json& stored = given[1];
  Restored restored{.state = LoopState::from_json(json_field<Json>(stored, "loop", source), source)};
  trainee.load({.tensors = tensors_from_root(all, found ? std::move(found->checkpoint.tensors) : NamedTensors()),
                .state = json_field<Json>(stored, "trainee", source)});
  restored.saved_step = restored.state.step;
  const auto config = stored.find("config");
  restored.other_settings = config == stored.end() || !config_changes(*config, options.config).empty();
  return restored;
}

class Loop {
 public:
  // REQUIRES: all but `restored` outlive this.
  Loop(Trainee& trainee, const RunFolder& folder, const LoopOptions& options, const Restored& restored)
      : trainee_(trainee),
        folder_(folder),
        options_(options),
        all_(or_alone(options.processes)),
        restored_seconds_(restored.state.seconds),
        saved_step_(restored.saved_step),
        unsaved_(!restored.saved_step || restored.other_settings),
        other_settings_(restored.other_settings),
        state_(restored.state),
        resumed_from_(restored.state.step),
        progress_("train", options.total_steps,
                  {.unit = "steps",
                   .enabled = options.progress && or_alone(options.processes).is_root(),
                   .start = restored.state.step}),
        log_timer_(options.log),
        evaluation_timer_(options.evaluate),
        save_timer_(options.save) {
    on_root(all_, [&] { log_.emplace(folder, restored.state.step, restored.state.log_size); });
  }

  RunResult run();

 private:
  void step();
  void write_record();
  void evaluate();
  void keep_best(const EvaluationReport& report);
  void show_evaluation(const EvaluationReport& report);
  void save();
  void write(Checkpoint checkpoint);
  void draw_charts();
  RunResult end(RunEnd how);
  std::string note() const;
  std::string last_good() const;
  double seconds() const { return restored_seconds_ + seconds_since(begin_); }
  bool shows() const { return options_.progress && all_.is_root(); }
  void event(uint64_t step, std::string_view what) {
    if (log_) log_->event(step, seconds(), what);
  }
  // What all processes do next.
  struct Due {
    bool stop = false, out_of_time = false, log = false, evaluate = false, save = false;
  };
  Due agree();
  bool done() const { return state_.step >= options_.total_steps; }

  Trainee& trainee_;
  const RunFolder& folder_;
  const LoopOptions& options_;
  Collective& all_;
  const Clock::time_point begin_ = Clock::now();
  double restored_seconds_;
  std::optional<uint64_t> saved_step_;  // of the newest checkpoint
  bool unsaved_;                        // something happened since then
  bool other_settings_;                 // the checkpoint that was restored holds others than this run
  LoopState state_;
  std::vector<Scalar> totals_;  // of the last step
  uint64_t resumed_from_;
  std::optional<RunLog> log_;  // of process 0
  Progress progress_;
  Timer log_timer_, evaluation_timer_, save_timer_;
};

RunResult Loop::run() {
  if (other_settings_) save();  // a checkpoint decides what a run continues with: a change must be in one
  on_root(all_, [&] {
    if (options_.restored) options_.restored();
  });
  if (!done()) event(state_.step, resumed_from_ > 0 ? "resumed" : "started");
  // An evaluation that Ctrl-C cut short is made up for.
  if (state_.step > 0 && step_due(options_.evaluate, state_.step)) evaluate();
  Due due = agree();
  while (!done() && !due.out_of_time && !due.stop) {
    step();
    due = agree();
    if (due.log) write_record();
    if (!due.stop && due.evaluate) evaluate();
    if (!due.stop && due.save) save();
    if (due.evaluate || due.save) due = agree();  // both take long
  }
  if (!due.stop) {
    evaluate();
    due = agree();
  }
  return end(due.stop ? RunEnd::kInterrupted : done() ? RunEnd::kFinished : RunEnd::kOutOfTime);
}

// A signal to any process, the clock of process 0.
Loop::Due Loop::agree() {
  const bool root = all_.is_root();
  double flags[] = {
      static_cast<double>(interrupted()),
      static_cast<double>(root && options_.minutes > 0 && seconds() >= 60 * options_.minutes),
      static_cast<double>(root && log_timer_.due(state_.step)),
      static_cast<double>(root && evaluation_timer_.due(state_.step)),
      static_cast<double>(root && save_timer_.due(state_.step)),
  };
  all_.sum(flags);
  return {flags[0] > 0, flags[1] > 0, flags[2] > 0, flags[3] > 0, flags[4] > 0};
}

void Loop::step() {
  const StepReport report = trainee_.step(state_.step + 1);
  if (!report.fault.empty()) {
    event(state_.step + 1, report.fault);
    throw failure(kInRunLoop, "step {}: {}; the step was not applied; {}; {}", state_.step + 1, report.fault,
                  last_good(), options_.remedy);
  }
  ++state_.step;
  unsaved_ = true;
  state_.meters.add(report.measurements);
  totals_ = report.totals;
  progress_.update(state_.step, note());
}

void Loop::write_record() {
  std::vector<Scalar> values = state_.meters.means();
  values.insert(values.end(), totals_.begin(), totals_.end());
  if (log_) log_->train(state_.step, seconds(), values);
  state_.meters.clear();
  log_timer_.restart();
}

void Loop::evaluate() {
  evaluation_timer_.restart();
  if (state_.evaluated_step == state_.step) return;
  progress_.update(state_.step, "evaluating");
  const EvaluationReport report = trainee_.evaluate(state_.step);
  if (!report.complete) return;
  unsaved_ = true;
  state_.evaluated_step = state_.step;
  state_.last_evaluation = report.values;
  if (log_ && !report.values.empty()) log_->evaluation(state_.step, seconds(), report.values);
  keep_best(report);
  show_evaluation(report);
  draw_charts();
  if (options_.save_after_evaluation) save();
}

void Loop::keep_best(const EvaluationReport& report) {
  const bool first = state_.best_step == 0;
  // Without a score the newest model is the one to keep.
  if (!first && !report.score.empty() && !std::ranges::lexicographical_compare(state_.best_score, report.score)) return;
  on_root(all_, [&] { trainee_.save_model(folder_.model(), state_.step); });
  state_.best_score = report.score;
  state_.best_step = state_.step;
}

void Loop::show_evaluation(const EvaluationReport& report) {
  if (!shows() || report.values.empty()) return;
  const std::vector<double> history = log_->history("evaluation", options_.headline);
  progress_.print(fmt::format("step {}, {}: {}  {}  best at step {}", state_.step, format_duration(seconds()),
                              report.text, sparkline(history, kSparklineWidth), state_.best_step));
}

void Loop::draw_charts() {
  if (!log_) return;
  for (const Chart& chart : options_.charts) log_->draw(chart);
}

void Loop::save() {
  save_timer_.restart();
  if (!unsaved_) return;
  Checkpoint checkpoint = trainee_.save();
  on_root(all_, [&] { write(std::move(checkpoint)); });
  saved_step_ = state_.step;
  unsaved_ = false;
}

void Loop::write(Checkpoint checkpoint) {
  if (const auto bad = first_not_finite(checkpoint.tensors))
    throw failure(kInRunLoop, "step {}: '{}' contains a NaN or an infinity and was not saved; {}; {}", state_.step,
                  *bad, last_good(), options_.remedy);
  state_.seconds = seconds();
  state_.log_size = log_->size();
  checkpoint.state = {
      {"loop", state_.to_json()}, {"trainee", std::move(checkpoint.state)}, {"config", options_.config}};
  try {
    rotate_checkpoint(folder_.path(), checkpoint);
  } catch (const Error& error) {
    throw failure(kInRunLoop, "step {} could not be saved: {}; {}", state_.step, error.what(), last_good());
  }
}

RunResult Loop::end(RunEnd how) {
  if (how == RunEnd::kInterrupted) event(state_.step, "interrupted");
  save();
  draw_charts();
  return {.end = how,
          .step = state_.step,
          .seconds = seconds(),
          .last_evaluation = state_.last_evaluation,
          .evaluated_step = state_.evaluated_step,
          .best_score = state_.best_score,
          .best_step = state_.best_step,
          .resumed_from = resumed_from_};
}

std::string Loop::note() const {
  const std::vector<Scalar> means = state_.meters.means();
  std::string text;
  for (const std::string& name : options_.notes)
    if (const double value = scalar_or(means, name, NAN); !std::isnan(value))
      text += fmt::format("{}{} {:.4g}", text.empty() ? "" : ", ", name, value);
  return text;
}

std::string Loop::last_good() const {
  if (!saved_step_) return "no checkpoint had been written yet";
  return fmt::format("the last good checkpoint is {} of step {}", (folder_.path() / CheckpointNames::kLast).string(),
                     *saved_step_);
}

}  // namespace

EnumNames<RunEnd> enum_names(RunEnd) {
  static constexpr std::pair<RunEnd, std::string_view> names[] = {
      {RunEnd::kFinished, "finished"}, {RunEnd::kOutOfTime, "out_of_time"}, {RunEnd::kInterrupted, "interrupted"}};
  return names;
}

RunResult run_loop(Trainee& trainee, const RunFolder& folder, const LoopOptions& options) {
  const InterruptScope interrupts;
  return Loop(trainee, folder, options, restore(trainee, folder, options)).run();
}

}  // namespace hrm::training
