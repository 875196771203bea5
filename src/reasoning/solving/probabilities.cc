#include "solving/probabilities.h"

#include <algorithm>
#include <cmath>

namespace hrm::solving {
namespace {

// log of the unnormalized share of x.
double log_share(model::LossType loss, double x) {
  if (loss == model::LossType::kSoftmax) return x;
  return x >= 0 ? std::log1p(x) : -std::log1p(-x);
}

}  // namespace

std::vector<float> log_probabilities_of(const model::ModelConfig& config, std::span<const float> logits, size_t slot,
                                        const puzzles::Family& family) {
  const auto cells = static_cast<size_t>(config.data.seq_len), vocab = static_cast<size_t>(config.data.vocab_size);
  const auto kept = static_cast<size_t>(family.vocab_size());
  std::vector<float> all;
  all.reserve(cells * kept);
  std::vector<double> shares(vocab);
  for (size_t cell = 0; cell < cells; ++cell) {
    const auto row = logits.subspan((slot * cells + cell) * vocab, vocab);
    for (size_t v = 0; v < vocab; ++v) shares[v] = log_share(config.arch.loss.loss_type, row[v]);
    const double largest = std::ranges::max(shares);
    double sum = 0;
    for (const double share : shares) sum += std::exp(share - largest);
    for (size_t v = 0; v < kept; ++v) all.push_back(static_cast<float>(shares[v] - largest - std::log(sum)));
  }
  return all;
}

}  // namespace hrm::solving
