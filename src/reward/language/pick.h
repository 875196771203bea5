// Draws a token from a distribution.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hrm::language {

struct Sampling {
  double temperature = 1;  // 0: always the most probable token
  int64_t top_k = 0;       // only the k most probable; 0: all
  double top_p = 1;        // then of these the fewest that make up this share; 1: all, 0: one

  void validate() const;  // throws bad_input
};

// Draws by inversion: the token at which the running sum of the probabilities, in the order of ids or, where top_k or
// top_p leave some out, of their size, exceeds u of the sum of those that may be drawn. Equal probabilities go by id.
class Picker {
 public:
  // u: in [0, 1). REQUIRES: probabilities are finite, not negative, and not all 0; their sum may be any.
  int32_t pick(std::span<const float> probabilities, const Sampling& sampling, double u);

 private:
  std::vector<int32_t> order_;  // kept between calls, for its memory
};

}  // namespace hrm::language
