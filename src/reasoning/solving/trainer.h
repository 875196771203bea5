// Trains a reasoning model on a data set, as a Trainee of the run loop (training/run_loop.h).
//
//   sampler -> examples of the slots that halted -> symmetry redrawn -> answers given away (curriculum)
//   -> one segment of every slot with an update (solving/train_stepper.h) -> the authors' metrics
//
// Everything random about an example derives from the seed of its draw, so that a run is a function of data,
// configuration and seed alone (and, on the torch backend, of the thread count). A checkpoint holds weights, average,
// optimizers, slots with their recurrent states, the sampler's position, and the operations spent.
//
// Of several processes each has a share of the slots: those at the same numbers as if one process had them all. So
// their number changes nothing but the order in which gradients are added, and a checkpoint fits any number.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "puzzles/dataset.h"
#include "puzzles/sampler.h"
#include "solving/evaluator.h"
#include "solving/train_config.h"
#include "solving/train_stepper.h"
#include "training/collective.h"
#include "training/run_loop.h"

namespace hrm::solving {

// Writes answers into questions at random: each cell that differs from its label is revealed with the probability of
// its example, uniform between 0 and 2 `share`. Unsupervised cells are unchanged.
void reveal_cells(std::span<int32_t> inputs, std::span<const int32_t> labels, double share, Rng& rng);

struct TrainerOptions {
  ReasoningTrainConfig config;
  uint64_t total_steps = 0;                            // length of the schedules
  Json provenance;                                     // goes into the model file, with step and kind of weights added
  std::optional<NamedTensors> weights = std::nullopt;  // to begin with; nullopt: random ones
  training::Collective* processes = nullptr;           // null: this one alone
};

class Trainer : public training::Trainee {
 public:
  // Gives the backend initial weights and an optimizer. test may be null: then nothing is evaluated.
  // REQUIRES: backend and data sets outlive the trainer.
  Trainer(model::Backend& backend, const puzzles::Dataset& train, const puzzles::Dataset* test, TrainerOptions options);

  training::StepReport step(uint64_t step) override;
  // The held-out examples with the live and the averaged weights. The score is that of the better of both: exact
  // answers, then cells.
  training::EvaluationReport evaluate(uint64_t step) override;
  training::Checkpoint save() const override;
  void load(const training::Checkpoint& checkpoint) override;
  // Live or averaged weights, whichever was better in the last evaluation.
  void save_model(const std::filesystem::path& path, uint64_t step) override;

  struct Measured {
    model::WeightSet weights;
    Evaluation evaluation;
  };
  // Floating-point operations of all steps so far (model/operations.h), over all resumes.
  double operations() const { return operations_; }
  // Of the last evaluate(); empty before. The first one is the better.
  const std::vector<Measured>& last_evaluation() const { return evaluations_; }

 private:
  void take_examples(uint64_t step);
  void draw(const puzzles::ExampleRef& example, double reveal, std::span<int32_t> inputs, std::span<int32_t> labels);
  double step_operations() const;
  void check_processes() const;
  model::StepExchange exchange_of();
  std::vector<training::Measurement> measurements(const StepResult& result, double lr_factor) const;

  model::Backend& backend_;
  const puzzles::Dataset& train_;
  const puzzles::Dataset* test_;
  TrainerOptions options_;
  training::Collective& all_;
  const training::Share share_;  // of the slots of the global batch
  const size_t batch_, seq_len_;
  std::unique_ptr<puzzles::Augmenter> augmenter_;  // null: examples as they are
  puzzles::Sampler sampler_;
  TrainStepper stepper_;
  std::vector<int32_t> inputs_, labels_;  // [B,S] of the next batch
  std::vector<int32_t> identifiers_;      // [B]
  std::vector<uint64_t> seeds_;           // [B]
  std::vector<Measured> evaluations_;
  double operations_ = 0;
};

}  // namespace hrm::solving
