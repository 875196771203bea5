// Equality of every backend of this build with the authors' programs in float32: every golden case that is found, in
// every respect that it records. Tolerances are those of the fixtures' README and, for the engine, the spread of its
// perturbed copies (backends/testing/perturbed_runs.h). Each test prints the largest deviation it saw.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "backends/backend_factory.h"
#include "backends/testing/devices.h"
#include "backends/testing/golden.h"
#include "backends/testing/perturbed_runs.h"
#include "base/testing/paths.h"
#include "formats/csv.h"
#include "formats/zst.h"
#include "model/weights.h"
#include "solving/train_stepper.h"
#include "training/schedule.h"

namespace hrm::backends {
namespace {

using model::Precision;
using model::WeightSet;

using Path = std::filesystem::path;

using DeviceAndCase = std::tuple<std::string, Path>;

std::string case_name(const testing::TestParamInfo<DeviceAndCase>& info) {
  const auto& [device, path] = info.param;
  const std::string folder = path.parent_path().filename().string();
  return device + "_" + path.filename().string() + (folder == "golden" ? "" : "_" + folder);
}

void report(const std::string& what, double value) { fmt::print("  {}: largest deviation {:.2e}\n", what, value); }

// Adds a note where the golden run could not be followed to its end.
void report_end(const std::string& what, uint64_t compared, uint64_t total) {
  if (compared < total)
    fmt::print("  {}: from step {} of {} the last bit of a weight decides\n", what, compared + 1, total);
}

class GoldenParity : public testing::TestWithParam<DeviceAndCase> {
 protected:
  void SetUp() override {
    const auto& [device, path] = GetParam();
    golden_ = load_golden_case(path);
    config_ = golden_config(golden_.json, Precision::kFloat32);
    backends_ = with_perturbed(config_, device, golden_.with_prefix("weights."));
    backend_ = backends_[0].get();
  }

  GoldenCase golden_;
  model::ModelConfig config_;
  Backends backends_;
  model::Backend* backend_ = nullptr;
};

TEST_P(GoldenParity, ForwardStatesLogitsAndQ) {
  const GoldenBatch eval = golden_batch(golden_, "eval.");
  std::vector<std::unique_ptr<model::Carry>> carries;
  for (const auto& backend : backends_) carries.push_back(fresh_carry(*backend, eval.batch()));
  double worst = 0;
  int segments = 0;
  for (; golden_.has(fmt::format("eval.{}.logits", segments)); ++segments) {
    std::map<std::string, std::vector<std::vector<float>>> results;
    for (size_t i = 0; i < backends_.size(); ++i) {
      auto out = backends_[i]->forward(eval.batch(), *carries[i], {.logits = true});
      results["logits"].push_back(std::move(out.logits));
      results["q_halt"].push_back(std::move(out.q_halt));
      results["q_continue"].push_back(std::move(out.q_continue));
      for (const auto& [name, z] : backends_[i]->save(*carries[i]))
        results[name].emplace_back(z.as<float>().begin(), z.as<float>().end());
    }
    const double tolerance = segments == 0 ? 1e-5 : 1e-4;
    for (const auto& [name, values] : results) {
      const Deviation d = deviation(values[0], golden_.at(fmt::format("eval.{}.{}", segments, name)).as<float>());
      EXPECT_LE(d.largest, std::max(tolerance * std::max(1.0, d.scale), allowed_deviation(values).largest))
          << "segment " << segments << " " << name;
      worst = std::max(worst, d.largest);
    }
  }
  EXPECT_GE(segments, 1);
  report(golden_.name + " forward", worst);
}

TEST_P(GoldenParity, GradientsOfTheFirstStep) {
  const GoldenBatch train = golden_batch(golden_, "train.1.");
  const std::vector<uint8_t> last(train.batch().size, config_.arch.halt_max_steps == 1);
  for (const size_t micro_batch : {size_t{0}, size_t{1}, size_t{3}}) {
    const auto mine =
        with_gradients(*backend_)
            .gradients(train.batch(), last, *fresh_carry(*backend_, train.batch()), {.micro_batch = micro_batch})
            .by_name;
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

// Steps that every golden run must be followed, at the least, before perturbed copies may diverge.
constexpr uint64_t kLeastSteps = 3;

TEST_P(GoldenParity, TwelveOptimizerStepsWithCarryHaltingAndMetrics) {
  const Json& train = golden_.json.at("train");
  const size_t batch = train.at("global_batch_size");
  PerturbedRuns runs(backends_, golden_optimizer(train), batch);
  const training::LearningRateSchedule schedule{.warmup_steps = train.at("lr_warmup_steps"),
                                                .total_steps = train.at("steps"),
                                                .min_ratio = train.at("lr_min_ratio")};
  const uint64_t total = train.at("steps");
  double worst_loss = 0;
  uint64_t compared = 0;
  for (uint64_t step = 1; step <= total; ++step) {
    const GoldenBatch next = golden_batch(golden_, fmt::format("train.{}.", step));
    if (!runs.step(next.batch(),
                   {.lr_factor = training::learning_rate_factor(schedule, step), .ema_rate = train.at("ema_rate")}))
      break;
    compared = step;
    const Json& log = train.at("log").at(step - 1);
    const auto near = [&](const char* key, double mine, double tolerance) {
      const double golden = log.value(key, 0.0), size = std::max(1.0, std::abs(golden));
      EXPECT_NEAR(mine, golden, tolerance * size) << key << " of step " << step;
      return std::abs(mine - golden) / size;
    };
    const auto& m = runs.metrics();
    const double tolerance = std::max(1e-4, runs.allowed_loss());
    for (const double d : {near("loss", m.loss, tolerance), near("lm_loss", m.lm_loss, tolerance),
                           near("q_halt_loss", m.q_halt_loss, tolerance),
                           near("q_continue_loss", m.q_continue_loss, tolerance), near("accuracy", m.accuracy, 1e-4)})
      worst_loss = std::max(worst_loss, d);
    EXPECT_EQ(m.count, log.at("count")) << "step " << step;
    EXPECT_EQ(m.exact_accuracy, log.at("exact_accuracy")) << "step " << step;
    EXPECT_EQ(m.q_halt_accuracy, log.at("q_halt_accuracy")) << "step " << step;
    EXPECT_EQ(m.steps, log.at("steps")) << "step " << step;
    const auto halted = golden_.at(fmt::format("train.{}.halted", step)).as<int32_t>();
    const auto steps = golden_.at(fmt::format("train.{}.steps", step)).as<int32_t>();
    for (size_t b = 0; b < batch; ++b) {
      EXPECT_EQ(runs.mine().halted()[b] != 0, halted[b] != 0) << "slot " << b << " step " << step;
      EXPECT_EQ(runs.mine().steps()[b], steps[b]) << "slot " << b << " step " << step;
    }
  }
  EXPECT_GE(compared, backends_.size() == 1 ? total : std::min(total, kLeastSteps));
  report(golden_.name + " losses, relative", worst_loss);
  report_end(golden_.name, compared, total);
  if (compared < total) return;  // the weights at the end belong to other decisions

  double worst = 0;
  const auto compare = [&](const char* prefix, WeightSet set) {
    std::vector<NamedTensors> all;
    for (const auto& backend : backends_) all.push_back(backend->weights(set));
    for (const auto& [name, tensor] : golden_.with_prefix(prefix)) {
      ASSERT_TRUE(all[0].contains(name)) << name;
      std::vector<std::vector<float>> values;
      for (const NamedTensors& weights : all) {
        const auto numbers = weights.at(name).as<float>();
        values.emplace_back(numbers.begin(), numbers.end());
      }
      const Deviation d = deviation(values[0], tensor.as<float>()), spread = allowed_deviation(values);
      EXPECT_LE(d.largest, std::max(2e-4, spread.largest)) << prefix << name;
      EXPECT_LE(d.mean, std::max(1e-5, spread.mean)) << prefix << name;
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
  const auto run = [&, name_of_device = device](Precision precision, const char* type, int segments, double tolerance) {
    const auto config = golden_config(golden.json, precision);
    const NamedTensors weights = formula_weights(config, golden.json.at("seed"));
    for (const Json& entry : golden.json.at("names")) {
      const auto found = weights.find(entry.at(0).get<std::string>());
      ASSERT_NE(found, weights.end()) << entry.at(0);
      EXPECT_EQ(found->second.shape(), entry.at(1).get<Shape>());
    }
    const Backends backends = with_perturbed(config, name_of_device, weights, kPerturbedRunsOfLargeModels);
    std::vector<std::unique_ptr<model::Carry>> carries, trained;
    for (const auto& backend : backends) {
      carries.push_back(fresh_carry(*backend, data.batch()));
      trained.push_back(fresh_carry(*backend, data.batch()));
    }
    for (int s = 1; s <= segments; ++s) {
      std::map<std::string, std::vector<std::vector<float>>> results;
      std::vector<std::vector<float>> losses;
      for (size_t i = 0; i < backends.size(); ++i) {
        auto out = backends[i]->forward(data.batch(), *carries[i], {.logits = true});
        results["logits"].push_back(std::move(out.logits));
        results["q_halt"].push_back(std::move(out.q_halt));
        results["q_continue"].push_back(std::move(out.q_continue));
        const model::TrainOutput output =
            with_gradients(*backends[i])
                .gradients(data.batch(), std::vector<uint8_t>(data.batch().size, 0), *trained[i], {})
                .output;
        // Evaluation has no target for q_continue, so its loss is not part of it.
        losses.push_back({static_cast<float>(output.lm_loss + 0.5 * output.q_halt_loss)});
      }
      // bfloat16 rounds so coarsely that the last bit of a float32 weight is no measure of it.
      const auto allowed = [&](const std::vector<std::vector<float>>& values) {
        return precision == Precision::kFloat32 ? std::max(tolerance, allowed_deviation(values).largest) : tolerance;
      };
      double worst = 0;
      for (const auto& [name, values] : results) {
        const Deviation d = deviation(values[0], golden.at(fmt::format("{}.{}.{}", type, s, name)).as<float>());
        EXPECT_LE(d.largest, allowed(values)) << type << " segment " << s << " " << name;
        worst = std::max(worst, d.largest);
      }
      report(fmt::format("{} {} segment {}", golden.name, type, s), worst);
      const double loss = golden.json.at(fmt::format("{}.{}.loss", type, s));
      EXPECT_NEAR(losses[0][0], loss, allowed(losses)) << type << " segment " << s;
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

// The first hundred optimizer steps of the authors' HRM on real Sudoku rows.
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
  const Backends backends = with_perturbed(config, GetParam(), weights, kPerturbedRunsOfLargeModels);
  const Json& train = golden.at("train");

  const auto rows = read_sudoku_rows(rows_path);
  const size_t batch = golden.at("batch");
  PerturbedRuns runs(backends, golden_optimizer(train), batch);
  const training::LearningRateSchedule schedule{.warmup_steps = train.at("lr_warmup_steps"),
                                                .total_steps = train.at("steps"),
                                                .min_ratio = train.at("lr_min_ratio")};
  constexpr uint64_t kTotal = 100, kLeast = 70;
  double worst50 = 0, worst100 = 0;
  uint64_t compared = 0;
  for (uint64_t step = 1; step <= kTotal; ++step) {
    GoldenBatch next;
    for (size_t j = 0; j < batch; ++j) {
      const auto& [question, answer] = rows[((step - 1) * batch + j) % rows.size()];
      next.inputs.insert(next.inputs.end(), question.begin(), question.end());
      next.labels.insert(next.labels.end(), answer.begin(), answer.end());
      next.identifiers.push_back(0);
    }
    if (!runs.step(next.batch(), {.lr_factor = training::learning_rate_factor(schedule, step)})) break;
    compared = step;
    const Json& log = golden.at("log").at(step - 1);
    const double divisor = static_cast<double>(batch);
    const double tolerance = std::max(step <= 50 ? 1e-5 : 1e-4, runs.allowed_loss());
    for (const auto& [key, mine] :
         {std::pair("loss", runs.metrics().loss), std::pair("lm_loss", runs.metrics().lm_loss)}) {
      const double d = std::abs(mine / divisor / log.at(key).get<double>() - 1);
      EXPECT_LE(d, tolerance) << key << " of step " << step;
      (step <= 50 ? worst50 : worst100) = std::max(step <= 50 ? worst50 : worst100, d);
    }
    EXPECT_EQ(runs.metrics().count, log.at("count")) << "step " << step;
    EXPECT_NEAR(runs.metrics().accuracy, log.at("accuracy"), 1e-3) << "step " << step;
  }
  EXPECT_GE(compared, backends.size() == 1 ? kTotal : kLeast);
  report("hrm_sudoku_curve, relative, steps 1..50", worst50);
  if (compared > 50) report("hrm_sudoku_curve, relative, steps 51..100", worst100);
  report_end("hrm_sudoku_curve", compared, kTotal);
}

INSTANTIATE_TEST_SUITE_P(Devices, CurveParity, testing::ValuesIn(devices()));

}  // namespace
}  // namespace hrm::backends
