#include "engine/losses.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hrm::engine {
namespace {

struct Target {
  size_t label;
  double on, off;  // t of the label and of every other token
};

// -sum t log p; d: scale * its gradient, or empty.
double softmax_loss(std::span<const float> x, const Target& target, double scale, std::span<float> d) {
  const float largest = *std::ranges::max_element(x);
  float sum = 0;
  for (float value : x) sum += std::exp(value - largest);
  const float log_sum = largest + std::log(sum);
  double loss = 0;
  for (size_t v = 0; v < x.size(); ++v) {
    const double t = v == target.label ? target.on : target.off;
    if (t != 0) loss -= t * (x[v] - log_sum);
    if (!d.empty()) d[v] = static_cast<float>(scale * (std::exp(x[v] - log_sum) - t));
  }
  return loss;
}

double stablemax(double x) { return x < 0 ? 1 / (1 - x) : x + 1; }

double stablemax_loss(std::span<const float> x, const Target& target, double scale, std::span<float> d) {
  double sum = 0;
  for (float value : x) sum += stablemax(value);
  double loss = 0;
  for (size_t v = 0; v < x.size(); ++v) {
    const double t = v == target.label ? target.on : target.off, s = stablemax(x[v]);
    if (t != 0) loss -= t * std::log(s / sum);
    if (!d.empty()) d[v] = static_cast<float>(scale * (x[v] < 0 ? s * s : 1) * (1 / sum - t / s));
  }
  return loss;
}

}  // namespace

size_t argmax(std::span<const float> values) {
  return static_cast<size_t>(std::ranges::max_element(values) - values.begin());
}

TokenLoss token_loss(const model::LossConfig& config, std::span<const float> logits, std::span<const int32_t> labels,
                     const LogitGradient& gradient) {
  const size_t vocabulary = logits.size() / labels.size();
  TokenLoss result;
  result.supervised =
      static_cast<int32_t>(labels.size()) - static_cast<int32_t>(std::ranges::count(labels, model::kIgnoreLabel));
  const double count = std::max(1, result.supervised);
  const double off = config.label_smoothing / static_cast<double>(vocabulary), on = 1 - config.label_smoothing + off;
  for (size_t s = 0; s < labels.size(); ++s) {
    const auto row = logits.subspan(s * vocabulary, vocabulary);
    const auto d = gradient.values.empty() ? gradient.values : gradient.values.subspan(s * vocabulary, vocabulary);
    if (labels[s] == model::kIgnoreLabel) {
      std::ranges::fill(d, 0.f);
      continue;
    }
    const Target target{static_cast<size_t>(labels[s]), on, off};
    const auto loss = config.loss_type == model::LossType::kSoftmax ? softmax_loss : stablemax_loss;
    result.lm += loss(row, target, gradient.scale / count, d) / count;
    result.correct += argmax(row) == target.label;
  }
  result.exact = result.correct == result.supervised;
  return result;
}

double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

BinaryLoss binary_cross_entropy(double logit, double target) {
  return {.loss = std::max(logit, 0.0) - logit * target + std::log1p(std::exp(-std::abs(logit))),
          .derivative = sigmoid(logit) - target};
}

}  // namespace hrm::engine
