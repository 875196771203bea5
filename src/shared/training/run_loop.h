// The loop of every training run: steps, records, evaluations, checkpoints, and an orderly end in every case.
//
// It knows nothing of models. A Trainee does one step at a time and provides its whole state; the loop decides when to
// log, evaluate and save, stops on Ctrl-C with a checkpoint, and protects the last good state against NaN:
//   - a step that reports a fault was not applied; the run ends with a failure naming the step, the last checkpoint and
//     what to change;
//   - a state with a NaN or infinity in a tensor is never written over a good checkpoint.
//
// A resumed run is bit-identical to an uninterrupted one: the state holds everything that later steps depend on,
// including the partial sums of the next log record. Wall-clock intervals determine when to evaluate and to save; they
// never change a weight.
//
// Of several processes (training/collective.h) all run the loop and the trainee. Process 0 alone reads and writes the
// folder, and its clock decides; a signal to any process stops all after the same step.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "training/checkpoint.h"
#include "training/collective.h"
#include "training/meters.h"
#include "training/run_folder.h"
#include "training/run_log.h"

namespace hrm::training {

struct StepReport {
  std::string fault;  // not empty: the step was not applied, and this says why ("loss is nan")
  std::vector<Measurement> measurements;
  std::vector<Scalar> totals;  // of the run so far; a log record has them as they are after its last step
};

struct EvaluationReport {
  bool complete = true;  // false: interrupted; it counts as not having happened
  std::vector<Scalar> values;
  std::string text;           // the same in a few words, for the terminal
  std::vector<double> score;  // larger is better, the first entry that differs decides; empty: nothing was evaluated
};

class Trainee {
 public:
  virtual ~Trainee() = default;
  // step: from 1. Depends on nothing but the state and the step's number.
  virtual StepReport step(uint64_t step) = 0;
  // Of the state after `step` steps. Must not change it.
  virtual EvaluationReport evaluate(uint64_t step) = 0;
  // Everything that later steps depend on. load() of the result of save() continues bit-identically, also in another
  // process; throws bad_input if a part is missing or does not fit.
  // Of several processes, all call save() and process 0 keeps what it returns, which is the state of all.
  virtual Checkpoint save() const = 0;
  virtual void load(const Checkpoint& checkpoint) = 0;
  // Writes the model of the last evaluation (the current one if nothing was evaluated), atomically.
  virtual void save_model(const std::filesystem::path& path, uint64_t step) = 0;
};

// Due after every `steps` steps, and once `minutes` have passed since it was due last; 0 turns either off.
struct Cadence {
  uint64_t steps = 0;
  double minutes = 0;
};

struct LoopOptions {
  uint64_t total_steps = 0;
  double minutes = 0;  // of training, over all resumes, after which the run ends early; 0: no limit
  Cadence log{.steps = 10}, evaluate, save{.minutes = 5};
  bool save_after_evaluation = true;
  Json config;                     // kept in every checkpoint
  std::function<void()> restored;  // called once a checkpoint has been restored and fits (or none was), before a step
  bool resume = false;             // from the folder's newest whole checkpoint, if there is one
  bool progress = true;
  std::vector<std::string> notes;   // metrics shown after the progress bar
  std::string headline;             // metric of an evaluation whose curve is printed with it
  std::vector<Chart> charts;        // drawn after each evaluation and at the end
  std::string remedy;               // what to change after a NaN
  Collective* processes = nullptr;  // null: this one alone
};

enum class RunEnd { kFinished, kOutOfTime, kInterrupted };
EnumNames<RunEnd> enum_names(RunEnd);

struct RunResult {
  RunEnd end = RunEnd::kFinished;
  uint64_t step = 0;
  double seconds = 0;  // of training, over all resumes
  std::vector<Scalar> last_evaluation;
  uint64_t evaluated_step = 0;  // of the last evaluation; 0: none
  std::vector<double> best_score;
  uint64_t best_step = 0;  // whose model is kept; 0: none
  uint64_t resumed_from = 0;
};

// Ends at total_steps, when the time is up, or on Ctrl-C (base/signals.h; the loop holds the InterruptScope). A last
// evaluation and a checkpoint are made in the first two cases, a checkpoint in the third. Throws failure on NaN and
// where a file cannot be written, bad_input if the checkpoint does not fit.
RunResult run_loop(Trainee& trainee, const RunFolder& folder, const LoopOptions& options);

}  // namespace hrm::training
