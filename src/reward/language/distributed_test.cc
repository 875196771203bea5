// Training of decoders by several processes, here threads of this one: the same as by one, whatever their number.
#include <gtest/gtest.h>

#include <mutex>

#include "base/files.h"
#include "base/testing/refused.h"
#include "formats/jsonl.h"
#include "language/train.h"
#include "training/testing/close_weights.h"
#include "training/testing/thread_collective.h"

namespace hrm::language {
namespace {

using training::Collective;
using training::testing::ThreadJob;

class LanguageProcesses : public ::testing::Test {
 protected:
  LanguageProcesses() {
    JsonlOutput lines(folder_.path() / "texts.jsonl");
    for (int i = 0; i < 45; ++i)
      lines.write({{"prompt", fmt::format("{}+{}=", i, i % 7)}, {"completion", std::to_string(i + i % 7)}});
    lines.finish();
  }

  FineTuneRequest request(const std::string& out, std::vector<std::string> more = {}) const {
    const std::string data = Json({(folder_.path() / "texts.jsonl").string()}).dump();
    FineTuneRequest request{.run = {.out = folder_.path() / out, .progress = false}, .threads = 1};
    for (const std::string& setting :
         {"data=" + data, "held_out=" + data, std::string("tiny.hidden=32"), std::string("tiny.layers=1"),
          std::string("tiny.heads=2"), std::string("tiny.context=32"), std::string("max_steps=20"),
          std::string("batch_size=8"), std::string("lr=1e-3"), std::string("eval_steps=10")})
      request.run.settings.push_back(setting);
    request.run.settings.insert(request.run.settings.end(), more.begin(), more.end());
    return request;
  }
  // Trains in `processes`, and returns the last checkpoint.
  static training::Checkpoint run(const FineTuneRequest& request, size_t processes) {
    ThreadJob(processes).run([&](Collective& all) {
      FineTuneRequest mine = request;
      mine.processes = &all;
      train_policy(policy_train_defaults(true), mine);
    });
    return training::load_checkpoint(request.run.out / training::CheckpointNames::kLast);
  }
  static void expect_close(const training::Checkpoint& one, const training::Checkpoint& other) {
    training::testing::expect_close_weights(one.tensors, other.tensors, "parameter.");
  }

  TemporaryFolder folder_;
};

// 45 examples in batches of 8: the last of each epoch has five, and a sixth process no example of it.
TEST_F(LanguageProcesses, TheirNumberChangesRoundingAlone) {
  const training::Checkpoint one = run(request("one"), 1);
  for (const size_t processes : {2, 4, 6}) expect_close(one, run(request(fmt::format("of-{}", processes)), processes));
}

TEST_F(LanguageProcesses, AlsoWithATeacherMicroBatchesAndAdapters) {
  run(request("base", {"max_steps=3"}), 1);
  const std::vector<std::string> settings = {"from=" + (folder_.path() / "base" / "model").string(), "kl_weight=0.5",
                                             "micro_batch_tokens=24", "lora.rank=4"};
  const training::Checkpoint one = run(request("one", settings), 1);
  for (const size_t processes : {2, 4})
    expect_close(one, run(request(fmt::format("of-{}", processes), settings), processes));
}

TEST_F(LanguageProcesses, ARunRepeatsBitForBit) {
  const training::Checkpoint first = run(request("first"), 2), second = run(request("second"), 2);
  EXPECT_EQ(first.tensors, second.tensors);
}

TEST_F(LanguageProcesses, AnotherNumberTakesTheRunUpAsProcess0WasAsked) {
  const FineTuneRequest part = request("part", {"max_steps=20"});
  run(request("part", {"max_steps=9"}), 4);
  ThreadJob(2).run([&](Collective& all) {
    FineTuneRequest mine = part;
    mine.run.mode = all.is_root() ? training::RunMode::kResume : training::RunMode::kNew;
    mine.run.accept_changes = true;
    mine.processes = &all;
    const training::RunReport report = train_policy(policy_train_defaults(true), mine);
    EXPECT_EQ(report.run.resumed_from, 9U);
  });
  const Json state = training::load_checkpoint(part.run.out / training::CheckpointNames::kLast).state;
  EXPECT_EQ(state["trainee"]["processes"], 2);
  EXPECT_EQ(state["loop"]["step"], 20);
}

// Before the first step all have the same weights: each part is measured by one, and added in the same order.
TEST_F(LanguageProcesses, EvaluationsHaveTheBitsOfOne) {
  const auto measured = [&](size_t processes) {
    std::vector<double> values;
    std::mutex mutex;
    ThreadJob(processes).run([&](Collective& all) {
      ModelBundle bundle =
          tiny_bundle({.hidden_size = 16, .layers = 1, .heads = 2, .context = 32}, HeadKind::kToken, 1, 1);
      std::vector<Example> examples;
      for (int i = 0; i < 9; ++i)
        examples.push_back({.ids = std::vector<int32_t>(static_cast<size_t>(3 + i), i + 1),
                            .targets = {{.position = 2, .value = i % 2 ? 1.0F : 0.0F}}});
      FineTuneConfig config;
      config.loss = LossKind::kSoftLabels;
      config.micro_batch_tokens = 20;
      FineTuner tuner(bundle.model, examples, examples, {.config = config, .total_steps = 1, .processes = &all});
      const training::EvaluationReport report = tuner.evaluate(0);
      const std::lock_guard lock(mutex);
      std::vector<double> mine = report.score;
      for (const training::Scalar& scalar : report.values) mine.push_back(scalar.value);
      EXPECT_TRUE(values.empty() || mine == values);
      values = mine;
    });
    return values;
  };
  const std::vector<double> one = measured(1);
  EXPECT_EQ(one.size(), 4U);  // score, loss, accuracy, area
  for (const size_t processes : {2, 3, 8}) EXPECT_EQ(measured(processes), one) << processes;
}

TEST_F(LanguageProcesses, OtherFilesInOneProcessAreRefused) {
  const auto refused = [&](const std::function<void(std::vector<Example>&, uint64_t&)>& change) {
    size_t count = 0;
    std::mutex mutex;
    std::string message;
    ThreadJob(3).run([&](Collective& all) {
      std::vector<Example> examples = {language_example({1, 2, 3}, 1), language_example({4, 5}, 1)};
      uint64_t seed = 1;
      if (all.rank() == 1) change(examples, seed);
      ModelBundle bundle =
          tiny_bundle({.hidden_size = 16, .layers = 1, .heads = 2, .context = 32}, HeadKind::kLanguage, 1, seed);
      const std::string said =
          refusal([&] { FineTuner(bundle.model, examples, {}, {.config = {}, .total_steps = 1, .processes = &all}); });
      const std::lock_guard lock(mutex);
      count += said == message || message.empty();
      message = said;
    });
    EXPECT_EQ(count, 3U);
    return message;
  };
  EXPECT_EQ(refused([](auto&, auto&) {}), "accepted");
  EXPECT_NE(refused([](auto& examples, auto&) { examples[1].ids[0] = 6; }).find("process 1 has other training data"),
            std::string::npos);
  EXPECT_NE(refused([](auto&, auto& seed) { seed = 2; }).find("process 1 has another model"), std::string::npos);
}

}  // namespace
}  // namespace hrm::language
