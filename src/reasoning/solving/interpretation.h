// The number of directions that a state uses: the participation ratio of arXiv 2506.21734, section 4:
//
//   PR = (sum_i lambda_i)^2 / sum_i lambda_i^2,   lambda: eigenvalues of the covariance C of the state's vectors
//      = trace(C)^2 / |C|_F^2
//
// so no eigenvalue is ever computed. It is 1 where all vectors lie on a line and D where they spread evenly over all D
// dimensions. The paper finds a larger one for z_H than for z_L in trained models.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/tensor.h"
#include "model/backend.h"

namespace hrm::solving {

// Sums of vectors and of their products: O(D^2) memory, O(n D^2) time, in double. Not thread-safe.
class Participation {
 public:
  explicit Participation(size_t width);

  void add(std::span<const float> rows);  // [n,D] row-major. REQUIRES: size() a multiple of D
  uint64_t count() const { return count_; }
  // NaN with fewer than two vectors, or where all are equal.
  double ratio() const;

 private:
  size_t width_;
  uint64_t count_ = 0;
  std::vector<double> sum_;       // [D]
  std::vector<double> products_;  // [D,D], upper triangle
  std::vector<double> origin_;    // [D], the first vector: subtracted from all, so that nothing cancels
};

struct ParticipationRatios {
  double H = 0, L = 0;  // of z_H and z_L
};

// z_H and z_L after segment `segment` of all puzzles that ran that long, their tokens as one cloud of vectors.
struct PooledParticipation {
  int64_t segment = 0;
  uint64_t puzzles = 0;
  ParticipationRatios ratios;
};

// Collects both ratios while a run continues: per slot, and pooled over puzzles by segment.
class ParticipationTrace {
 public:
  explicit ParticipationTrace(size_t width) : width_(width) {}

  // carry: of B slots. segments: [B], run so far. Returns the ratios of each slot's own tokens, [B].
  std::vector<ParticipationRatios> add(const model::Backend& backend, const model::Carry& carry,
                                       std::span<const int64_t> segments);
  std::vector<PooledParticipation> pooled() const;  // by segment

 private:
  struct Cloud {
    uint64_t puzzles = 0;
    Participation H, L;
  };
  size_t width_;
  std::vector<Cloud> clouds_;  // of segment i + 1
};

}  // namespace hrm::solving
