#include "engine/losses.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hrm::engine {
namespace {

constexpr size_t kTokens = 4, kVocabulary = 5;

std::vector<float> logits() {
  std::vector<float> x(kTokens * kVocabulary);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(2 * std::sin(1.3 * static_cast<double>(i) + 0.4));
  return x;
}

const std::vector<int32_t> kLabels = {3, model::kIgnoreLabel, 0, 4};

// The formula of the header, in double.
double reference(const model::LossConfig& config, const std::vector<float>& x, const std::vector<int32_t>& labels) {
  double total = 0, count = 0;
  for (size_t s = 0; s < labels.size(); ++s) {
    if (labels[s] == model::kIgnoreLabel) continue;
    ++count;
    std::vector<double> p;
    double sum = 0;
    for (size_t v = 0; v < kVocabulary; ++v) {
      const double z = x[s * kVocabulary + v];
      p.push_back(config.loss_type == model::LossType::kSoftmax ? std::exp(z) : z >= 0 ? z + 1 : 1 / (1 - z));
      sum += p.back();
    }
    for (size_t v = 0; v < kVocabulary; ++v) {
      const double t = (static_cast<int32_t>(v) == labels[s] ? 1 - config.label_smoothing : 0) +
                       config.label_smoothing / kVocabulary;
      total -= t * std::log(p[v] / sum);
    }
  }
  return count > 0 ? total / count : 0;
}

class TokenLosses : public testing::TestWithParam<model::LossConfig> {};

TEST_P(TokenLosses, FollowTheFormulaAndItsDerivative) {
  std::vector<float> x = logits(), d(x.size(), 7.f);
  const double scale = 0.25;
  const TokenLoss loss = token_loss(GetParam(), x, kLabels, {scale, d});
  EXPECT_NEAR(loss.lm, reference(GetParam(), x, kLabels), 1e-6);
  EXPECT_EQ(loss.supervised, 3);
  for (size_t i = 0; i < x.size(); ++i) {
    const float kept = x[i], step = 1e-2f, up = kept + step, down = kept - step;
    x[i] = up;
    const double high = reference(GetParam(), x, kLabels);
    x[i] = down;
    const double low = reference(GetParam(), x, kLabels);
    x[i] = kept;
    EXPECT_NEAR(d[i], scale * (high - low) / (double{up} - double{down}), 1e-5) << i;
    if (i / kVocabulary == 1) {
      EXPECT_EQ(d[i], 0) << "a token that is not supervised";
    }
  }
  EXPECT_EQ(token_loss(GetParam(), x, kLabels, {scale, {}}).lm, loss.lm);
}

INSTANTIATE_TEST_SUITE_P(All, TokenLosses,
                         testing::Values(model::LossConfig{model::LossType::kSoftmax, 0},
                                         model::LossConfig{model::LossType::kSoftmax, 0.2},
                                         model::LossConfig{model::LossType::kStablemax, 0},
                                         model::LossConfig{model::LossType::kStablemax, 0.2}));

TEST(TokenLoss, CountsRightTokensAndTheSmallestIdWinsATie) {
  std::vector<float> x(3 * kVocabulary, 0.f);
  x[0 * kVocabulary + 2] = x[0 * kVocabulary + 4] = 1;  // a tie of 2 and 4
  x[1 * kVocabulary + 1] = 1;
  x[2 * kVocabulary + 3] = 1;
  const auto count = [&](std::vector<int32_t> labels) { return token_loss({}, x, labels, {}); };
  EXPECT_EQ(count({2, 1, 3}).correct, 3);
  EXPECT_TRUE(count({2, 1, 3}).exact);
  EXPECT_EQ(count({4, 1, 3}).correct, 2);
  EXPECT_FALSE(count({4, 1, 3}).exact);
  EXPECT_TRUE(count({model::kIgnoreLabel, 1, model::kIgnoreLabel}).exact);
  EXPECT_EQ(argmax(std::vector<float>{1, 3, 3, 2}), 1u);
}

TEST(TokenLoss, OfNoSupervisedTokenIsZero) {
  std::vector<float> x = logits(), d(x.size(), 7.f);
  const TokenLoss loss = token_loss({}, x, std::vector<int32_t>(kTokens, model::kIgnoreLabel), {1, d});
  EXPECT_EQ(loss.lm, 0);
  EXPECT_EQ(loss.supervised, 0);
  EXPECT_EQ(d, std::vector<float>(d.size(), 0.f));
}

TEST(TokenLoss, StaysFiniteForExtremeLogits) {
  for (const model::LossType type : {model::LossType::kSoftmax, model::LossType::kStablemax}) {
    std::vector<float> x = {1e4f, -1e4f, 0, 0, 0}, d(5);
    const TokenLoss loss = token_loss({type, 0}, x, std::vector<int32_t>{1}, {1, d});
    EXPECT_TRUE(std::isfinite(loss.lm));
    for (float v : d) EXPECT_TRUE(std::isfinite(v));
  }
}

TEST(BinaryCrossEntropy, FollowsItsDefinitionAndDerivative) {
  for (const double target : {0.0, 0.3, 1.0})
    for (const double x : {-3.0, -0.5, 0.0, 2.0}) {
      const auto loss = [&](double z) {
        const double p = 1 / (1 + std::exp(-z));
        return -target * std::log(p) - (1 - target) * std::log(1 - p);
      };
      EXPECT_NEAR(binary_cross_entropy(x, target).loss, loss(x), 1e-12);
      EXPECT_NEAR(binary_cross_entropy(x, target).derivative, (loss(x + 1e-5) - loss(x - 1e-5)) / 2e-5, 1e-9);
    }
  EXPECT_NEAR(binary_cross_entropy(1000, 0).loss, 1000, 1e-9);
  EXPECT_NEAR(binary_cross_entropy(-1000, 1).loss, 1000, 1e-9);
  EXPECT_EQ(sigmoid(-1000), 0);
  EXPECT_EQ(sigmoid(1000), 1);
}

}  // namespace
}  // namespace hrm::engine
