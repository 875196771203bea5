#include "solving/train_run.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/files.h"
#include "base/signals.h"
#include "formats/jsonl.h"
#include "model/operations.h"
#include "solving/model_file.h"
#include "solving/testing/fake_backend.h"
#include "solving/testing/toy_data.h"
#include "solving/train_estimate.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;

// Runs a function at one training step.
class ScheduledBackend : public FakeBackend {
 public:
  ScheduledBackend(const model::ModelConfig& config, std::function<bool(int)> before)
      : FakeBackend(config), before_(std::move(before)) {}
  model::TrainOutput train_step(const model::Batch& batch, std::span<const uint8_t> last, model::Carry& carry,
                                const model::TrainOptions& options) override {
    const bool healthy = before_(++calls_);
    if (healthy) return FakeBackend::train_step(batch, last, carry, options);
    model::TrainOutput output = gradients(batch, last, carry, options).output;
    output.loss = NAN;
    output.applied = false;
    return output;
  }

 private:
  std::function<bool(int)> before_;
  int calls_ = 0;
};

BackendFactory factory(std::function<bool(int)> before) {
  return [=](const model::ModelConfig& config, const model::BackendOptions&) {
    return std::make_unique<ScheduledBackend>(config, before);
  };
}

class TrainRunTest : public testing::Test {
 protected:
  TrainRunTest() { write_toy_data(data()); }
  fs::path data() const { return folder_.path() / "data"; }

  TrainRequest request(const std::string& out, training::RunMode mode = training::RunMode::kNew) const {
    return {.run = {.out = folder_.path() / out,
                    .mode = mode,
                    .settings = {"data_path=" + data().string(), "arch.hidden_size=8", "arch.num_heads=2",
                                 "arch.H_layers=1", "arch.L_layers=1", "arch.halt_max_steps=3", "global_batch_size=8",
                                 "max_steps=60", "lr=0.5", "lr_warmup_steps=5", "eval_interval=3", "checkpoint_steps=7",
                                 "log_steps=4"},
                    .progress = false}};
  }
  // A request that says only where to continue.
  TrainRequest resume(const std::string& out, std::vector<std::string> settings = {}) const {
    return {.run = {.out = folder_.path() / out,
                    .mode = training::RunMode::kResume,
                    .settings = std::move(settings),
                    .progress = false}};
  }
  NamedTensors state(const std::string& out) const {
    return training::load_checkpoint(folder_.path() / out / "last.safetensors").tensors;
  }
  std::string fault(const TrainRequest& request, const BackendFactory& make = make_fake_backend) const {
    try {
      train(request, make);
    } catch (const Error& error) {
      return fmt::format("{} {}", error.exit_code(), error.what());
    }
    return "";
  }

  TemporaryFolder folder_;
};

#define EXPECT_CONTAINS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(TrainRunTest, LeavesAModelALogAndPictures) {
  const training::RunReport report = train(request("a"), make_fake_backend);
  EXPECT_EQ(report.run.end, training::RunEnd::kFinished);
  EXPECT_GT(report.run.best_score.at(0), 0.9);
  const fs::path run = folder_.path() / "a";
  for (const char* name : {"config.json", "last.safetensors", "previous.safetensors", "model.safetensors", "log.jsonl",
                           "curves.svg", "loss.svg", "report.json", "tensorboard"})
    EXPECT_TRUE(fs::exists(run / name)) << name;
  EXPECT_EQ(read_json(run / "report.json"), report.json);
  EXPECT_GT(report.json["evaluations"]["live"].size(), 0u);
  EXPECT_CONTAINS(report.table, "finished after 60 steps");

  const ModelFile model = load_model(run);
  EXPECT_EQ(model.config.arch.hidden_size, 8);
  EXPECT_EQ(model.provenance["step"], report.run.best_step);
  EXPECT_EQ(model.family["family"], "table");
}

TEST_F(TrainRunTest, SizesInTheAuthorsFileThatAreNotTheDatasAreNamed) {
  const fs::path recipe = folder_.path() / "all_config.yaml";
  write_file_atomic(recipe, std::string_view("seq_len: 900\narch:\n  name: trm.trm@TRM\n  puzzle_emb_ndim: 0\n"
                                             "  puzzle_emb_len: 0\n"));
  TrainRequest asked = request("sizes");
  asked.recipe = recipe;
  asked.run.settings.push_back("max_steps=1");
  testing::internal::CaptureStderr();
  train(asked, make_fake_backend);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("seq_len = 900, but the data set has"), std::string::npos) << said;
  EXPECT_EQ(said.find("vocab_size"), std::string::npos) << said;
}

TEST_F(TrainRunTest, InterruptedAndResumedEndsWithTheSameBits) {
  train(request("whole"), make_fake_backend);
  const auto interrupt_at = [](int step) {
    return factory([=](int call) {
      if (call == step) request_interrupt();
      return true;
    });
  };
  EXPECT_EQ(train(request("parts"), interrupt_at(17)).run.end, training::RunEnd::kInterrupted);
  EXPECT_EQ(train(resume("parts"), interrupt_at(20)).run.step, 37u);
  const training::RunReport last = train(resume("parts"), make_fake_backend);
  EXPECT_EQ(last.run.resumed_from, 37u);
  EXPECT_EQ(state("parts"), state("whole"));
  EXPECT_EQ(load_model(folder_.path() / "parts").weights, load_model(folder_.path() / "whole").weights);
}

TEST_F(TrainRunTest, CountsTheOperationsOfAllResumes) {
  TrainRequest parts = request("a");
  parts.run.settings.push_back("max_steps=20");
  train(parts, make_fake_backend);
  const training::RunReport report = train(resume("a", {"max_steps=60"}), make_fake_backend);
  const ModelFile model = load_model(folder_.path() / "a");
  const double per_step = 8 * model::training_operations(model.config);  // batch 8
  EXPECT_EQ(report.json["operations"], 60 * per_step);
  EXPECT_CONTAINS(report.table, "training operations");
  double last = 0;
  for (const char* kind : {"train", "evaluation"}) {
    JsonlReader lines(folder_.path() / "a/log.jsonl");
    while (lines.next()) {
      if (lines.value().value("kind", "") != kind) continue;
      last = lines.value().at("operations").get<double>();
      EXPECT_EQ(last, lines.value().at("step").get<double>() * per_step) << kind;
    }
    EXPECT_EQ(last, 60 * per_step) << kind;
  }

  // A checkpoint of before the count: as if its steps had been like today's.
  const fs::path newest = folder_.path() / "a/last.safetensors";
  training::Checkpoint old = training::load_checkpoint(newest);
  old.state["trainee"].erase("operations");
  training::save_checkpoint(newest, old);
  EXPECT_EQ(train(resume("a", {"max_steps=61"}), make_fake_backend).json["operations"], 61 * per_step);
}

TEST_F(TrainRunTest, EstimatesFromAFewStepsAndWritesNothing) {
  const TrainEstimate estimate = estimate_training(request("a"), make_fake_backend);
  ASSERT_TRUE(estimate.complete);
  EXPECT_FALSE(fs::exists(folder_.path() / "a"));
  const Json& json = estimate.json;
  EXPECT_EQ(json["sample_segments"], 480);
  EXPECT_DOUBLE_EQ(json["operations"], 480 * json["operations_per_sample_segment"].get<double>());
  EXPECT_DOUBLE_EQ(json["training_hours"], 60 * json["seconds_per_step"].get<double>() / 3600);
  EXPECT_GT(json["peak_mib"], 1);
  EXPECT_EQ(json["evaluation_examples"], 25);
  EXPECT_GE(json["evaluations"], 1);
  EXPECT_CONTAINS(estimate.table, "nothing was written");
  TrainRequest none = request("a");
  none.run.settings.push_back("data_path=" + (folder_.path() / "nowhere").string());
  EXPECT_THROW(estimate_training(none, make_fake_backend), Error);
  const InterruptScope scope;
  EXPECT_FALSE(estimate_training(request("a"), factory([](int) {
                                   request_interrupt();
                                   return true;
                                 }))
                   .complete);
}

TEST_F(TrainRunTest, KilledAndResumedEndsWithTheSameBits) {
  train(request("whole"), make_fake_backend);
  Rng rng(11);
  for (int attempt = 0, kills = 0; attempt < 60 && kills < 5; ++attempt) {
    const pid_t child = fork();
    if (child == 0) {
      TrainRequest again = request("killed", training::RunMode::kResume);
      _exit(fault(again).empty() ? 0 : 1);
    }
    ::usleep(static_cast<useconds_t>(rng.below(120'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    kills += WIFSIGNALED(status);
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
  }
  train(request("killed", training::RunMode::kResume), make_fake_backend);
  EXPECT_EQ(state("killed"), state("whole"));
}

TEST_F(TrainRunTest, RefusesARunThatIsThereAndChangesThatMatter) {
  train(request("a"), make_fake_backend);
  const std::string there = fault(request("a"));
  EXPECT_CONTAINS(there, "2 ");
  EXPECT_CONTAINS(there, "--resume");

  const std::string changed = fault(resume("a", {"lr=0.1", "log_steps=5", "arch.halt_max_steps=4"}));
  EXPECT_CONTAINS(changed, "lr: 0.5 -> 0.1");
  EXPECT_CONTAINS(changed, "arch.halt_max_steps");
  EXPECT_EQ(changed.find("log_steps"), std::string::npos);

  EXPECT_EQ(train(resume("a", {"max_steps=70", "log_steps=5"}), make_fake_backend).run.step, 70u);
  TrainRequest accepted = resume("a", {"max_steps=75", "lr=0.1"});
  accepted.run.accept_changes = true;
  EXPECT_EQ(train(accepted, make_fake_backend).run.step, 75u);
  EXPECT_EQ(train(resume("a"), make_fake_backend).run.step, 75u);  // and the changes are kept

  TrainRequest over = request("a", training::RunMode::kOverwrite);
  EXPECT_EQ(train(over, make_fake_backend).run.step, 60u);
}

TEST_F(TrainRunTest, BadInputLeavesNothingBehind) {
  TrainRequest wrong = request("b");
  wrong.run.settings.push_back("data_path=" + (folder_.path() / "nowhere").string());
  EXPECT_CONTAINS(fault(wrong), "nowhere");
  wrong = request("b");
  wrong.run.settings.push_back("arch.H_cicles=3");
  EXPECT_CONTAINS(fault(wrong), "did you mean 'arch.H_cycles'");
  EXPECT_CONTAINS(fault(resume("b")), "no run to resume");
  EXPECT_FALSE(fs::exists(folder_.path() / "b"));
}

TEST_F(TrainRunTest, NanNamesStepCheckpointAndRemedy) {
  const std::string text = fault(request("c"), factory([](int call) { return call != 30; }));
  for (const char* part : {"1 ", "step 30", "nan", "last.safetensors of step 28", "grad_clip", "float32"})
    EXPECT_CONTAINS(text, part);
  EXPECT_EQ(train(resume("c"), make_fake_backend).run.end, training::RunEnd::kFinished);
}

TEST_F(TrainRunTest, TheRemedyOfANanCanBeFollowed) {
  EXPECT_CONTAINS(fault(request("e"), factory([](int call) { return call != 30; })), "--accept-changes");
  TrainRequest changed = resume("e", {"arch.forward_dtype=float32", "grad_clip=1"});
  changed.run.accept_changes = true;
  EXPECT_EQ(train(changed, make_fake_backend).run.end, training::RunEnd::kFinished);
}

TEST_F(TrainRunTest, ResumeThatIsRefusedLeavesTheRunAsItWas) {
  TrainRequest short_run = request("f");
  short_run.run.settings.push_back("max_steps=20");
  train(short_run, make_fake_backend);
  const std::string before = read_file(folder_.path() / "f/config.json");
  TrainRequest other_model = resume("f", {"arch.hidden_size=16"});
  other_model.run.accept_changes = true;
  EXPECT_CONTAINS(fault(other_model), "another model");
  EXPECT_CONTAINS(fault(other_model), "(arch.hidden_size: 8 -> 16)");  // the one difference, not two configurations
  EXPECT_EQ(read_file(folder_.path() / "f/config.json"), before);
  EXPECT_EQ(train(resume("f", {"max_steps=30"}), make_fake_backend).run.step, 30u);
}

TEST_F(TrainRunTest, BeginsWithAnotherModel) {
  train(request("first"), make_fake_backend);
  const fs::path first = folder_.path() / "first";
  TrainRequest second = request("second");
  std::erase_if(second.run.settings, [](const std::string& s) { return s.starts_with("arch."); });
  second.run.settings.push_back("max_steps=1");
  second.run.settings.push_back("lr=0");
  second.init = first;
  const training::RunReport report = train(second, make_fake_backend);  // with the model's own architecture
  const ModelFile model = load_model(first), started = load_model(folder_.path() / "second");
  EXPECT_EQ(started.config.arch.hidden_size, 8);
  EXPECT_EQ(started.weights, model.weights);
  EXPECT_EQ(report.json["provenance"]["load_checkpoint"], first.string());

  TrainRequest alias = second;
  alias.run.out = folder_.path() / "third";
  alias.init.clear();
  alias.run.settings.push_back("load_checkpoint=" + (first / "model.safetensors").string());
  train(alias, make_fake_backend);
  EXPECT_EQ(load_model(folder_.path() / "third").weights, model.weights);

  TrainRequest itself = request("first", training::RunMode::kOverwrite);
  itself.init = first / "model.safetensors";
  EXPECT_CONTAINS(fault(itself), "choose another --out");
  EXPECT_TRUE(fs::exists(first / "model.safetensors"));
  // A resumed run continues from its checkpoint: the model it began with may be gone.
  fs::remove_all(first);
  EXPECT_EQ(train(resume("second", {"max_steps=2"}), make_fake_backend).run.step, 2u);
}

TEST_F(TrainRunTest, RefusesARunOfNoSteps) {
  TrainRequest none = request("g");
  none.run.settings.insert(none.run.settings.end(),
                           {"max_steps=0", "epochs=1", "global_batch_size=4096", "eval_interval=1000"});
  EXPECT_CONTAINS(fault(none), "epochs = 1");
}

TEST_F(TrainRunTest, KeepsTheNewestModelWithoutATestSplit) {
  write_toy_data(folder_.path() / "train_only", /*with_test=*/false);
  TrainRequest request = this->request("d");
  request.run.settings.push_back("data_path=" + (folder_.path() / "train_only").string());
  const training::RunReport report = train(request, make_fake_backend);
  EXPECT_EQ(report.run.best_step, 60u);
  EXPECT_EQ(load_model(folder_.path() / "d").provenance["step"], 60);
}

}  // namespace
}  // namespace hrm::solving
