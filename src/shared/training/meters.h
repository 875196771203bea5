// The measurements of a run between two log records: sums and weights, so that means over steps of unequal weight are
// correct.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace hrm::training {

// `sum` over `weight` items: (sum of losses, batch), (exactly solved, examples that halted).
struct Measurement {
  std::string name;
  double sum = 0, weight = 1;
};

struct Scalar {
  std::string name;
  double value = 0;
};

// The value called `name`, or `otherwise`.
double scalar_or(const std::vector<Scalar>& scalars, std::string_view name, double otherwise);

class Meters {
 public:
  void add(const std::vector<Measurement>& measurements);
  // sum / weight of each, in the order of first appearance; names whose weight is 0 are left out. Nothing is cleared.
  std::vector<Scalar> means() const;
  void clear() { totals_.clear(); }

  // [[name, sum, weight], ...]: part of a checkpoint, so that a resumed run writes the same records.
  Json state() const;
  void set_state(const Json& state);  // throws bad_input

 private:
  std::vector<Measurement> totals_;
};

}  // namespace hrm::training
