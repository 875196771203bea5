#include "search/batch_scorer.h"

#include <chrono>

namespace hrm::search {

BatchScorer::Scored BatchScorer::score(const steps::Tree& tree, std::span<const int32_t> nodes) {
  using Clock = std::chrono::steady_clock;
  const std::lock_guard lock(mutex_);
  const int64_t before = scorer_.scored_tokens();
  const auto begin = Clock::now();
  std::vector<double> scores = scorer_.score(tree, nodes);
  return {std::move(scores), scorer_.scored_tokens() - before,
          std::chrono::duration<double>(Clock::now() - begin).count()};
}

}  // namespace hrm::search
