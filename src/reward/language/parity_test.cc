// Equality with transformers on every model of $HRM_SHARED/fixtures/language, found in models.json; tolerances are
// those of the fixtures' README. Each test prints the largest deviation it saw.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/testing/paths.h"
#include "formats/safetensors.h"
#include "language/adamw.h"
#include "language/fine_tuning.h"
#include "language/generator.h"
#include "language/losses.h"
#include "language/model_io.h"
#include "language/text_scores.h"
#include "text/tokenizer_writer.h"
#include "torch/host.h"
#include "training/schedule.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

fs::path fixtures() { return shared_folder() / "fixtures" / "language"; }

NamedParameters read_tensors(const fs::path& path) {
  NamedParameters all;
  for (const auto& [name, tensor] : load_safetensors(path).tensors) all.emplace(name, torch::to_aten(tensor, at::kCPU));
  return all;
}

double deviation(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

void report(const std::string& what, double value) { fmt::print("  {}: largest deviation {:.2e}\n", what, value); }

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  if (!fs::exists(fixtures() / "models.json")) return names;
  const Json all = read_json(fixtures() / "models.json");
  for (const auto& [name, value] : all.at("models").items()) names.push_back(name);
  return names;
}

class LanguageParity : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    HRM_SKIP_WITHOUT(fixtures());
    folder_ = fixtures() / GetParam();
    all_ = read_json(fixtures() / "models.json");
    json_ = all_.at("models").at(GetParam());
    expected_ = read_tensors(folder_ / "expected.safetensors");
    model_ = load_model(folder_);
    tolerance_ = GetParam() == "llama_tied" ? 1e-4 : 3e-5;
  }

  const at::Tensor& tensor(const std::string& name) const { return expected_.at(name); }
  bool is_language() const { return model_.head == HeadKind::kLanguage; }

  // [B,T,V], [B,labels] or [B,T,labels]
  at::Tensor outputs(const Decoder& decoder, const Head& head, const at::Tensor& ids) const {
    at::Tensor hidden = decoder.hidden(ids);
    if (model_.head == HeadKind::kSequence) {
      std::vector<at::Tensor> pooled;
      for (int64_t b = 0; b < ids.size(0); ++b) {
        const std::vector<int64_t> row = torch::to_vector<int64_t>(ids[b]);
        pooled.push_back(hidden[b][pooled_position(row, model_.config.pad_token_id)]);
      }
      hidden = at::stack(pooled);
    }
    return head(decoder, hidden);
  }

  // The loss that models.json records for this kind of model.
  at::Tensor loss(const at::Tensor& outputs, const at::Tensor& labels) const {
    if (is_language()) return shifted_language_loss(outputs, labels);
    const at::Tensor flat = outputs.reshape({-1, outputs.size(-1)}), all = labels.flatten();
    const at::Tensor used = (all != -100).nonzero().squeeze(1);
    const LossTargets targets{.values = all.index_select(0, used).to(at::kFloat), .trials = {}};
    const LossKind kind = flat.size(1) == 1 ? LossKind::kSquaredError : LossKind::kCrossEntropy;
    return loss_sum(kind, flat.index_select(0, used), targets) / used.size(0);
  }

  at::Tensor real_positions(const at::Tensor& outputs) const {
    return outputs.dim() == 2 ? outputs : outputs.index({tensor("eval.attention_mask") == 1});
  }

  std::vector<at::Tensor> gradients(const Decoder& decoder, const Head& head, const std::string& prefix,
                                    double& loss_value) {
    std::vector<at::Tensor> inputs;
    for (auto& [name, parameter] : model_.parameters) inputs.push_back(parameter.requires_grad_(true));
    const at::Tensor value = loss(outputs(decoder, head, tensor(prefix + "input_ids")), tensor(prefix + "labels"));
    loss_value = value.item<double>();
    return ::torch::autograd::grad({value}, inputs);
  }

  void expect_after() const {
    int64_t all = 0, above = 0;
    double worst = 0;
    for (const auto& [name, parameter] : model_.parameters) {
      const at::Tensor off = (parameter.detach() - tensor("after." + name)).abs();
      all += off.numel();
      above += (off > 1e-5).sum().item<int64_t>();
      worst = std::max(worst, off.max().item<double>());
    }
    report(fmt::format("{} after five steps, {} of {} above 1e-5", GetParam(), above, all), worst);
    EXPECT_LE(static_cast<double>(above), 0.001 * static_cast<double>(all));
    EXPECT_LE(worst, 5e-4);
  }

  std::vector<Example> examples_of(const std::string& prefix) const {
    const at::Tensor ids = tensor(prefix + "input_ids"), labels = tensor(prefix + "labels");
    std::vector<Example> all;
    for (int64_t b = 0; b < ids.size(0); ++b) {
      const std::vector<int64_t> row = torch::to_vector<int64_t>(ids[b]);
      Example& example = all.emplace_back();
      example.ids.assign(row.begin(), row.end());
      if (model_.head == HeadKind::kSequence) {
        const auto position = static_cast<int32_t>(pooled_position(row, model_.config.pad_token_id));
        example.targets = {{.position = position, .value = labels[b].item<float>()}};
        continue;
      }
      const int64_t shift = is_language() ? 1 : 0;
      for (int64_t t = shift; t < labels.size(1); ++t)
        if (const auto label = labels[b][t].item<int64_t>(); label != -100)
          example.targets.push_back({.position = static_cast<int32_t>(t - shift), .value = static_cast<float>(label)});
    }
    return all;
  }

  fs::path folder_;
  Json all_, json_;
  NamedParameters expected_;
  LanguageModel model_;
  double tolerance_ = 0;
};

TEST_P(LanguageParity, LogitsOfBothConfigurationForms) {
  const at::NoGradGuard no_grad;
  for (const char* file : {"config.json", "config_v5.json"}) {
    const DecoderConfig config = load_decoder_config(folder_ / file);
    EXPECT_EQ(printable(fields_to_json(config)), printable(fields_to_json(model_.config))) << file;
    const Decoder decoder(config, model_.parameters);
    const Head head(model_.head, config, model_.parameters);
    const at::Tensor mine = outputs(decoder, head, tensor("eval.input_ids"));
    ASSERT_EQ(mine.sizes(), tensor("eval.logits").sizes());
    const double off = deviation(real_positions(mine), real_positions(tensor("eval.logits")));
    report(GetParam() + " " + file, off);
    EXPECT_LT(off, tolerance_);
  }
}

TEST_P(LanguageParity, GreedyTextItsLogProbabilitiesAndThoseOfGivenTexts) {
  if (!is_language()) GTEST_SKIP() << "a reward head predicts no tokens";
  const auto tokens = [&](const at::Tensor& row) {
    const std::vector<int64_t> ids = torch::to_vector<int64_t>(row.contiguous());
    return std::vector<int32_t>(ids.begin(), ids.end());
  };
  const std::vector<int32_t> prompt = tokens(tensor("generate.prompt")), wanted = tokens(tensor("generate.output"));
  // Its own end tokens are left aside: the fixture continues to a given length.
  ModelBundle bundle{.model = model_,
                     .tokenizer_spec = text::byte_spec(),
                     .tokenizer = text::Tokenizer(text::byte_spec(), "bytes"),
                     .tokenizer_config = {},
                     .end_tokens = {}};
  Generator generator(bundle);
  generator.add(1, {.prompt = prompt,
                    .choices = 2,
                    .max_tokens = std::ssize(wanted),
                    .sampling = {.temperature = 0},
                    .stop = {},
                    .logprobs = true});
  std::vector<Generator::Finished> done;
  while (!generator.idle())
    for (Generator::Finished& each : generator.step()) done.push_back(std::move(each));
  ASSERT_EQ(done.size(), 1U);
  const std::vector<float> logprobs = torch::to_vector<float>(tensor("generate.logprob").contiguous());
  for (const Generation& choice : done[0].choices) {
    EXPECT_EQ(choice.ids, wanted);
    double off = 0;
    for (size_t i = 0; i < logprobs.size(); ++i)
      off = std::max<double>(off, std::abs(logprobs[i] - choice.logprobs[i]));
    report(GetParam() + " log-probabilities of the greedy text", off);
    EXPECT_LT(off, tolerance_);
  }

  std::vector<ScoredText> texts;
  for (int64_t i = 0; i < tensor("score.continuation").size(0); ++i) {
    ScoredText& text = texts.emplace_back(ScoredText{.ids = prompt, .first = prompt.size()});
    for (const int32_t id : tokens(tensor("score.continuation")[i])) text.ids.push_back(id);
  }
  const auto found = log_probabilities(Decoder(model_.config, model_.parameters), texts);
  for (size_t i = 0; i < found.size(); ++i) {
    const at::Tensor mine = torch::to_aten(std::span<const float>(found[i]), {std::ssize(found[i])}, at::kCPU);
    const double off = deviation(mine, tensor("score.logprob")[static_cast<int64_t>(i)]);
    report(GetParam() + " log-probabilities of a given text", off);
    EXPECT_LT(off, tolerance_);
  }
}

TEST_P(LanguageParity, LossAndGradientsWithAndWithoutRecomputation) {
  for (const bool recompute : {false, true}) {
    const Decoder decoder(model_.config, model_.parameters, {.recompute = recompute});
    const Head head(model_.head, model_.config, model_.parameters);
    double value = 0, worst = 0;
    const std::vector<at::Tensor> mine = gradients(decoder, head, "eval.", value);
    EXPECT_NEAR(value, json_.at("loss").get<double>(), 1e-5);
    size_t i = 0;
    for (const auto& [name, parameter] : model_.parameters) {
      const at::Tensor& golden = tensor("grad." + name);
      const double off = deviation(mine[i++], golden) / golden.abs().max().item<double>();
      EXPECT_LT(off, 2e-5) << name;
      worst = std::max(worst, off);
    }
    report(GetParam() + " gradients", worst);
  }
}

TEST_P(LanguageParity, FiveOptimizerSteps) {
  const Json& o = all_.at("optimizer");
  const bool trainer = json_.at("decay_rule") == "trainer";
  AdamW optimizer({.lr = o.at("lr"),
                   .beta1 = o.at("betas")[0],
                   .beta2 = o.at("betas")[1],
                   .eps = o.at("eps"),
                   .weight_decay = o.at("weight_decay"),
                   .decay_rule = trainer ? DecayRule::kTrainer : DecayRule::kAll,
                   .max_grad_norm = o.at("clip_norm")},
                  model_.parameters);
  std::vector<std::string> kept;
  for (const auto& [name, parameter] : model_.parameters)
    if (trainer && is_norm_or_bias(name)) kept.push_back(name);
  EXPECT_EQ(kept, json_.at("not_decayed").get<std::vector<std::string>>());
  const Decoder decoder(model_.config, model_.parameters);
  const Head head(model_.head, model_.config, model_.parameters);
  const training::LearningRateSchedule schedule{
      .warmup_steps = o.at("warmup_steps"), .total_steps = o.at("total_steps"), .min_ratio = 0};
  for (uint64_t step = 0; step < json_.at("steps").size(); ++step) {
    const Json& golden = json_.at("steps")[step];
    double value = 0;
    std::vector<at::Tensor> g = gradients(decoder, head, fmt::format("train.{}.", step), value);
    const double factor = training::learning_rate_factor(schedule, step);
    EXPECT_NEAR(factor * o.at("lr").get<double>(), golden.at("lr").get<double>(), 1e-12);
    EXPECT_NEAR(value, golden.at("loss").get<double>(), 1e-5) << step;
    const double norm = gradient_norm(g), wanted = golden.at("grad_norm").get<double>();
    optimizer.step(g, norm, factor);
    EXPECT_NEAR(norm, wanted, 1e-5 * wanted) << step;
  }
  expect_after();
}

// The same five steps, as the trainee of a run takes them.
TEST_P(LanguageParity, FiveStepsOfTheFineTuner) {
  const Json& o = all_.at("optimizer");
  FineTuneConfig config;
  config.optimizer = {.lr = o.at("lr"),
                      .beta1 = o.at("betas")[0],
                      .beta2 = o.at("betas")[1],
                      .eps = o.at("eps"),
                      .weight_decay = o.at("weight_decay"),
                      .decay_rule = json_.at("decay_rule") == "trainer" ? DecayRule::kTrainer : DecayRule::kAll,
                      .max_grad_norm = o.at("clip_norm")};
  const auto total = o.at("total_steps").get<uint64_t>();
  config.warmup_ratio = o.at("warmup_steps").get<double>() / static_cast<double>(total);
  config.micro_batch_tokens = 30;
  const size_t steps = json_.at("steps").size();
  std::vector<Example> examples;
  std::vector<std::vector<size_t>> batches(steps);
  for (size_t step = 0; step < steps; ++step)
    for (Example& example : examples_of(fmt::format("train.{}.", step))) {
      if (example.targets.empty()) continue;  // a row without a label
      batches[step].push_back(examples.size());
      examples.push_back(std::move(example));
    }
  if (Head(model_.head, model_.config, model_.parameters).outputs() == 1) config.loss = LossKind::kSquaredError;
  FineTuner tuner(model_, examples, {}, {.config = config, .total_steps = total});
  for (uint64_t step = 0; step < steps; ++step) {
    const training::StepReport report = tuner.step_on(batches[step], step + 1);
    ASSERT_EQ(report.fault, "");
    const Json& golden = json_.at("steps")[step];
    EXPECT_NEAR(report.measurements[0].sum / report.measurements[0].weight, golden.at("loss").get<double>(), 1e-5);
    EXPECT_NEAR(report.measurements[1].sum, golden.at("grad_norm").get<double>(),
                2e-5 * golden.at("grad_norm").get<double>());
    EXPECT_NEAR(report.measurements[2].sum, golden.at("lr").get<double>(), 1e-12);
  }
  expect_after();
}

TEST_P(LanguageParity, GreedyIdsAndLogProbabilities) {
  if (!is_language()) GTEST_SKIP() << "skipped: not a language model";
  const at::NoGradGuard no_grad;
  const Decoder decoder(model_.config, model_.parameters);
  KvCache cache(1);
  at::Tensor ids = tensor("generate.prompt").unsqueeze(0);
  std::vector<int64_t> output;
  std::vector<float> logprobs;
  while (std::ssize(output) < tensor("generate.output").size(0)) {
    const int64_t count = ids.size(1);
    const at::Tensor logits = decoder.logits(decoder.hidden(ids, std::span(&count, 1), cache))[0][count - 1];
    output.push_back(logits.argmax().item<int64_t>());
    logprobs.push_back(at::log_softmax(logits, -1)[output.back()].item<float>());
    ids = at::full({1, 1}, output.back(), at::kLong);
  }
  EXPECT_EQ(output, torch::to_vector<int64_t>(tensor("generate.output")));
  const double off = deviation(at::tensor(logprobs), tensor("generate.logprob"));
  report(GetParam() + " greedy log-probabilities", off);
  EXPECT_LT(off, tolerance_);
}

// Continuations of one prompt, in one call after a shared prefix.
TEST_P(LanguageParity, ContinuationsBehindASharedPrefix) {
  if (!is_language()) GTEST_SKIP() << "skipped: not a language model";
  const at::NoGradGuard no_grad;
  const Decoder decoder(model_.config, model_.parameters);
  const at::Tensor prompt = tensor("generate.prompt").unsqueeze(0), continuation = tensor("score.continuation");
  KvCache root(1);
  const int64_t length = prompt.size(1);
  const at::Tensor last = decoder.logits(decoder.hidden(prompt, std::span(&length, 1), root))[0][length - 1];
  KvCache cache = root.branch(0, continuation.size(0));
  const std::vector<int64_t> counts(static_cast<size_t>(continuation.size(0)), continuation.size(1));
  const at::Tensor logits = decoder.logits(decoder.hidden(continuation, counts, cache));
  const at::Tensor before =
      at::cat({last.expand({continuation.size(0), 1, -1}), logits.narrow(1, 0, logits.size(1) - 1)}, 1);
  const double off = deviation(token_log_probabilities(before, continuation), tensor("score.logprob"));
  report(GetParam() + " continuations", off);
  EXPECT_LT(off, tolerance_);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, LanguageParity, testing::ValuesIn(model_names()),
                         [](const auto& name) { return name.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LanguageParity);

}  // namespace
}  // namespace hrm::language
