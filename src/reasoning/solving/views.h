// Selects one answer among K views of the same puzzle (arXiv 2605.19943, "breadth").
//
//   q         the largest q_halt                         first     the fewest segments, then the larger q_halt
//   residual  the smallest residual of z_H at the end    vote      the most frequent answer, then the larger mean of
//   rules     the first answer that the rules accept               sigmoid(q_halt); its view with the largest q_halt
//
// The first four know no more than the model does; `rules` asks a verifier and must not be mixed with them.
// Ties go to the earlier view. A Q value or residual that is not a number loses to every other.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace hrm::solving {

// What became of one view of one example.
struct Outcome {
  int64_t segments = 0;                 // 0: not finished
  int64_t supervised = 0, correct = 0;  // tokens
  float q_halt = 0;
  float residual = std::numeric_limits<float>::quiet_NaN();
  uint64_t fingerprint = 0;  // of the answer
  bool accepted = false;     // by the rules

  bool exact() const { return supervised > 0 && correct == supervised; }
};

// Equal answers have equal fingerprints; different ones differ but for a chance of 2^-64.
uint64_t fingerprint(std::span<const int32_t> answer);

struct Selector {
  std::string_view name;
  bool needs_rules;
  size_t (*pick)(std::span<const Outcome> views);  // REQUIRES: at least one view
};

// All of the above: q, first, residual, vote, rules.
std::span<const Selector> selectors();

}  // namespace hrm::solving
