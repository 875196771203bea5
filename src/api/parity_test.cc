// Equality of every backend of this build with the authors' programs in float32: every golden case that is found, in
// every respect that it records. Tolerances are those of the fixtures' README. Each test prints the largest deviation
// it saw.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "api/backend_factory.h"
#include "api/golden.h"
#include "base/testing.h"
#include "engine/weights.h"
#include "formats/csv.h"
#include "formats/zst.h"
#include "reasoning/train_stepper.h"
#include "training/schedule.h"

namespace hrm::api {
namespace {

using engine::Precision;
using reasoning::WeightSet;

using Path = std::filesystem::path;

// Names of devices (reasoning/backend.h) that this build has on a CPU: the engine, and libtorch.
std::vector<std::string> devices() {
  if (HRM_TORCH) return {"cpu", "aten"};
  return {"cpu"};
}

using DeviceAndCase = std::tuple<std::string, Path>;

// GoogleTest names admit letters, digits and underscores only.
std::string case_name(const testing::TestParamInfo<DeviceAndCase>& info) {
  const auto& [device, path] = info.param;
  const std::string folder = path.parent_path().filename().string();
  return device + "_" + path.filename().string() + (folder == "golden" ? "" : "_" + folder);
}

void report(const std::string& what, double value) { fmt::print("  {}: largest deviation {:.2e}\n", what, value); }

class GoldenParity : public testing::TestWithParam<DeviceAndCase> {
 protected:
  void SetUp() override {
    const auto& [device, path] = GetParam();
    golden_ = load_golden_case(path);
    config_ = golden_config(golden_.json, Precision::kFloat32);
    backend_ = make_backend(config_, {.device = device, .threads = 1});
    backend_->set_weights(golden_.with_prefix("weights."));
  }

  std::unique_ptr<reasoning::Carry> fresh_carry(const reasoning::Batch& batch) {
    auto carry = backend_->make_carry(batch.size);
    backend_->reset(*carry, batch, std::vector<uint8_t>(batch.size, 1));
    return carry;
  }

  GoldenCase golden_;
  engine::ModelConfig config_;
  std::unique_ptr<reasoning::Backend> backend_;
};

TEST_P(GoldenParity, ForwardStatesLogitsAndQ) {
  const GoldenBatch eval = golden_batch(golden_, "eval.");
  const auto carry = fresh_carry(eval.batch());
  double worst = 0;
  int segments = 0;
  for (; golden_.has(fmt::format("eval.{}.logits", segments)); ++segments) {
    const auto out = backend_->forward(eval.batch(), *carry, {.logits = true});
    const NamedTensors state = backend_->save(*carry);
    const double tolerance = segments == 0 ? 1e-5 : 1e-4;
    const auto compare = [&](const char* what, std::span<const float> mine) {
      const Deviation d = deviation(mine, golden_.at(fmt::format("eval.{}.{}", segments, what)).as<float>());
      EXPECT_LE(d.largest, tolerance * std::max(1.0, d.scale)) << "segment " << segments << " " << what;
      worst = std::max(worst, d.largest);
    };
    compare("z_H", state.at("z_H").as<float>());
    compare("z_L", state.at("z_L").as<float>());
    compare("logits", out.logits);
    compare("q_halt", out.q_halt);
    compare("q_continue", out.q_continue);
  }
  EXPECT_GE(segments, 1);
  report(golden_.name + " forward", worst);
}

TEST_P(GoldenParity, GradientsOfTheFirstStep) {
  const GoldenBatch train = golden_batch(golden_, "train.1.");
  const auto carry = fresh_carry(train.batch());
  const std::vector<uint8_t> last(train.batch().size, config_.arch.halt_max_steps == 1);
  for (const size_t micro_batch : {size_t{0}, size_t{1}, size_t{3}}) {
    const auto mine =
        backend_->gradients(train.batch(), last, *fresh_carry(train.batch()), {.micro_batch = micro_batch}, nullptr);
    double worst = 0;
    for (const auto& [name, gradient] : golden_.with_prefix("train.1.grad.")) {
      ASSERT_TRUE(mine.contains(name)) << name;
      const Deviation d = deviation(mine.at(name), gradient);
      EXPECT_LE(d.largest, 1e-4 * d.scale + 1e-9) << name << " micro_batch=" << micro_batch;
      worst = std::max(worst, d.largest / std::max(d.scale, 1e-30));
    }
    report(fmt::format("{} gradients, relative, micro_batch {}", golden_.name, micro_batch), worst);
  }
}

TEST_P(GoldenParity, TwelveOptimizerStepsWithCarryHaltingAndMetrics) {
  const Json& train = golden_.json.at("train");
  const size_t batch = train.at("global_batch_size");
  backend_->set_optimizer(golden_optimizer(train));
  reasoning::TrainStepper stepper(*backend_, {.batch = batch, .seed = 0});
  const training::LearningRateSchedule schedule{.warmup_steps = train.at("lr_warmup_steps"),
                                                .total_steps = train.at("steps"),
                                                .min_ratio = train.at("lr_min_ratio")};
  double worst_loss = 0;
  for (uint64_t step = 1; step <= train.at("steps"); ++step) {
    const GoldenBatch next = golden_batch(golden_, fmt::format("train.{}.", step));
    const auto result = stepper.step(
        next.batch(), {.lr_factor = training::learning_rate_factor(schedule, step), .ema_rate = train.at("ema_rate")});
    const Json& log = train.at("log").at(step - 1);
    const auto near = [&](const char* key, double mine) {
      const double golden = log.value(key, 0.0);
      EXPECT_NEAR(mine, golden, 1e-4 * std::max(1.0, std::abs(golden))) << key << " of step " << step;
      return std::abs(mine - golden) / std::max(1.0, std::abs(golden));
    };
    const auto& m = result.metrics;
    for (const double d : {near("loss", m.loss), near("lm_loss", m.lm_loss), near("q_halt_loss", m.q_halt_loss),
                           near("q_continue_loss", m.q_continue_loss), near("accuracy", m.accuracy)})
      worst_loss = std::max(worst_loss, d);
    EXPECT_EQ(m.count, log.at("count")) << "step " << step;
    EXPECT_EQ(m.exact_accuracy, log.at("exact_accuracy")) << "step " << step;
    EXPECT_EQ(m.q_halt_accuracy, log.at("q_halt_accuracy")) << "step " << step;
    EXPECT_EQ(m.steps, log.at("steps")) << "step " << step;
    const auto halted = golden_.at(fmt::format("train.{}.halted", step)).as<int32_t>();
    const auto steps = golden_.at(fmt::format("train.{}.steps", step)).as<int32_t>();
    for (size_t b = 0; b < batch; ++b) {
      EXPECT_EQ(stepper.halted()[b] != 0, halted[b] != 0) << "slot " << b << " step " << step;
      EXPECT_EQ(stepper.steps()[b], steps[b]) << "slot " << b << " step " << step;
    }
  }
  report(golden_.name + " losses, relative", worst_loss);

  double worst = 0;
  const auto compare = [&](const char* prefix, WeightSet set) {
    const NamedTensors mine = backend_->weights(set);
    for (const auto& [name, tensor] : golden_.with_prefix(prefix)) {
      ASSERT_TRUE(mine.contains(name)) << name;
      const Deviation d = deviation(mine.at(name), tensor);
      EXPECT_LE(d.largest, 2e-4) << prefix << name;
      EXPECT_LE(d.mean, 1e-5) << prefix << name;
      worst = std::max(worst, d.largest);
    }
  };
  compare("final.", WeightSet::kLive);
  compare("ema.", WeightSet::kAveraged);
  report(golden_.name + " weights and averages after 12 steps", worst);
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenParity,
                         testing::Combine(testing::ValuesIn(devices()),
                                          testing::ValuesIn(find_golden_cases(GoldenKind::kTrained))),
                         case_name);

class PublishedShapeParity : public testing::TestWithParam<DeviceAndCase> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PublishedShapeParity);

TEST_P(PublishedShapeParity, LogitsQAndLosses) {
  const auto& [device, path] = GetParam();
  const GoldenCase golden = load_golden_case(path);
  const GoldenBatch data = golden_batch(golden, "");
  const double bfloat16_spread = golden.json.at("largest_difference_bfloat16_float32.1");
  const auto run = [&, device = device](Precision precision, const char* type, int segments, double tolerance) {
    const auto config = golden_config(golden.json, precision);
    const NamedTensors weights = formula_weights(config, golden.json.at("seed"));
    for (const Json& entry : golden.json.at("names")) {
      const auto found = weights.find(entry.at(0).get<std::string>());
      ASSERT_NE(found, weights.end()) << entry.at(0);
      EXPECT_EQ(found->second.shape(), entry.at(1).get<Shape>());
    }
    const auto backend = make_backend(config, {.device = device, .threads = 1});
    backend->set_weights(weights);
    const auto carry = backend->make_carry(data.batch().size), trained = backend->make_carry(data.batch().size);
    for (auto* fresh : {carry.get(), trained.get()})
      backend->reset(*fresh, data.batch(), std::vector<uint8_t>(data.batch().size, 1));
    for (int s = 1; s <= segments; ++s) {
      const auto out = backend->forward(data.batch(), *carry, {.logits = true});
      const auto compare = [&](const char* what, std::span<const float> mine) {
        const Deviation d = deviation(mine, golden.at(fmt::format("{}.{}.{}", type, s, what)).as<float>());
        EXPECT_LE(d.largest, tolerance) << type << " segment " << s << " " << what;
        return d.largest;
      };
      const double worst = std::max(
          {compare("logits", out.logits), compare("q_halt", out.q_halt), compare("q_continue", out.q_continue)});
      report(fmt::format("{} {} segment {}", golden.name, type, s), worst);
      reasoning::TrainOutput output;
      backend->gradients(data.batch(), std::vector<uint8_t>(data.batch().size, 0), *trained, {}, &output);
      const double loss = golden.json.at(fmt::format("{}.{}.loss", type, s));
      // Evaluation has no target for q_continue, so its loss is not part of it.
      EXPECT_NEAR(output.lm_loss + 0.5 * output.q_halt_loss, loss, tolerance) << type << " segment " << s;
    }
  };
  run(Precision::kFloat32, "float32", 2, 1e-3);
  run(Precision::kBFloat16, "bfloat16", 1, 3 * bfloat16_spread);
}

INSTANTIATE_TEST_SUITE_P(Cases, PublishedShapeParity,
                         testing::Combine(testing::ValuesIn(devices()),
                                          testing::ValuesIn(find_golden_cases(GoldenKind::kPublishedShape))),
                         case_name);

// Tokens of question and answer, in file order.
std::vector<std::pair<std::vector<int32_t>, std::vector<int32_t>>> read_sudoku_rows(const std::filesystem::path& path) {
  CsvReader csv(std::make_unique<std::istringstream>(read_maybe_zst(path)), path.string());
  const size_t question = csv.column("question"), answer = csv.column("answer");
  const auto tokens = [](const std::string& text) {
    std::vector<int32_t> ids;
    for (char c : text) ids.push_back(c == '.' ? 1 : c - '0' + 1);
    return ids;
  };
  std::vector<std::pair<std::vector<int32_t>, std::vector<int32_t>>> rows;
  while (csv.next()) rows.emplace_back(tokens(csv[question]), tokens(csv[answer]));
  return rows;
}

// The first hundred optimiser steps of the authors' HRM on real Sudoku rows.
class CurveParity : public testing::TestWithParam<std::string> {};

TEST_P(CurveParity, FirstHundredStepsOfTheLearningCurve) {
  const auto path = shared_folder() / "fixtures" / "reasoning" / "hrm_sudoku_curve.json";
  HRM_SKIP_WITHOUT(path);
  const auto rows_path = shared_folder() / "data" / "sudoku" / "hard_mix_train1k.csv.zst";
  HRM_SKIP_WITHOUT(rows_path);
  const Json golden = read_json(path);
  auto config = golden_config(golden, Precision::kFloat32);
  NamedTensors weights = formula_weights(config, golden.at("seed"));
  for (float& w : weights.at("model.inner.q_head.weight").as<float>()) w = 0;
  for (float& w : weights.at("model.inner.q_head.bias").as<float>()) w = -5;
  for (float& w : weights.at("model.inner.puzzle_emb.weights").as<float>()) w = 0;
  const auto backend = make_backend(config, {.device = GetParam(), .threads = 1});
  backend->set_weights(weights);
  const Json& train = golden.at("train");
  backend->set_optimizer(golden_optimizer(train));

  const auto rows = read_sudoku_rows(rows_path);
  const size_t batch = golden.at("batch");
  reasoning::TrainStepper stepper(*backend, {.batch = batch, .seed = 0});
  const training::LearningRateSchedule schedule{.warmup_steps = train.at("lr_warmup_steps"),
                                                .total_steps = train.at("steps"),
                                                .min_ratio = train.at("lr_min_ratio")};
  double worst50 = 0, worst100 = 0;
  for (uint64_t step = 1; step <= 100; ++step) {
    GoldenBatch next;
    for (size_t j = 0; j < batch; ++j) {
      const auto& [question, answer] = rows[((step - 1) * batch + j) % rows.size()];
      next.inputs.insert(next.inputs.end(), question.begin(), question.end());
      next.labels.insert(next.labels.end(), answer.begin(), answer.end());
      next.identifiers.push_back(0);
    }
    const auto result = stepper.step(next.batch(), {.lr_factor = training::learning_rate_factor(schedule, step)});
    const Json& log = golden.at("log").at(step - 1);
    const double divisor = static_cast<double>(batch);
    for (const auto& [key, mine] :
         {std::pair("loss", result.metrics.loss), std::pair("lm_loss", result.metrics.lm_loss)}) {
      const double d = std::abs(mine / divisor / log.at(key).get<double>() - 1);
      EXPECT_LE(d, step <= 50 ? 1e-5 : 1e-4) << key << " of step " << step;
      (step <= 50 ? worst50 : worst100) = std::max(step <= 50 ? worst50 : worst100, d);
    }
    EXPECT_EQ(result.metrics.count, log.at("count")) << "step " << step;
    EXPECT_NEAR(result.metrics.accuracy, log.at("accuracy"), 1e-3) << "step " << step;
  }
  report("hrm_sudoku_curve, relative, steps 1..50", worst50);
  report("hrm_sudoku_curve, relative, steps 51..100", worst100);
}

INSTANTIATE_TEST_SUITE_P(Devices, CurveParity, testing::ValuesIn(devices()));

}  // namespace
}  // namespace hrm::api
