// Every setting of a training run, under the authors' name if it has one.
//
// A configuration is built in layers, later ones winning: the defaults below, a preset (arch.* only), a recipe file
// (configs/*.yaml), `key=value` arguments. A run folder keeps the result in config.json.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "model/config.h"
#include "model/optimizer_config.h"
#include "puzzles/dataset.h"

namespace hrm::solving {

// Answers revealed at first, fewer as the run continues: the mean share of the unknown cells that are written into the
// question falls linearly from `reveal` to 0 at the share `reveal_until` of the run. An example's own share is uniform
// between 0 and twice that mean. Likewise the segments that an example gets at most: they rise linearly from `segments`
// to arch.halt_max_steps at the share `segments_until` of the run.
struct CurriculumConfig {
  double reveal = 0, reveal_until = 0.5;
  int64_t segments = 0;
  double segments_until = 0.5;
  static void fields(auto& self, auto&& field) {
    field("reveal", self.reveal, "mean share of the unknown cells that is revealed at the start; 0: none");
    field("reveal_until", self.reveal_until, "fraction of the run after which nothing is revealed");
    field("segments", self.segments, "maximum segments at the start; 0: always arch.halt_max_steps");
    field("segments_until", self.segments_until, "fraction of the run after which arch.halt_max_steps applies");
  }
};

struct ReasoningTrainConfig {
  model::ArchConfig arch;
  model::OptimizerConfig optimizer;  // its keys stand at the top level, as in the authors' files
  std::string data_path, load_checkpoint;
  uint64_t global_batch_size = 768, epochs = 20000, eval_interval = 2000, max_steps = 0;
  double minutes = 0;
  double lr_min_ratio = 1;
  uint64_t lr_warmup_steps = 2000;
  bool ema = true;
  double ema_rate = 0.999, ema_ramp = 10;
  uint64_t seed = 0;
  bool augment = true;
  CurriculumConfig curriculum;
  uint64_t micro_batch = 0;
  uint64_t eval_steps = 0;
  double eval_minutes = 0;
  int64_t eval_examples = 1000, eval_segments = 0;
  bool eval_halting = true;
  uint64_t eval_batch = 256;
  uint64_t checkpoint_steps = 0;
  double checkpoint_minutes = 5;
  bool checkpoint_every_eval = true;
  uint64_t log_steps = 10;

  static void fields(auto& self, auto&& field) {
    field("data_path", self.data_path, "data set folder with train/ and, to measure the model, test/");
    field("load_checkpoint", self.load_checkpoint,
          "model whose weights the run starts from (--init); empty: random weights");
    field("global_batch_size", self.global_batch_size, "examples per batch, one per slot");
    field("epochs", self.epochs, "length of the run in passes over the groups of the data set");
    field("eval_interval", self.eval_interval,
          "epochs that are shuffled together; also the epochs between evaluations");
    field("max_steps", self.max_steps, "length of the run in optimizer steps; 0: use epochs");
    field("minutes", self.minutes, "stop after this training time, over all resumes; 0: no limit");
    model::OptimizerConfig::fields(self.optimizer, field);
    field("lr_min_ratio", self.lr_min_ratio, "cosine decay of all learning rates to this fraction; 1: none");
    field("lr_warmup_steps", self.lr_warmup_steps, "steps of linear warm-up");
    field("ema", self.ema, "keep a moving average of the weights and evaluate it too");
    field("ema_rate", self.ema_rate, "rate of that average");
    field("ema_ramp", self.ema_ramp, "limits the rate of step i to (1 + i) / (ramp + i); 0: constant rate");
    field("seed", self.seed, "seed of all random numbers");
    field("augment", self.augment, "apply a random symmetry of the family to each example that is drawn");
    field("curriculum", self.curriculum, "");
    field("micro_batch", self.micro_batch, "examples per forward and backward pass, gradients summed; 0: all at once");
    field("eval_steps", self.eval_steps,
          "steps between evaluations; 0: every eval_interval epochs, or ten times with max_steps");
    field("eval_minutes", self.eval_minutes, "also evaluate after this many minutes; 0: never");
    field("eval_examples", self.eval_examples, "held-out examples, spread over the test split; 0: all");
    field("eval_segments", self.eval_segments, "maximum segments in evaluations; 0: halt_max_steps");
    field("eval_halting", self.eval_halting, "in evaluations stop an example when the model halts");
    field("eval_batch", self.eval_batch, "held-out examples per batch");
    field("checkpoint_steps", self.checkpoint_steps, "steps between checkpoints; 0: by time only");
    field("checkpoint_minutes", self.checkpoint_minutes, "minutes between checkpoints; 0: by steps only");
    field("checkpoint_every_eval", self.checkpoint_every_eval, "also write a checkpoint after each evaluation");
    field("log_steps", self.log_steps, "steps between records of the log");
    field("arch", self.arch, "");
  }

  // Throws bad_input naming the setting and what it must be.
  void validate() const;

  // Segments that an example gets at most at step 1..total_steps, by the curriculum.
  int64_t max_segments(uint64_t step, uint64_t total_steps) const;

  // Length of the run and steps between evaluations, given the data set.
  uint64_t total_steps(const puzzles::DatasetMetadata& metadata) const;
  uint64_t steps_between_evaluations(const puzzles::DatasetMetadata& metadata) const;
};

bool is_authors_config(const Json& settings);  // by arch.name

// What a recipe file says about itself.
struct Recipe {
  std::string title, source;
};

// Applies a recipe: a YAML file of settings, nested or dotted, with the extra keys `title`, `source` (where the
// experiment was published) and `preset`. Throws bad_input naming file and the first unknown key.
//
// The authors' all_config.yaml, recognized by arch.name, is a recipe too, understood as authors_config.h says. What
// their programs do and no key says is set: no average unless `ema`, and that at a constant rate, examples as stored,
// and evaluations without halting. Keys without effect here are named in a message, unknown ones in a warning. Throws
// bad_input if a setting asks for what this program does not do (freeze_weights, several data sets).
Recipe apply_recipe(ReasoningTrainConfig& config, const std::filesystem::path& path);

// Settings that may change when a run continues: they decide how long it runs, where its data are and when it evaluates
// and saves, but no number of a step that was done.
std::span<const std::string_view> harmless_settings();

}  // namespace hrm::solving
