// Training by several processes, here threads of this one: the same as by one, whatever their number.
#include <gtest/gtest.h>

#include <mutex>

#include "backends/testing/devices.h"
#include "base/error.h"
#include "base/files.h"
#include "base/testing/refused.h"
#include "solving/evaluator.h"
#include "solving/same_data.h"
#include "solving/testing/toy_data.h"
#include "solving/train_run.h"
#include "solving/trainer.h"
#include "training/checkpoint.h"
#include "training/testing/close_weights.h"
#include "training/testing/thread_collective.h"

namespace hrm::backends {
namespace {

using training::Collective;
using training::testing::ThreadJob;

class Distributed : public ::testing::TestWithParam<std::string> {
 protected:
  Distributed() { solving::write_toy_data(data()); }

  std::filesystem::path data() const { return folder_.path() / "data"; }
  solving::TrainRequest request(const std::string& out) const {
    return {
        .run = {.out = folder_.path() / out,
                .settings = {fmt::format("data_path={}", data().string()), "arch.hidden_size=32", "arch.num_heads=2",
                             "arch.H_layers=1", "arch.L_layers=1", "arch.halt_max_steps=3", "arch.puzzle_emb_ndim=32",
                             "arch.forward_dtype=float32", "global_batch_size=8", "max_steps=20", "lr=1e-4",
                             "log_steps=5", "lr_warmup_steps=1", "ema=true", "eval_interval=2", "eval_examples=0"},
                .progress = false},
        .preset = "hrm",
        .backend = {.device = GetParam(), .threads = 1}};
  }
  // Trains in `processes`, and returns the last checkpoint.
  training::Checkpoint run(solving::TrainRequest request, size_t processes) {
    ThreadJob(processes).run([&](Collective& all) {
      solving::TrainRequest mine = request;
      mine.processes = &all;
      solving::train(mine, make_backend);
    });
    return training::load_checkpoint(request.run.out / training::CheckpointNames::kLast);
  }
  training::Checkpoint run(const std::string& out, size_t processes) { return run(request(out), processes); }

  TemporaryFolder folder_;
};

// What may differ by rounding: all weights and states.
void expect_close(const training::Checkpoint& one, const training::Checkpoint& other) {
  ASSERT_EQ(one.tensors.size(), other.tensors.size());
  for (const auto& [name, tensor] : one.tensors) {
    const auto found = other.tensors.find(name);
    ASSERT_NE(found, other.tensors.end()) << name;
    if (tensor.dtype() == DType::kF32) continue;
    EXPECT_EQ(tensor, found->second) << name;  // examples, segments, halting: the same
  }
  training::testing::expect_close_weights(one.tensors, other.tensors, "weights.");
}

TEST_P(Distributed, TheNumberOfProcessesChangesRoundingAlone) {
  const training::Checkpoint one = run("one", 1);
  for (const size_t processes : {2, 3, 4})  // 8 slots do not divide by 3
    expect_close(one, run(fmt::format("of-{}", processes), processes));
}

TEST_P(Distributed, ARunRepeatsBitForBit) {
  const training::Checkpoint first = run("first", 3), second = run("second", 3);
  EXPECT_EQ(first.tensors, second.tensors);
}

TEST_P(Distributed, AnotherNumberOfProcessesTakesTheRunUp) {
  solving::TrainRequest part = request("part");
  part.run.settings.push_back("max_steps=9");
  EXPECT_NE(run(part, 4).tensors, run("whole", 4).tensors);
  solving::TrainRequest rest{.run = {.out = part.run.out,
                                     .mode = training::RunMode::kResume,
                                     .accept_changes = true,
                                     .settings = {"max_steps=20"},
                                     .progress = false},
                             .backend = {.device = GetParam(), .threads = 1}};
  expect_close(run("again", 1), run(rest, 2));
}

TEST_P(Distributed, TheRunGoesOnAsProcess0WasAsked) {
  solving::TrainRequest part = request("part");
  part.run.settings.push_back("max_steps=9");
  run(part, 2);
  ThreadJob(2).run([&](Collective& all) {
    solving::TrainRequest mine = part;
    mine.run.mode = all.is_root() ? training::RunMode::kResume : training::RunMode::kNew;
    mine.run.settings.push_back("max_steps=20");
    mine.run.accept_changes = true;
    mine.processes = &all;
    solving::train(mine, make_backend);
  });
  EXPECT_EQ(training::load_checkpoint(part.run.out / training::CheckpointNames::kLast).tensors,
            run("whole", 2).tensors);
}

TEST_P(Distributed, OtherPuzzlesInOneProcessAreRefused) {
  const auto set = puzzles::Dataset::open(data(), "test"), other = puzzles::Dataset::open(data(), "train");
  size_t refused = 0;
  std::mutex mutex;
  ThreadJob(3).run([&](Collective& all) {
    const std::string message = refusal([&] { solving::check_same_data(all, all.rank() == 1 ? &other : &set); });
    const std::string none = refusal([&] { solving::check_same_data(all, all.rank() == 2 ? nullptr : &set); });
    solving::check_same_data(all, &set);
    const std::lock_guard lock(mutex);
    refused += message.find("process 1 has other puzzles") != std::string::npos &&
               none.find("process 2 has other puzzles") != std::string::npos;
  });
  EXPECT_EQ(refused, 3u);
}

TEST_P(Distributed, ARefusalReachesAllProcesses) {
  run("taken", 1);
  size_t refused = 0;
  std::mutex mutex;
  ThreadJob(3).run([&](Collective& all) {
    solving::TrainRequest mine = request("taken");
    mine.processes = &all;
    try {
      solving::train(mine, make_backend);
    } catch (const Error& error) {
      const std::lock_guard lock(mutex);
      refused += error.exit_code() == 2 && std::string_view(error.what()).find("already") != std::string_view::npos;
    }
  });
  EXPECT_EQ(refused, 3u);
}

TEST_P(Distributed, EvaluationHasTheBitsOfOneProcess) {
  const auto dataset = puzzles::Dataset::open(data(), "test");
  model::ModelConfig config = tiny_model("hrm");
  config.data = {dataset.metadata().seq_len, dataset.metadata().vocab_size, dataset.metadata().num_puzzle_identifiers};
  const auto evaluated = [&](size_t processes, int64_t limit, size_t batch = 3) {
    std::string result;
    std::vector<int32_t> answers, told;
    ThreadJob(processes).run([&](Collective& all) {
      const auto backend = tiny_backend(GetParam(), config);
      std::vector<int32_t> seen;
      const solving::Evaluation evaluation =
          solving::evaluate(*backend, dataset,
                            {.batch = batch,
                             .limit = limit,
                             .keep_answers = true,
                             .on_answer = [&](int64_t example, std::span<const int32_t> answer,
                                              float) { seen.push_back(static_cast<int32_t>(example) + answer[0]); },
                             .progress = false,
                             .processes = &all});
      if (!all.is_root()) {
        EXPECT_TRUE(seen.empty());
        return;
      }
      Json json = solving::to_json(evaluation);
      json.erase("seconds");
      result = json.dump();
      answers = evaluation.answers;
      told = seen;
      std::ranges::sort(told);
    });
    return std::tuple(result, answers, told);
  };
  if (GetParam() == "aten" && evaluated(1, 0, 3) != evaluated(1, 0, 1))
    GTEST_SKIP() << "skipped: ATen's products depend on the batch on this processor, and so on the number of processes";
  for (const int64_t limit : {0, 7, 2})  // all, and fewer examples than processes
    for (const size_t processes : {2, 4})
      EXPECT_EQ(evaluated(processes, limit), evaluated(1, limit)) << processes << " processes, limit " << limit;
}

INSTANTIATE_TEST_SUITE_P(Backends, Distributed, ::testing::ValuesIn(devices()),
                         [](const auto& test) { return test_name(test.param); });

}  // namespace
}  // namespace hrm::backends
