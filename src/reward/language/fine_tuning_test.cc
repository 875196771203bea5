#include "language/fine_tuning.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "base/rng.h"
#include "base/signals.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

// Tiny products on several threads cost more in waiting than in work where the machine is busy.
[[maybe_unused]] const bool one_thread_when_tuning = (at::set_num_threads(1), true);

DecoderConfig tuned_config() {
  DecoderConfig config;
  config.hidden_size = 32;
  config.intermediate_size = 48;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  config.head_dim = 8;
  config.vocab_size = 30;
  config.max_position_embeddings = 24;
  config.tie_word_embeddings = true;
  return config;
}

LanguageModel tiny_model(uint64_t seed = 1) {
  return initial_model(tuned_config(), HeadKind::kLanguage, 0, {.seed = seed});
}

// Counting upwards: what follows is what was there plus one.
std::vector<Example> counting(size_t count, uint64_t seed = 5) {
  std::vector<Example> all;
  Rng rng(seed);
  for (size_t i = 0; i < count; ++i) {
    std::vector<int32_t> ids = {static_cast<int32_t>(rng.below(30))};
    for (uint64_t n = 3 + rng.below(15); n > 0; --n) ids.push_back((ids.back() + 1) % 30);
    all.push_back(language_example(std::move(ids), rng.below(2) * 2));
    all.back().weight = i % 3 == 0 ? 2 : 1;
  }
  return all;
}

FineTuneConfig tiny_training() {
  FineTuneConfig config;
  config.optimizer.lr = 3e-3;
  config.batch_size = 8;
  config.warmup_ratio = 0.1;
  return config;
}

std::vector<size_t> first(size_t n) {
  std::vector<size_t> all(n);
  for (size_t i = 0; i < n; ++i) all[i] = i;
  return all;
}

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::kBadInput);
    return error.what();
  }
  return "nothing thrown";
}

TEST(ExampleBatches, EachExampleOncePerEpochAndLittlePadding) {
  const std::vector<Example> examples = counting(203);
  ExampleBatches batches(examples, 8, 3), again(examples, 8, 3), other(examples, 8, 4);
  EXPECT_EQ(batches.per_epoch(), 26u);
  bool differs = false;
  for (uint64_t epoch = 0; epoch < 2; ++epoch) {
    std::multiset<size_t> seen;
    uint64_t real = 0, padded = 0;
    for (uint64_t i = 1; i <= 26; ++i) {
      const auto batch = batches.batch(epoch * 26 + i);
      seen.insert(batch.begin(), batch.end());
      const auto same = again.batch(epoch * 26 + i), others = other.batch(epoch * 26 + i);
      EXPECT_TRUE(std::ranges::equal(batch, same));
      differs |= !std::ranges::equal(batch, others);
      size_t longest = 0;
      for (const size_t k : batch) longest = std::max(longest, examples[k].ids.size());
      for (const size_t k : batch) real += examples[k].ids.size();
      padded += longest * batch.size();
    }
    EXPECT_EQ(seen.size(), 203u);
    EXPECT_EQ(std::set<size_t>(seen.begin(), seen.end()).size(), 203u);
    EXPECT_LT(static_cast<double>(padded), 1.1 * static_cast<double>(real));
  }
  EXPECT_TRUE(differs);
}

TEST(ExampleBatches, AnyStepCanBeAskedFirst) {
  const std::vector<Example> examples = counting(50);
  ExampleBatches walked(examples, 8, 3), jumped(examples, 8, 3);
  for (uint64_t step = 1; step < 17; ++step) walked.batch(step);
  EXPECT_TRUE(std::ranges::equal(walked.batch(17), jumped.batch(17)));
}

class FineTuning : public testing::TestWithParam<bool> {};  // with a teacher

// Parts of one example each, whole, and whole with recomputation.
TEST_P(FineTuning, PartsGiveTheGradientsOfTheWholeBatch) {
  const std::vector<Example> examples = counting(12);
  const LanguageModel teacher = tiny_model(9);
  std::vector<std::vector<at::Tensor>> all;
  std::vector<double> values;
  for (const auto& [tokens, recompute] : {std::pair<uint64_t, bool>{0, false}, {40, false}, {1, false}, {0, true}}) {
    FineTuneConfig config = tiny_training();
    config.micro_batch_tokens = tokens;
    config.recompute = recompute;
    if (GetParam()) config.kl_weight = 0.7;
    LanguageModel model = tiny_model();
    FineTuner tuner(model, examples, {},
                    {.config = config, .total_steps = 1, .teacher = GetParam() ? &teacher : nullptr});
    values.push_back(tuner.gradients(first(12), all.emplace_back()));
  }
  for (size_t run = 1; run < all.size(); ++run) {
    EXPECT_NEAR(values[run], values[0], 1e-5);
    for (size_t i = 0; i < all[0].size(); ++i) {
      const double off = (all[run][i] - all[0][i]).abs().max().item<double>();
      EXPECT_LT(off, 1e-5 * std::max(1e-2, all[0][i].abs().max().item<double>())) << run << " " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Teacher, FineTuning, testing::Bool());

TEST(FineTuning, AStudentThatIsItsTeacherHasNoDivergence) {
  const std::vector<Example> examples = counting(12);
  LanguageModel model = tiny_model(), same = tiny_model();
  FineTuneConfig config = tiny_training();
  std::vector<at::Tensor> plain, held;
  const double loss = FineTuner(same, examples, {}, {.config = config, .total_steps = 1}).gradients(first(12), plain);
  config.kl_weight = 3;
  FineTuner tuner(model, examples, {}, {.config = config, .total_steps = 1, .teacher = &same});
  EXPECT_NEAR(tuner.gradients(first(12), held), loss, 1e-5);
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(at::allclose(plain[i], held[i], 1e-4, 1e-6));
}

TEST(FineTuning, Learns) {
  const std::vector<Example> train = counting(200), held_out = counting(30, 6);
  LanguageModel model = tiny_model();
  FineTuneConfig config = tiny_training();
  FineTuner tuner(model, train, held_out, {.config = config, .total_steps = 100});
  const double before = tuner.evaluate(0).values[0].value;
  for (uint64_t step = 1; step <= 100; ++step) ASSERT_EQ(tuner.step(step).fault, "");
  const double after = tuner.evaluate(100).values[0].value;
  EXPECT_LT(after, before / 4) << before;
}

class Resume : public testing::TestWithParam<std::string> {
 protected:
  FineTuneConfig config() const {
    FineTuneConfig config = tiny_training();
    if (GetParam() == "lora") config.lora.rank = 2;
    if (GetParam() == "bfloat16") config.dtype = TrainType::kBFloat16;
    config.max_steps = 9;
    config.eval_steps = 3;
    return config;
  }
};

TEST_P(Resume, GivesTheSameBits) {
  const std::vector<Example> examples = counting(40), held_out = counting(5, 6);
  const auto run = [&](const std::filesystem::path& path, uint64_t stop, bool resume) {
    LanguageModel model = tiny_model();
    FineTuner tuner(model, examples, held_out, {.config = config(), .total_steps = 9});
    const training::RunFolder folder(path, resume ? training::RunMode::kResume : training::RunMode::kNew);
    training::LoopOptions options = fine_tune_loop_options(config(), 9, folder);
    options.total_steps = stop;
    options.progress = false;
    options.resume = resume;
    training::run_loop(tuner, folder, options);
    return tuner.save().tensors;
  };
  const TemporaryFolder folder;
  const NamedTensors whole = run(folder.path() / "whole", 9, false);
  run(folder.path() / "halves", 4, false);
  const NamedTensors resumed = run(folder.path() / "halves", 9, true);
  ASSERT_EQ(whole.size(), resumed.size());
  for (const auto& [name, tensor] : whole) EXPECT_EQ(tensor, resumed.at(name)) << name;
  const LanguageModel saved = load_model(model_folder(folder.path() / "halves"));
  EXPECT_EQ(saved.parameters.size(), tiny_model().parameters.size());
  EXPECT_EQ(std::filesystem::exists(folder.path() / "halves" / "adapter" / "adapter_config.json"),
            GetParam() == "lora");
}

INSTANTIATE_TEST_SUITE_P(Kinds, Resume, testing::Values("plain", "lora", "bfloat16"),
                         [](const auto& kind) { return kind.param; });

TEST(FineTuning, AdaptersAloneAreTrainedAndMergeIntoTheSavedModel) {
  const std::vector<Example> examples = counting(40);
  LanguageModel model = tiny_model();
  const LanguageModel before = tiny_model();
  FineTuneConfig config = tiny_training();
  config.lora.rank = 2;
  FineTuner tuner(model, examples, {}, {.config = config, .total_steps = 5});
  for (uint64_t step = 1; step <= 5; ++step) ASSERT_EQ(tuner.step(step).fault, "");
  EXPECT_EQ(tuner.trained().size(), 2 * 7 * 2u);
  for (const auto& [name, tensor] : before.parameters)
    EXPECT_TRUE(at::equal(tensor, model.parameters.at(name))) << name;
  const TemporaryFolder folder;
  tuner.save_model(folder.path() / "model.safetensors", 5);
  const LanguageModel merged = load_model(model_folder(folder.path()));
  const at::NoGradGuard no_grad;
  const at::Tensor ids = at::arange(10, at::kLong).unsqueeze(0);
  EXPECT_TRUE(
      at::allclose(Decoder(merged.config, merged.parameters).hidden(ids), tuner.decoder().hidden(ids), 1e-4, 1e-5));
  EXPECT_FALSE(
      at::allclose(Decoder(before.config, before.parameters).hidden(ids), tuner.decoder().hidden(ids), 1e-4, 1e-5));
}

TEST(FineTuning, ScoresOfAHeadAreMeasured) {
  std::vector<Example> examples;
  for (int32_t i = 0; i < 64; ++i)
    examples.push_back({.ids = {i % 30, (i * 7) % 30, i % 2}, .targets = {{.position = 2, .value = float(i % 2)}}});
  LanguageModel model = initial_model(tuned_config(), HeadKind::kSequence, 1, {.seed = 1});
  FineTuneConfig config = tiny_training();
  config.loss = LossKind::kSquaredError;
  FineTuner tuner(model, examples, examples, {.config = config, .total_steps = 60});
  for (uint64_t step = 1; step <= 60; ++step) ASSERT_EQ(tuner.step(step).fault, "");
  const auto report = tuner.evaluate(60);
  EXPECT_GT(training::scalar_or(report.values, "accuracy", 0), 0.95);
  EXPECT_GT(training::scalar_or(report.values, "auc", 0), 0.99);
}

TEST(FineTuning, ANanIsAFaultAndChangesNothing) {
  const std::vector<Example> examples = counting(8);
  LanguageModel model = tiny_model();
  FineTuner tuner(model, examples, {}, {.config = tiny_training(), .total_steps = 5});
  const at::NoGradGuard no_grad;
  model.parameters.at("model.norm.weight").detach()[0] = NAN;
  const NamedTensors before = tuner.save().tensors;
  const at::AutoGradMode with_grad(true);
  EXPECT_EQ(tuner.step(1).fault, "loss is nan");
  const NamedTensors after = tuner.save().tensors;
  for (const auto& [name, tensor] : before)
    EXPECT_TRUE(std::ranges::equal(tensor.bytes(), after.at(name).bytes())) << name;
}

TEST(FineTuning, RefusesExamplesThatDoNotFit) {
  const auto refused = [](Example example, LossKind loss = LossKind::kCrossEntropy, int64_t outputs = 30) {
    const DecoderConfig config = tuned_config();
    return message_of([&] { check_example(example, {.config = config, .loss = loss, .outputs = outputs}, "row 7"); });
  };
  const auto labeled = [](float value, float trials = 0) {
    return Example{.ids = {1, 2}, .targets = {{.position = 1, .value = value, .trials = trials}}};
  };
  EXPECT_NE(refused({}).find("row 7: the text is empty"), std::string::npos);
  EXPECT_NE(refused(language_example(std::vector<int32_t>(25, 1), 0)).find("25 tokens exceed the limit of 24"),
            std::string::npos);
  EXPECT_NE(refused(language_example({1, 30}, 0)).find("token 30 is not one of"), std::string::npos);
  EXPECT_NE(refused(language_example({1}, 0)).find("nothing to learn"), std::string::npos);
  EXPECT_NE(refused({.ids = {1}, .targets = {{.position = 1}}}).find("position 1 of a text of 1"), std::string::npos);
  EXPECT_NE(refused(labeled(2), LossKind::kCrossEntropy, 2).find("label 2 is not one"), std::string::npos);
  EXPECT_NE(refused(labeled(0.5), LossKind::kCrossEntropy, 2).find("label 0.5 is not one"), std::string::npos);
  EXPECT_NE(refused(labeled(1.5), LossKind::kSoftLabels, 1).find("not between 0 and 1"), std::string::npos);
  EXPECT_NE(refused(labeled(NAN), LossKind::kSquaredError, 1).find("finite"), std::string::npos);
  EXPECT_NE(refused(labeled(3, 2), LossKind::kBetaBinomial, 2).find("3 successes of 2"), std::string::npos);
}

TEST(FineTuning, RefusesATeacherOfAnotherVocabulary) {
  const std::vector<Example> examples = counting(8);
  DecoderConfig other = tuned_config();
  other.vocab_size = 31;
  const LanguageModel teacher = initial_model(other, HeadKind::kLanguage, 0, {.seed = 1});
  LanguageModel model = tiny_model();
  FineTuneConfig config = tiny_training();
  config.kl_weight = 1;
  EXPECT_NE(message_of([&] {
              FineTuner(model, examples, {}, {.config = config, .total_steps = 1, .teacher = &teacher});
            }).find("of the student's 30 tokens, it has 31"),
            std::string::npos);
  EXPECT_NE(message_of([&] { FineTuner(model, examples, {}, {.config = config, .total_steps = 1}); }).find("without a"),
            std::string::npos);
}

}  // namespace
}  // namespace hrm::language
