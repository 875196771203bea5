#include "solving/train_config.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/paths.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;

ReasoningTrainConfig load(const std::string& name, Recipe* recipe = nullptr) {
  ReasoningTrainConfig config;
  const Recipe read = apply_recipe(config, source_folder() / "configs" / name);
  if (recipe) *recipe = read;
  config.data_path = "data";
  config.validate();
  return config;
}

// demo_* are this project's own; all others were published.
TEST(Recipes, AllLoadAndPublishedOnesNameTheirSource) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(source_folder() / "configs")) {
    if (entry.path().extension() != ".yaml") continue;
    Recipe recipe;
    EXPECT_NO_THROW(load(entry.path().filename().string(), &recipe)) << entry.path();
    if (entry.path().filename().string().starts_with("demo_")) continue;
    EXPECT_FALSE(recipe.title.empty()) << entry.path();
    EXPECT_FALSE(recipe.source.empty()) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 11);
}

TEST(Recipes, HoldThePublishedNumbers) {
  const ReasoningTrainConfig full = load("hrm_sudoku_full.yaml");
  EXPECT_EQ(full.arch.L_cycles, 8);
  EXPECT_EQ(full.arch.H_layers, 4);
  EXPECT_EQ(full.arch.halt_max_steps, 8);
  EXPECT_EQ(full.arch.pos_encodings, model::Positions::kLearned);
  EXPECT_EQ(full.arch.loss.loss_type, model::LossType::kSoftmax);
  EXPECT_EQ(full.optimizer.lr, 3e-4);
  EXPECT_EQ(full.lr_min_ratio, 0.1);
  EXPECT_EQ(full.global_batch_size, 2304u);

  const ReasoningTrainConfig small = load("hrm_sudoku_1k_384.yaml");
  EXPECT_EQ(small.optimizer.lr, 7e-5);
  EXPECT_EQ(small.optimizer.weight_decay, 1.0);
  // The authors' formula for a data set of 1,000 groups of one example each.
  EXPECT_EQ(small.total_steps({.total_groups = 1000, .mean_puzzle_examples = 1}), 52083u);
  EXPECT_EQ(small.steps_between_evaluations({.total_groups = 1000, .mean_puzzle_examples = 1}), 5208u);

  const ReasoningTrainConfig mlp = load("trm_mlp_sudoku_1k.yaml");
  EXPECT_TRUE(mlp.arch.mlp_t);
  EXPECT_EQ(mlp.arch.L_cycles, 6);
  EXPECT_EQ(mlp.arch.puzzle_emb_len, 16);
  EXPECT_TRUE(mlp.ema);
  EXPECT_EQ(load("trm_maze_1k.yaml").arch.L_cycles, 4);
  EXPECT_EQ(load("hrm_arc1.yaml").optimizer.puzzle_emb_lr, 1e-2);
  EXPECT_EQ(load("direct_sudoku_1k.yaml").arch.halt_max_steps, 1);
}

TEST(Recipes, FaultsNameFileAndKey) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "mine.yaml";
  const auto fault = [&](std::string_view text) {
    write_file_atomic(path, text);
    try {
      ReasoningTrainConfig config;
      apply_recipe(config, path);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      return std::string(error.what());
    }
    return std::string();
  };
  const auto expect = [&](std::string_view text, std::initializer_list<const char*> parts) {
    const std::string message = fault(text);
    for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << text << ": " << message;
  };
  expect("learning_rate: 1", {"mine.yaml", "learning_rate"});
  expect("arch:\n  H_cycle: 2", {"mine.yaml", "arch.H_cycle", "did you mean 'arch.H_cycles'"});
  expect("arch.H_cycles: two", {"mine.yaml", "arch.H_cycles", "not an integer"});
  expect("preset: huge", {"huge", "trm-mlp"});
  expect("- 1", {"mine.yaml"});
  EXPECT_EQ(fault("preset: trm-mlp\nmax_steps: 5"), "");
}

TEST(Recipes, TheAuthorsConfigurationIsUnderstood) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "all_config.yaml";
  const std::string arch =
      "arch:\n  name: recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1\n  hidden_size: 64\n  loss:\n"
      "    name: losses@ACTLossHead\n    loss_type: softmax_cross_entropy\n";
  const auto apply = [&](const std::string& rest, ReasoningTrainConfig config = {}) {
    write_file_atomic(path, std::string_view(arch + rest));
    apply_recipe(config, path);
    return config;
  };
  testing::internal::CaptureStderr();
  const ReasoningTrainConfig trm = apply(
      "data_paths: [data/x]\ndata_paths_test: []\nema: true\nema_rate: 0.99\nevaluators: []\nfreeze_weights: false\n"
      "epochs: 70\neval_interval: null\nlr: 7.0e-05\nproject_name: P\nrun_name: null\nnovelty: 3\nseq_len: 36\n");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(trm.arch.shared_net && trm.arch.no_ACT_continue && trm.ema);
  EXPECT_EQ(trm.arch.hidden_size, 64);
  EXPECT_EQ(trm.arch.loss.loss_type, model::LossType::kSoftmax);
  EXPECT_EQ(trm.data_path, "data/x");
  EXPECT_EQ(trm.ema_rate, 0.99);
  EXPECT_EQ(trm.ema_ramp, 0);  // constant, as theirs
  EXPECT_EQ(trm.eval_interval, 70u);
  EXPECT_EQ(trm.optimizer.lr, 7e-5);
  EXPECT_FALSE(trm.augment || trm.eval_halting);
  EXPECT_NE(said.find("without effect here: project_name"), std::string::npos) << said;
  EXPECT_NE(said.find("unknown settings, ignored although they may affect the training: novelty"), std::string::npos)
      << said;
  EXPECT_FALSE(apply("lr: 1.0e-04\n").ema);  // HRM's program keeps no average and its file has no key
  EXPECT_EQ(apply("load_checkpoint: a/step_5\n").load_checkpoint, "a/step_5");
  EXPECT_EQ(apply("data_paths: [a, b]\n").data_path, "");  // --data says which
  for (const char* rest : {"freeze_weights: true\n", "data_paths_test: [data/y]\n", "epochs: many\n"})
    EXPECT_THROW(apply(rest), Error) << rest;
}

TEST(ReasoningTrainConfig, RefusesImpossibleValues) {
  const auto valid = [](std::string_view setting) {
    ReasoningTrainConfig config;
    config.data_path = "data";
    assign_field(config, setting);
    config.validate();
  };
  EXPECT_NO_THROW(valid("seed=1"));
  for (const char* setting :
       {"global_batch_size=0", "data_path=", "ema_rate=1", "lr_min_ratio=2", "log_steps=0", "curriculum.reveal=-1",
        "curriculum.segments=-1", "curriculum.segments=17", "curriculum.segments_until=1.5", "lr=-1",
        "arch.halt_max_steps=0", "eval_examples=-1", "eval_interval=0", "minutes=-1"})
    EXPECT_THROW(valid(setting), Error) << setting;
}

TEST(ReasoningTrainConfig, SurvivesItsJson) {
  ReasoningTrainConfig config, again;
  for (const char* setting : {"lr=0.003", "arch.mlp_t=true", "curriculum.reveal=0.25", "optimizer=muon"})
    assign_field(config, setting);
  EXPECT_TRUE(fields_from_json(again, Json::parse(fields_to_json(config).dump()), "config").empty());
  EXPECT_EQ(fields_to_json(again), fields_to_json(config));
}

TEST(ReasoningTrainConfig, SegmentsRiseFromTheCurriculumsStartToTheModelsLimit) {
  ReasoningTrainConfig config;
  config.arch.halt_max_steps = 16;
  for (const uint64_t step : {1, 500, 1000}) EXPECT_EQ(config.max_segments(step, 1000), 16) << "no curriculum";
  config.curriculum.segments = 2;
  config.curriculum.segments_until = 0.5;
  EXPECT_EQ(config.max_segments(1, 1000), 2);
  EXPECT_EQ(config.max_segments(250, 1000), 9);  // half of the way from 2 to 16
  EXPECT_EQ(config.max_segments(500, 1000), 16);
  EXPECT_EQ(config.max_segments(1000, 1000), 16);
  for (uint64_t step = 2; step <= 1000; ++step) {
    const int64_t rise = config.max_segments(step, 1000) - config.max_segments(step - 1, 1000);
    ASSERT_TRUE(rise == 0 || rise == 1) << "at step " << step;
  }
  config.curriculum.segments = 16;
  EXPECT_EQ(config.max_segments(1, 1000), 16);
  config.curriculum.segments = 1;
  config.curriculum.segments_until = 0;
  EXPECT_EQ(config.max_segments(1, 1000), 16);
  config.curriculum.segments_until = 1;
  EXPECT_EQ(config.max_segments(1, 1000), 1);
  EXPECT_EQ(config.max_segments(1000, 1000), 16);
}

TEST(ReasoningTrainConfig, EvaluatesTenTimesInAShortRun) {
  ReasoningTrainConfig config;
  config.max_steps = 1000;
  EXPECT_EQ(config.total_steps({}), 1000u);
  EXPECT_EQ(config.steps_between_evaluations({}), 100u);
  config.eval_steps = 7;
  EXPECT_EQ(config.steps_between_evaluations({}), 7u);
}

}  // namespace
}  // namespace hrm::solving
