#include "solving/views.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "base/rng.h"

namespace hrm::solving {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double high_or_last(float value) { return std::isnan(value) ? -kInfinity : double{value}; }

// Index of the view with the largest key; the earliest on ties.
template <typename Key>
size_t best(std::span<const Outcome> views, Key key) {
  size_t at = 0;
  for (size_t i = 1; i < views.size(); ++i)
    if (key(views[i]) > key(views[at])) at = i;
  return at;
}

size_t by_q(std::span<const Outcome> views) {
  return best(views, [](const Outcome& view) { return high_or_last(view.q_halt); });
}

size_t by_first(std::span<const Outcome> views) {
  return best(views, [](const Outcome& view) { return std::pair(-view.segments, high_or_last(view.q_halt)); });
}

size_t by_residual(std::span<const Outcome> views) {
  return best(views, [](const Outcome& view) { return high_or_last(-view.residual); });
}

size_t by_vote(std::span<const Outcome> views) {
  struct Votes {
    size_t count = 0;
    double confidence = 0;
  };
  std::map<uint64_t, Votes> votes;
  for (const Outcome& view : views) {
    Votes& vote = votes[view.fingerprint];
    ++vote.count;
    vote.confidence += 1 / (1 + std::exp(-high_or_last(view.q_halt)));
  }
  return best(views, [&](const Outcome& view) {
    const Votes& vote = votes[view.fingerprint];
    return std::tuple(vote.count, vote.confidence / static_cast<double>(vote.count), high_or_last(view.q_halt));
  });
}

size_t by_rules(std::span<const Outcome> views) {
  return best(views, [](const Outcome& view) { return view.accepted; });
}

constexpr Selector kSelectors[] = {{"q", false, by_q},
                                   {"first", false, by_first},
                                   {"residual", false, by_residual},
                                   {"vote", false, by_vote},
                                   {"rules", true, by_rules}};

}  // namespace

uint64_t fingerprint(std::span<const int32_t> answer) {
  uint64_t hash = answer.size();
  for (const int32_t token : answer) hash = splitmix64(hash ^ static_cast<uint32_t>(token));
  return hash;
}

std::span<const Selector> selectors() { return kSelectors; }

}  // namespace hrm::solving
