// Interval estimates that stand beside every reported rate.
#pragma once

#include <cstdint>

namespace hrm {

struct Interval {
  double low = 0, high = 1;
};

// Wilson's 95 % interval of a proportion (Wilson 1927); [0, 1] for n = 0. REQUIRES: successes <= n.
Interval wilson95(uint64_t successes, uint64_t n);

// Normal 95 % interval of a mean from sum and sum of squares; degenerate for n < 2.
Interval mean95(double sum, double sum_of_squares, uint64_t n);

}  // namespace hrm
