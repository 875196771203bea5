#include "model/config.h"

#include <gtest/gtest.h>

#include "model/weights.h"

namespace hrm::model {
namespace {

ModelConfig sudoku(const char* preset) { return {.arch = arch_preset(preset), .data = {81, 11, 1}}; }

TEST(Config, PresetsHaveThePublishedParameterCounts) {
  EXPECT_EQ(parameter_count(sudoku("hrm")), 27'275'266);  // the HRM paper's 27 M
  EXPECT_EQ(sudoku("hrm").tokens(), 82);
  EXPECT_EQ(sudoku("trm-mlp").tokens(), 97);
  EXPECT_EQ(sudoku("trm-attention").inner_width(), 1536);
  EXPECT_NEAR(static_cast<double>(parameter_count(sudoku("trm-attention"))), 7e6, 0.5e6);
  EXPECT_NEAR(static_cast<double>(parameter_count(sudoku("trm-mlp"))), 5e6, 0.5e6);
}

TEST(Config, EveryPresetIsValidAndSurvivesJson) {
  for (const std::string& name : arch_preset_names()) {
    const ArchConfig preset = arch_preset(name);
    EXPECT_NO_THROW(preset.validate()) << name;
    ArchConfig read;
    EXPECT_TRUE(fields_from_json(read, fields_to_json(preset), "test").empty());
    EXPECT_EQ(fields_to_json(read), fields_to_json(preset)) << name;
  }
  EXPECT_THROW(arch_preset("hmr"), Error);
}

TEST(Config, RefusesImpossibleSettingsByName) {
  const auto message = [](auto change) {
    ArchConfig c;
    change(c);
    try {
      c.validate();
    } catch (const Error& e) {
      EXPECT_EQ(e.exit_code(), 2);
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_NE(message([](auto& c) { c.H_cycles = 0; }).find("arch.H_cycles = 0"), std::string::npos);
  EXPECT_NE(message([](auto& c) { c.num_heads = 7; }).find("arch.num_heads = 7"), std::string::npos);
  EXPECT_NE(message([](auto& c) { c.relaxation = 0; }).find("arch.relaxation"), std::string::npos);
  EXPECT_NE(message([](auto& c) {
              c.puzzle_emb_ndim = 1024;
              c.puzzle_emb_len = 1;
            }).find("puzzle_emb_len"),
            std::string::npos);
}

TEST(Config, SwigluWidthIsRoundedAsTheAuthorsDo) {
  EXPECT_EQ(swiglu_inner_width(4, 512), 1536);
  EXPECT_EQ(swiglu_inner_width(4, 128), 512);
  EXPECT_EQ(swiglu_inner_width(4, 17), 256);
}

TEST(Weights, InitialValuesHaveTheirDeviationsAndDependOnTheSeedAlone) {
  ModelConfig config = sudoku("trm-mlp");
  config.arch.hidden_size = 128;
  const NamedTensors weights = initial_weights(config, 7);
  EXPECT_EQ(weights, initial_weights(config, 7));
  EXPECT_NE(weights, initial_weights(config, 8));
  EXPECT_NO_THROW(check_weights(config, weights, "test"));
  for (const Parameter& p : parameters(config)) {
    double sum = 0, squares = 0;
    const auto values = weights.at(p.name).as<float>();
    for (float v : values) {
      sum += v;
      squares += double{v} * v;
      EXPECT_LE(std::abs(v), std::max(2.28 * p.init_stddev, std::abs(p.init_value))) << p.name;
    }
    const auto n = static_cast<double>(values.size());
    EXPECT_NEAR(std::sqrt(squares / n), p.init_stddev > 0 ? p.init_stddev : std::abs(p.init_value),
                6 * p.init_stddev / std::sqrt(n))
        << p.name;
    EXPECT_NEAR(sum / n, p.init_value, 6 * p.init_stddev / std::sqrt(n)) << p.name;
  }
}

TEST(Weights, CheckNamesTheFirstFault) {
  const ModelConfig config = sudoku("hrm");
  NamedTensors weights;
  for (const Parameter& p : parameters(config)) weights.emplace(p.name, HostTensor(DType::kF32, p.shape));
  auto broken = weights;
  broken.erase("model.inner.q_head.bias");
  EXPECT_THROW(check_weights(config, broken, "f"), Error);
  broken = weights;
  broken.emplace("model.inner.extra", HostTensor(DType::kF32, {1}));
  EXPECT_THROW(check_weights(config, broken, "f"), Error);
  broken = weights;
  broken.at("model.inner.q_head.bias") = HostTensor(DType::kF32, {3});
  EXPECT_THROW(check_weights(config, broken, "f"), Error);
}

}  // namespace
}  // namespace hrm::model
