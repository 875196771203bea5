// Interval estimates for every reported rate, and tests of differences.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/json.h"

namespace hrm {

struct Interval {
  double low = 0, high = 1;
};

// Wilson's 95 % interval of a proportion (Wilson 1927); [0, 1] for n = 0. REQUIRES: successes <= n.
Interval wilson95(uint64_t successes, uint64_t n);

// The same for a mean of n values between 0 and 1, whose variance is at most that of a proportion.
Interval wilson95_of(double mean, double n);  // [0, 1] for n = 0

// Of the two in the middle the mean; 0 for none.
double median(std::vector<double> values);

// Normal 95 % interval of a mean from sum and sum of squares; degenerate for n < 2.
Interval mean95(double sum, double sum_of_squares, uint64_t n);

// A reported value with its 95 % interval and the number of cases behind it.
struct Estimate {
  double value = 0;
  Interval interval;
  uint64_t n = 0;
};
Json to_json(const Estimate& estimate);             // {value, low, high, n}
Estimate share_of(uint64_t successes, uint64_t n);  // wilson95; value 0 for n = 0
Estimate mean_of(std::span<const double> values);   // mean95
// Mean of a few independent runs with Student's t interval (runs - 1 degrees of freedom). REQUIRES: at least two.
Estimate mean_of_runs(std::span<const double> runs);

// Percentile bootstrap (Efron 1979): the 2.5 % and 97.5 % points of a statistic over `draws` samples of n units with
// replacement. `statistic` is handed how often each unit was drawn, [n]; a draw for which it has no value (nullopt) is
// left out. Units are what is independent: problems, not the steps within them. Degenerate [0, 0] if no draw has a
// value. Same seed, same interval.
Interval bootstrap95(uint64_t n, uint64_t draws, uint64_t seed,
                     const std::function<std::optional<double>(std::span<const uint32_t>)>& statistic);

// The share of a flag (or mean of a value) over cases that are only independent between units: interval by bootstrap95
// over units. sums[u] of counts[u] cases of unit u; n is the cases. Value 0 with interval [0, 1] for no case.
Estimate mean_over_units(std::span<const double> sums, std::span<const uint64_t> counts, uint64_t draws, uint64_t seed);

// McNemar's exact test: two-sided binomial probability of a split of the discordant pairs at least as uneven as
// (only_first, only_second), if either side were equally likely. 1 if there are none.
double mcnemar_exact(uint64_t only_first, uint64_t only_second);

// Area under the ROC curve: the probability that a case of class 1 has a higher score than one of class 0, ties half
// (Mann-Whitney). Case i counts weights[i] times; nullopt if a class is absent. Cases are sorted once, so that many
// weightings of them (a bootstrap) cost one pass each.
class AucCounter {
 public:
  // REQUIRES: as many scores as classes, none NaN.
  AucCounter(std::span<const double> scores, std::span<const uint8_t> classes);
  std::optional<double> area() const;
  std::optional<double> area(const std::function<uint32_t(size_t)>& weight) const;

 private:
  struct Case {
    double score;
    size_t index;
    bool positive;
  };
  std::vector<Case> sorted_;
};

}  // namespace hrm
