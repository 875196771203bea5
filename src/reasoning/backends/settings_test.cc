// Settings of the recursion beyond the published models (residual, mlp, local_t, symbol_planes): the
// forward pass against the formulas
// of model/config.h written out in plain loops, gradients against differences, and state in and out.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "backends/testing/devices.h"
#include "base/error.h"
#include "model/precision.h"
#include "solving/train_stepper.h"

namespace hrm::backends {
namespace {

using model::MlpKind;
using model::ModelConfig;
using model::Residual;

ModelConfig tiny(const std::function<void(model::ArchConfig&)>& change) {
  ModelConfig config = tiny_model("trm-mlp");
  config.arch.puzzle_emb_ndim = 0;
  config.arch.hidden_size = 8;
  config.arch.expansion = 1;
  change(config.arch);
  return config;
}

// A square grid of so many cells.
ModelConfig planes(int64_t cells, int64_t vocabulary) {
  ModelConfig config = tiny([](auto& arch) {
    arch.mlp_t = false;
    arch.symbol_planes = true;
    arch.expansion = 3;
  });
  config.data.seq_len = cells;
  config.data.vocab_size = vocabulary;
  return config;
}

std::vector<std::pair<std::string, ModelConfig>> settings() {
  const auto local = [](model::ArchConfig& arch) {
    arch.mlp_t = false;
    arch.local_t = true;
  };
  std::vector<std::pair<std::string, ModelConfig>> all = {
      {"plain", tiny([](auto&) {})},
      {"gated_norm", tiny([](auto& arch) { arch.mlp = MlpKind::kGatedNorm; })},
      {"adaptive", tiny([](auto& arch) { arch.residual = Residual::kAdaptive; })},
      {"adaptive_two_nets", tiny([](auto& arch) {
         arch.residual = Residual::kAdaptive;
         arch.shared_net = false;
         arch.H_layers = 1;
       })},
      {"local", tiny(local)},
      {"all", tiny([&](auto& arch) {
         local(arch);
         arch.mlp = MlpKind::kGatedNorm;
         arch.residual = Residual::kAdaptive;
       })}};
  ModelConfig oblong = all.back().second;  // 2 rows of 5
  oblong.data.seq_len = 10;
  oblong.arch.grid_width = 5;
  all.push_back({"oblong", oblong});
  all.push_back({"planes", planes(16, 6)});
  all.push_back({"planes_adaptive", planes(36, 5)});
  all.back().second.arch.residual = Residual::kAdaptive;
  return all;
}

// Labels that the model cannot give (padding and blank, with planes) are ignored.
Examples examples_of(const ModelConfig& config, size_t n, uint64_t seed) {
  Examples examples(config, n, seed);
  if (config.arch.symbol_planes)
    for (int32_t& label : examples.labels)
      if (label < model::kFirstSymbol) label = model::kIgnoreLabel;
  return examples;
}

// Everything that starts at 0 gets a value, so that it matters.
NamedTensors weights_of(const ModelConfig& config) {
  NamedTensors weights = lively_weights(config);
  Rng rng(11);
  for (auto& [name, tensor] : weights)
    if (name.ends_with("residual.query"))
      for (float& w : tensor.as<float>()) w = static_cast<float>(0.3 * rng.normal());
  return weights;
}

// ---- the formulas, in double precision ----

using Matrix = std::vector<std::vector<double>>;  // [rows][columns]

Matrix transposed(const Matrix& x) {
  Matrix y(x[0].size(), std::vector<double>(x.size()));
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < x[0].size(); ++j) y[j][i] = x[i][j];
  return y;
}

Matrix plus(Matrix x, const Matrix& y) {
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < x[i].size(); ++j) x[i][j] += y[i][j];
  return x;
}

std::vector<double> normed(std::vector<double> row) {
  double squares = 0;
  for (const double v : row) squares += v * v;
  for (double& v : row) v /= std::sqrt(squares / static_cast<double>(row.size()) + 1e-5);
  return row;
}

Matrix normed(Matrix x) {
  for (auto& row : x) row = normed(std::move(row));
  return x;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

class Formula {
 public:
  Formula(const ModelConfig& config, const NamedTensors& weights) : config_(config), weights_(weights) {
    const auto d = static_cast<size_t>(config.arch.hidden_size);
    for (const char* which : {"H_init", "L_init"}) {
      std::vector<double> row;
      for (size_t i = 0; i < d; ++i) row.push_back(weight(which)[i]);
      (which[0] == 'H' ? z_H_ : z_L_) = Matrix(static_cast<size_t>(config.tokens()), row);
    }
    past_H_ = past_L_ = std::vector<double>(static_cast<size_t>(config.tokens()), 0.0);
  }

  // Returns the logits [S][V].
  Matrix segment(std::span<const int32_t> tokens) {
    const auto d = static_cast<size_t>(config_.arch.hidden_size);
    Matrix x;
    const auto embed = [&](std::optional<size_t> kind) {
      std::vector<double>& row = x.emplace_back();
      for (size_t i = 0; i < d; ++i)
        row.push_back(kind ? weight("embed_tokens.embedding_weight")[*kind * d + i] * std::sqrt(static_cast<double>(d))
                           : 0.0);
    };
    for (int64_t k = 0; k < config_.planes(); ++k)
      for (const int32_t token : tokens) {
        if (!config_.arch.symbol_planes)
          embed(static_cast<size_t>(token));
        else if (token < 2)
          embed(std::nullopt);
        else
          embed(token == k + 2 ? 0 : 1);
      }
    for (int64_t h = 0; h < config_.arch.H_cycles; ++h) {
      for (int64_t l = 0; l < config_.arch.L_cycles; ++l) call('L', z_L_, plus(plus(z_L_, z_H_), x), past_L_);
      call('H', z_H_, plus(z_H_, z_L_), past_H_);
    }
    const Matrix scores = product(z_H_, "lm_head.weight");
    if (!config_.arch.symbol_planes) return scores;
    Matrix logits(tokens.size(), std::vector<double>(2, -1e4));
    for (size_t t = 0; t < scores.size(); ++t) logits[t % tokens.size()].push_back(scores[t][0]);
    return logits;
  }

  double q_halt() const {
    const auto d = z_H_[0].size();
    double q = weight("q_head.bias")[0];
    const size_t tokens = config_.arch.on_grid() ? z_H_.size() : 1;
    for (size_t t = 0; t < tokens; ++t)
      for (size_t i = 0; i < d; ++i) q += z_H_[t][i] * weight("q_head.weight")[i] / static_cast<double>(tokens);
    return q;
  }

 private:
  std::span<const float> weight(const std::string& name) const {
    return weights_.at("model.inner." + name).as<float>();
  }

  Matrix product(const Matrix& x, const std::string& name) const {  // x W^T
    const auto w = weight(name);
    const size_t in = x[0].size(), out = w.size() / in;
    Matrix y(x.size(), std::vector<double>(out));
    for (size_t i = 0; i < x.size(); ++i)
      for (size_t o = 0; o < out; ++o)
        for (size_t k = 0; k < in; ++k) y[i][o] += x[i][k] * w[o * in + k];
    return y;
  }

  Matrix mlp(const Matrix& x, const std::string& prefix) const {
    Matrix inner;
    for (const auto& row : product(x, prefix + "gate_up_proj.weight")) {
      const size_t half = row.size() / 2;
      std::vector<double> gated;
      for (size_t i = 0; i < half; ++i) {
        const double g = row[i], v = row[half + i];
        gated.push_back(config_.arch.mlp == MlpKind::kSwiglu ? g * sigmoid(g) * v : g * v);
      }
      if (config_.arch.mlp == MlpKind::kGatedNorm) {
        gated = normed(std::move(gated));
        for (size_t i = 0; i < half; ++i) gated[i] *= sigmoid(row[i]);
      }
      inner.push_back(std::move(gated));
    }
    return product(inner, prefix + "down_proj.weight");
  }

  Matrix convolution(const Matrix& x, const std::string& name) const {
    const int64_t width = config_.grid_width(), height = config_.data.seq_len / width;
    const auto kernel = weight(name);
    Matrix y(x.size(), std::vector<double>(x[0].size()));
    for (int64_t r = 0; r < height; ++r)
      for (int64_t c = 0; c < width; ++c)
        for (size_t channel = 0; channel < x[0].size(); ++channel)
          for (int64_t i = 0; i < 9; ++i) {
            const int64_t row = r + i / 3 - 1, column = c + i % 3 - 1;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            y[static_cast<size_t>(r * width + c)][channel] +=
                kernel[channel * 9 + static_cast<size_t>(i)] * x[static_cast<size_t>(row * width + column)][channel];
          }
    return y;
  }

  // By the definition of a group alone: whether two tokens share a row, a column, a box or a cell.
  Matrix groups(const Matrix& x, const std::string& prefix) const {
    const auto cells = static_cast<size_t>(config_.data.seq_len), width = static_cast<size_t>(config_.grid_width()),
               box_width = static_cast<size_t>(config_.box_width()), box_height = width / box_width, d = x[0].size();
    Matrix u;
    for (const auto& row : product(x, prefix + "gate_up_proj.weight")) {
      std::vector<double>& gated = u.emplace_back();
      for (size_t i = 0; i < d; ++i) gated.push_back(row[i] * sigmoid(row[i]) * row[d + i]);
    }
    const auto box = [&](size_t cell) { return std::pair(cell / width / box_height, cell % width / box_width); };
    Matrix seen;  // u, and the three means
    for (size_t t = 0; t < x.size(); ++t) {
      Matrix means(4, std::vector<double>(d));
      std::vector<double> members(4);
      for (size_t o = 0; o < x.size(); ++o) {
        const size_t cell = t % cells, other = o % cells;
        const bool plane = t / cells == o / cells;
        const bool shared[] = {plane && cell / width == other / width, plane && cell % width == other % width,
                               plane && box(cell) == box(other), cell == other};
        for (size_t g = 0; g < 4; ++g) {
          if (!shared[g]) continue;
          members[g] += 1;
          for (size_t i = 0; i < d; ++i) means[g][i] += u[o][i];
        }
      }
      std::vector<double>& row = seen.emplace_back(u[t]);
      for (size_t i = 0; i < d; ++i) row.push_back(means[0][i] / members[0] + means[1][i] / members[1]);
      for (size_t g = 2; g < 4; ++g)
        for (size_t i = 0; i < d; ++i) row.push_back(means[g][i] / members[g]);
    }
    return product(seen, prefix + "out_proj.weight");
  }

  void call(char net, Matrix& z, Matrix x, std::vector<double>& past) const {
    const char level = config_.arch.shared_net ? 'L' : net;
    const std::string at = std::string(1, level) + "_level.";
    const int64_t layers = level == 'L' ? config_.arch.L_layers : config_.arch.H_layers;
    for (int64_t i = 0; i < layers; ++i) {
      const std::string block = at + "layers." + std::to_string(i) + ".";
      if (config_.arch.local_t) {
        x = normed(plus(x, convolution(x, block + "local.weight")));
      } else if (config_.arch.symbol_planes) {
        x = normed(plus(x, groups(x, block + "groups.")));
      } else {
        const Matrix across = transposed(x);
        x = transposed(normed(plus(across, mlp(across, block + "mlp_t."))));
      }
      x = normed(plus(x, mlp(x, block + "mlp.")));
    }
    for (size_t t = 0; t < z.size(); ++t) {
      double weight_of_new = 1;
      if (config_.arch.residual == Residual::kAdaptive) {
        double score = 0;
        const std::vector<double> unit = normed(x[t]);
        for (size_t i = 0; i < unit.size(); ++i) score += unit[i] * weight(at + "residual.query")[i];
        past[t] = sigmoid(weight(at + "residual.decay")[0]) * past[t] + std::exp(score);
        weight_of_new = std::exp(score) / past[t];
      }
      for (size_t i = 0; i < z[t].size(); ++i) z[t][i] += weight_of_new * (x[t][i] - z[t][i]);
    }
  }

  const ModelConfig& config_;
  const NamedTensors& weights_;
  Matrix z_H_, z_L_;
  std::vector<double> past_H_, past_L_;  // E of each token
};

class Settings : public testing::Test {
 protected:
  void SetUp() override {
    if (!HRM_TORCH) GTEST_SKIP() << "skipped: built without libtorch, which alone has these settings";
  }
};

TEST_F(Settings, ForwardFollowsTheFormulas) {
  for (const auto& [name, config] : settings()) {
    const NamedTensors weights = weights_of(config);
    const auto backend = make_backend(config, {.device = "aten", .threads = 1});
    backend->set_weights(weights);
    const Examples examples(config, 2, 3);
    const auto carry = fresh_carry(*backend, examples.batch());
    std::vector<Formula> formulas(2, Formula(config, weights));
    const auto cells = static_cast<size_t>(config.data.seq_len), vocab = static_cast<size_t>(config.data.vocab_size);
    for (int segment = 0; segment < 3; ++segment) {  // the state continues
      const auto output = backend->forward(examples.batch(), *carry, {.logits = true});
      for (size_t b = 0; b < 2; ++b) {
        const Matrix wanted = formulas[b].segment(examples.batch().inputs.subspan(b * cells, cells));
        for (size_t s = 0; s < cells; ++s)
          for (size_t v = 0; v < vocab; ++v)
            ASSERT_NEAR(output.logits[(b * cells + s) * vocab + v], wanted[s][v], 2e-4)
                << name << ", segment " << segment << ", example " << b << ", cell " << s;
        ASSERT_NEAR(output.q_halt[b], formulas[b].q_halt(), 2e-4) << name << ", segment " << segment;
      }
    }
  }
}

TEST_F(Settings, GradientsOfTheFirstSegmentAreExactForEveryParameter) {
  for (auto [name, config] : settings()) {
    config.arch.H_cycles = 1;
    NamedTensors weights = weights_of(config);
    const auto backend = make_backend(config, {.device = "aten", .threads = 1});
    const Examples examples = examples_of(config, 3, 4);
    const std::vector<uint8_t> last(3, 1);
    const auto loss_and_gradients = [&] {
      backend->set_weights(weights);
      const auto carry = fresh_carry(*backend, examples.batch());
      model::Gradients result = with_gradients(*backend).gradients(examples.batch(), last, *carry, {.global_batch = 1});
      return std::pair(result.output.loss, std::move(result.by_name));
    };
    const NamedTensors gradients = loss_and_gradients().second;
    for (const auto& [parameter, gradient] : gradients) {
      // The entry with the largest slope, whose rounding matters least.
      const auto slopes = gradient.as<float>();
      size_t at = 0;
      for (size_t i = 0; i < slopes.size(); ++i)
        if (std::abs(slopes[i]) > std::abs(slopes[at])) at = i;
      float& w = weights.at(parameter).as<float>()[at];
      const float before = w, step = 4e-3f;
      w = before + step;
      const double up = loss_and_gradients().first;
      w = before - step;
      const double down = loss_and_gradients().first;
      w = before;
      EXPECT_NEAR((up - down) / (2 * double{step}), slopes[at], 0.03 * std::abs(slopes[at]) + 3e-3)
          << name << ": " << parameter;
      // A separate net for H is called once in this segment. Its history is then empty, so its weight of the new
      // result is 1 whatever the query and the decay are.
      const bool added =
          parameter.find("residual") != std::string::npos || parameter.find("local") != std::string::npos;
      const bool idle = !config.arch.shared_net && parameter.find("H_level.residual") != std::string::npos;
      EXPECT_EQ(slopes[at] == 0, idle || (!added && slopes[at] == 0)) << name << ": " << parameter;
    }
  }
}

TEST_F(Settings, ResumeWithTheSameBitsAndDoNotDependOnTheBatch) {
  for (const auto& setting : settings()) {
    const std::string& name = setting.first;
    const ModelConfig& config = setting.second;
    const Examples examples = examples_of(config, 4, 1);
    const auto start = [&] {
      auto backend = make_backend(config, {.device = "aten", .threads = 1});
      backend->set_weights(weights_of(config));
      backend->set_optimizer({.optimizer = model::OptimizerKind::kMuon, .lr = 1e-2});
      return backend;
    };
    const auto whole = start(), first = start(), second = start();
    solving::TrainStepper a(*whole, {.batch = 4, .seed = 3}), b(*first, {.batch = 4, .seed = 3}),
        c(*second, {.batch = 4, .seed = 3});
    for (int i = 0; i < 7; ++i) a.step(examples.batch(), {});
    for (int i = 0; i < 3; ++i) b.step(examples.batch(), {});
    second->set_weights(first->weights(model::WeightSet::kLive));
    second->set_optimizer({.optimizer = model::OptimizerKind::kMuon, .lr = 1e-2});
    second->set_optimizer_state(first->optimizer_state());
    c.load(b.save());
    for (int i = 3; i < 7; ++i) c.step(examples.batch(), {});
    EXPECT_EQ(second->weights(model::WeightSet::kLive), whole->weights(model::WeightSet::kLive)) << name;
    EXPECT_EQ(c.save(), a.save()) << name;

    const auto together = fresh_carry(*whole, examples.batch());
    whole->forward(examples.batch(), *together, {});
    const std::vector<size_t> keep = {2};
    const auto picked = whole->select(*together, keep);
    const auto alone = fresh_carry(*whole, examples.rows(2, 1));
    whole->forward(examples.rows(2, 1), *alone, {});
    const auto x = whole->forward(examples.rows(2, 1), *picked, {.logits = true}),
               y = whole->forward(examples.rows(2, 1), *alone, {.logits = true});
    for (size_t i = 0; i < x.logits.size(); ++i) ASSERT_NEAR(x.logits[i], y.logits[i], 1e-3) << name;
  }
}

TEST_F(Settings, RenamedSymbolsAndTurnedGridsOfPlanesGiveTheSameAnswerRenamedAndTurned) {
  const ModelConfig config = planes(81, 11);
  const auto backend = make_backend(config, {.device = "aten", .threads = 1});
  backend->set_weights(weights_of(config));
  const Examples plain(config, 1, 8);
  Examples changed = plain;
  const auto renamed = [](int32_t token) { return token < 2 ? token : (token - 2 + 4) % 9 + 2; };
  const auto turned = [](size_t cell) { return cell % 9 * 9 + cell / 9; };  // transposed
  for (size_t i = 0; i < 81; ++i) changed.inputs[turned(i)] = renamed(plain.inputs[i]);
  const auto logits = [&](const Examples& examples) {
    const auto carry = fresh_carry(*backend, examples.batch());
    return backend->forward(examples.batch(), *carry, {.logits = true}).logits;
  };
  const auto x = logits(plain), y = logits(changed);
  for (size_t i = 0; i < 81; ++i)
    for (int32_t token = 0; token < 11; ++token)
      ASSERT_NEAR(y[turned(i) * 11 + static_cast<size_t>(renamed(token))], x[i * 11 + static_cast<size_t>(token)], 1e-3)
          << "cell " << i << ", token " << token;
}

TEST(SettingsOfTheModel, PlanesReadGridsOfEverySizeWithTheSameWeights) {
  const auto shapes = [](const ModelConfig& config) {
    std::vector<std::pair<std::string, Shape>> all;
    for (const model::Parameter& p : model::parameters(config)) all.emplace_back(p.name, p.shape);
    return all;
  };
  EXPECT_EQ(shapes(planes(81, 11)), shapes(planes(16, 6)));
  for (const auto& [cells, box] : {std::pair{16, 2}, {36, 3}, {81, 3}, {256, 4}})
    EXPECT_EQ(planes(cells, 18).box_width(), box) << cells;
}

TEST(SettingsOfTheEngine, AreRefusedInOneLineThatNamesTheWayOut) {
  for (const auto& [name, config] : settings()) {
    if (name == "plain" || name == "planes" || name == "local") continue;
    try {
      make_backend(config, {.device = "cpu"});
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_NE(std::string(error.what()).find("--device aten"), std::string::npos) << error.what();
    }
  }
}

TEST(SettingsOfTheEngine, Int8IsForAttentionAndTokenMixing) {
  for (const auto& [name, config] : settings()) {
    if (name != "planes" && name != "local") continue;
    try {
      make_backend(config, {.device = "cpu", .precision = std::string(model::kInt8)});
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2) << name;
      EXPECT_NE(std::string(error.what()).find("--precision bfloat16"), std::string::npos) << error.what();
    }
  }
}

TEST(SettingsOfTheModel, ThatExcludeEachOtherAreRefused) {
  const auto refused = [](ModelConfig config, const std::string& setting) {
    try {
      config.validate();
      FAIL() << setting;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(setting), std::string::npos) << error.what();
    }
  };
  refused(tiny([](auto& arch) { arch.local_t = true; }), "arch.local_t");  // mlp_t as well
  refused(tiny([](auto& arch) {
            arch.residual = Residual::kAdaptive;
            arch.relaxation = 0.9;
          }),
          "arch.relaxation");
  refused(tiny([](auto& arch) {
            arch.residual = Residual::kAdaptive;
            arch.chains = 2;
          }),
          "arch.chains");
  const auto local = [](int64_t cells, int64_t width) {
    ModelConfig config = tiny([&](auto& arch) {
      arch.mlp_t = false;
      arch.local_t = true;
      arch.grid_width = width;
    });
    config.data.seq_len = cells;
    return config;
  };
  refused(local(10, 0), "arch.grid_width");  // no square
  refused(local(10, 4), "arch.grid_width");
  EXPECT_NO_THROW(local(10, 5).validate());
  refused(tiny([](auto& arch) { arch.symbol_planes = true; }), "arch.symbol_planes");  // mlp_t as well
  ModelConfig boxes = planes(36, 8);
  boxes.arch.box_width = 4;
  refused(boxes, "arch.box_width");
  ModelConfig turned = planes(36, 8);
  turned.arch.pos_encodings = model::Positions::kRope;
  refused(turned, "arch.pos_encodings");
  ModelConfig tokens = local(9, 0);
  tokens.arch.puzzle_emb_ndim = 8;
  refused(tokens, "arch.puzzle_emb_ndim");
}

}  // namespace
}  // namespace hrm::backends
