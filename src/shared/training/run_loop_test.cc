#include "training/run_loop.h"

#include <gtest/gtest.h>

#include "base/signals.h"
#include "formats/jsonl.h"
#include "training/testing/toy_trainee.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

RunResult train(ToyTrainee& trainee, const fs::path& path, LoopOptions options = toy_options()) {
  options.resume = true;
  const RunFolder folder(path, RunMode::kResume);
  return run_loop(trainee, folder, options);
}

// The measurements of a run, without what depends on the clock or on how often it was stopped.
std::vector<Json> records(const fs::path& run) {
  std::vector<Json> all;
  for (JsonlReader lines(run / "log.jsonl"); lines.next();) {
    Json record = lines.value();
    record.erase("seconds");
    if (record["kind"] != "event") all.push_back(std::move(record));
  }
  return all;
}

struct Undisturbed {
  Undisturbed() { result = train(trainee, folder.path()); }
  TemporaryFolder folder;
  ToyTrainee trainee;
  RunResult result;
};

TEST(RunLoop, LogsEvaluatesAndSavesAtItsCadence) {
  const Undisturbed run;
  EXPECT_EQ(run.result.end, RunEnd::kFinished);
  EXPECT_EQ(run.result.step, 40u);
  EXPECT_EQ(run.result.evaluated_step, 40u);
  const auto all = records(run.folder.path());
  EXPECT_EQ(std::ranges::count(all, "train", [](const Json& r) { return r["kind"]; }), 13);
  EXPECT_EQ(std::ranges::count(all, "evaluation", [](const Json& r) { return r["kind"]; }), 4);
  EXPECT_EQ(all[0]["step"], 3);
  EXPECT_EQ(load_checkpoint(run.folder.path() / "last.safetensors").state["loop"]["step"], 40);
  EXPECT_EQ(load_checkpoint(run.folder.path() / "last.safetensors").state["config"]["lr"], 1);
}

TEST(RunLoop, KeepsTheBestModel) {
  const Undisturbed run;
  double best = -1, best_step = 0;
  for (const Json& record : records(run.folder.path())) {
    if (record["kind"] != "evaluation" || record["exact"] <= best) continue;
    best = record["exact"];
    best_step = record["step"];
  }
  EXPECT_EQ(static_cast<double>(run.result.best_step), best_step);
  EXPECT_EQ(run.result.best_score, std::vector<double>{best});
  EXPECT_TRUE(
      read_file(run.folder.path() / "model.safetensors").starts_with(fmt::format("model of step {},", best_step)));
}

TEST(RunLoop, ResumesWithTheSameBitsAtEveryStep) {
  const Undisturbed undisturbed;
  LoopOptions options = toy_options();
  options.save = {};  // only where it is stopped: syncing is slow
  options.save_after_evaluation = false;
  for (uint64_t stop = 1; stop < 40; ++stop) {
    const TemporaryFolder folder;
    ToyTrainee first, second;
    first.on_step = [&](uint64_t step) {
      if (step == stop) request_interrupt();
    };
    const RunResult stopped = train(first, folder.path(), options);
    ASSERT_EQ(stopped.end, RunEnd::kInterrupted);
    const RunResult result = train(second, folder.path(), options);
    EXPECT_EQ(result.end, RunEnd::kFinished);
    EXPECT_EQ(result.resumed_from, stopped.step);
    ASSERT_EQ(second.values(), undisturbed.trainee.values()) << "stopped at " << stop;
    ASSERT_EQ(records(folder.path()), records(undisturbed.folder.path())) << "stopped at " << stop;
    EXPECT_EQ(result.best_step, undisturbed.result.best_step);
  }
}

// A checkpoint decides what a later resume continues with, so it must not be older than the change.
TEST(RunLoop, ChangedSettingsAreInACheckpointBeforeTheNextStep) {
  const TemporaryFolder folder;
  LoopOptions options = toy_options();
  options.save = {};
  options.config = {{"max_steps", 40}};
  ToyTrainee first, second;
  first.on_step = [](uint64_t step) {
    if (step == 7) request_interrupt();
  };
  ASSERT_EQ(train(first, folder.path(), options).step, 7u);
  options.config = {{"max_steps", 60}};
  second.on_step = [&](uint64_t step) {
    if (step != 8) return;
    EXPECT_EQ(find_checkpoint(folder.path())->checkpoint.state["config"], options.config);
  };
  EXPECT_EQ(train(second, folder.path(), options).end, RunEnd::kFinished);
  const Undisturbed undisturbed;
  EXPECT_EQ(second.values(), undisturbed.trainee.values());
}

TEST(RunLoop, MakesUpForAnEvaluationThatWasCutShort) {
  const Undisturbed undisturbed;
  for (uint64_t stop : {20u, 40u}) {
    const TemporaryFolder folder;
    ToyTrainee first, second;
    first.on_evaluation = [&](uint64_t step) {
      if (step != stop) return;
      first.interrupt_evaluation = true;
      request_interrupt();
    };
    EXPECT_EQ(train(first, folder.path()).end, RunEnd::kInterrupted);
    train(second, folder.path());
    EXPECT_EQ(records(folder.path()), records(undisturbed.folder.path()));
    // All is saved: a further resume does nothing.
    ToyTrainee third;
    third.on_evaluation = [](uint64_t) { FAIL() << "evaluated again"; };
    EXPECT_EQ(train(third, folder.path()).last_evaluation.size(), 1u);
  }
}

TEST(RunLoop, StopsWhenTimeIsUpAndGoesOnWithMore) {
  const Undisturbed undisturbed;
  const TemporaryFolder folder;
  ToyTrainee first, second;
  first.on_step = [](uint64_t) { ::usleep(3000); };
  LoopOptions options = toy_options();
  options.minutes = 0.01 / 60;
  const RunResult stopped = train(first, folder.path(), options);
  EXPECT_EQ(stopped.end, RunEnd::kOutOfTime);
  EXPECT_EQ(stopped.evaluated_step, stopped.step);
  options.minutes = 0;
  EXPECT_EQ(train(second, folder.path(), options).end, RunEnd::kFinished);
  EXPECT_EQ(second.values(), undisturbed.trainee.values());
}

TEST(RunLoop, KeepsTheLastGoodStateFromNan) {
  const TemporaryFolder folder;
  ToyTrainee faulty;
  faulty.fault_at = 23;
  try {
    train(faulty, folder.path());
    FAIL() << "NaN went unnoticed";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 1);
    const std::string text = error.what();
    for (const char* part : {"step 23", "loss is nan", "last.safetensors of step 20", "lower lr"})
      EXPECT_NE(text.find(part), std::string::npos) << text;
  }
  const Undisturbed undisturbed;
  ToyTrainee healthy;
  EXPECT_EQ(train(healthy, folder.path()).resumed_from, 20u);
  EXPECT_EQ(healthy.values(), undisturbed.trainee.values());
}

TEST(RunLoop, NeverSavesWhatIsNotFinite) {
  const TemporaryFolder folder;
  ToyTrainee poisoned;
  poisoned.poison_at = 22;
  EXPECT_THROW(train(poisoned, folder.path()), Error);
  EXPECT_EQ(load_checkpoint(folder.path() / "last.safetensors").state["loop"]["step"], 20);
}

TEST(RunLoop, FallsBackToThePreviousCheckpointAndItsLog) {
  const Undisturbed undisturbed;
  const TemporaryFolder folder;
  ToyTrainee first, second;
  first.on_step = [](uint64_t step) {
    if (step == 27) request_interrupt();
  };
  train(first, folder.path());
  std::string damaged = read_file(folder.path() / "last.safetensors");
  damaged[damaged.size() - 5] ^= 1;
  write_file_atomic(folder.path() / "last.safetensors", damaged);
  EXPECT_EQ(train(second, folder.path()).resumed_from, 24u);
  EXPECT_EQ(second.values(), undisturbed.trainee.values());
  EXPECT_EQ(records(folder.path()), records(undisturbed.folder.path()));
}

}  // namespace
}  // namespace hrm::training
