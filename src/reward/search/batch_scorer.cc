#include "search/batch_scorer.h"

#include <chrono>

#include "base/clock.h"

namespace hrm::search {

BatchScorer::Scored BatchScorer::score(const steps::Tree& tree, std::span<const int32_t> nodes) {
  const std::lock_guard lock(mutex_);
  const int64_t before = scorer_.scored_tokens();
  const auto begin = std::chrono::steady_clock::now();
  std::vector<double> scores = scorer_.score(tree, nodes);
  return {std::move(scores), scorer_.scored_tokens() - before, seconds_since(begin)};
}

}  // namespace hrm::search
