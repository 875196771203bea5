#include "studies/label_errors.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hrm::studies {
namespace {

// Sums over the states of one problem.
struct Sums {
  double states = 0, valued = 0, error = 0, squared = 0;
  double off_track = 0, off_positive = 0, on_track = 0, on_negative = 0;
  double invalid = 0, invalid_positive = 0, valid = 0, valid_negative = 0;

  void add(const LabeledState& state) {
    states += 1;
    if (state.truth) {
      const double error_here = state.label - *state.truth;
      valued += 1;
      error += error_here;
      squared += error_here * error_here;
    }
    (state.on_track ? on_track : off_track) += 1;
    (state.on_track ? on_negative : off_positive) += state.on_track != state.positive;
    (state.valid ? valid : invalid) += 1;
    (state.valid ? valid_negative : invalid_positive) += state.valid != state.positive;
  }
};

enum class Root { kNo, kYes };

struct Bootstrap {
  const std::vector<Sums>& problems;
  uint64_t seed, draws;

  Estimate operator()(double Sums::*part, double Sums::*whole, Root root = Root::kNo) const {
    const auto ratio = [&](std::span<const uint32_t> counts) -> std::optional<double> {
      double numerator = 0, denominator = 0;
      for (size_t i = 0; i < problems.size(); ++i) {
        const double times = counts.empty() ? 1 : counts[i];
        numerator += times * problems[i].*part;
        denominator += times * problems[i].*whole;
      }
      if (denominator == 0) return std::nullopt;
      return root == Root::kYes ? std::sqrt(numerator / denominator) : numerator / denominator;
    };
    double n = 0;
    for (const Sums& sums : problems) n += sums.*whole;
    const auto value = ratio({});
    if (!value) return {};
    return {*value, bootstrap95(problems.size(), draws, seed, ratio), static_cast<uint64_t>(n)};
  }
};

}  // namespace

LabelErrors label_errors(std::span<const LabeledState> states, uint64_t seed, uint64_t draws) {
  std::vector<Sums> all;
  for (const LabeledState& state : states) {
    all.resize(std::max<size_t>(all.size(), state.problem + size_t{1}));
    all[state.problem].add(state);
  }
  std::erase_if(all, [](const Sums& sums) { return sums.states == 0; });
  LabelErrors errors{.states = states.size(), .problems = all.size()};
  if (all.empty()) return errors;
  const Bootstrap estimate{all, seed, draws};
  errors.bias = estimate(&Sums::error, &Sums::valued);
  errors.rmse = estimate(&Sums::squared, &Sums::valued, Root::kYes);
  errors.false_positive_state = estimate(&Sums::off_positive, &Sums::off_track);
  errors.false_negative_state = estimate(&Sums::on_negative, &Sums::on_track);
  errors.false_positive_step = estimate(&Sums::invalid_positive, &Sums::invalid);
  errors.false_negative_step = estimate(&Sums::valid_negative, &Sums::valid);
  return errors;
}

}  // namespace hrm::studies
