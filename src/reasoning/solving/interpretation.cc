#include "solving/interpretation.h"

#include <cassert>
#include <limits>

namespace hrm::solving {

Participation::Participation(size_t width) : width_(width), sum_(width), products_(width * width) {}

void Participation::add(std::span<const float> rows) {
  assert(width_ > 0 && rows.size() % width_ == 0);
  std::vector<double> x(width_);
  for (; !rows.empty(); rows = rows.subspan(width_)) {
    if (count_++ == 0) origin_.assign(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(width_));
    for (size_t i = 0; i < width_; ++i) {
      x[i] = double{rows[i]} - origin_[i];
      sum_[i] += x[i];
    }
    for (size_t i = 0; i < width_; ++i) {
      double* line = products_.data() + i * width_;
      for (size_t j = i; j < width_; ++j) line[j] += x[i] * x[j];
    }
  }
}

double Participation::ratio() const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (count_ < 2) return kNone;
  double trace = 0, squares = 0;
  for (size_t i = 0; i < width_; ++i) {
    for (size_t j = i; j < width_; ++j) {
      // n C_ij; the factor cancels in the ratio.
      const double c = products_[i * width_ + j] - sum_[i] * sum_[j] / static_cast<double>(count_);
      if (i == j) trace += c;
      squares += (i == j ? 1 : 2) * c * c;
    }
  }
  return squares > 0 ? trace * trace / squares : kNone;
}

std::vector<ParticipationRatios> ParticipationTrace::add(const model::Backend& backend, const model::Carry& carry,
                                                         std::span<const int64_t> segments) {
  const NamedTensors state = backend.save(carry);
  const HostTensor H_states = state.at("z_H").to(DType::kF32), L_states = state.at("z_L").to(DType::kF32);
  const auto z_H = H_states.as<float>(), z_L = L_states.as<float>();
  const size_t slots = segments.size(), stride = z_H.size() / slots;
  std::vector<ParticipationRatios> ratios(slots);
  for (size_t slot = 0; slot < slots; ++slot) {
    const auto own_H = z_H.subspan(slot * stride, stride), own_L = z_L.subspan(slot * stride, stride);
    Participation H(width_), L(width_);
    H.add(own_H);
    L.add(own_L);
    ratios[slot] = {H.ratio(), L.ratio()};
    const auto segment = static_cast<size_t>(segments[slot]);
    while (clouds_.size() < segment) clouds_.push_back({0, Participation(width_), Participation(width_)});
    Cloud& cloud = clouds_[segment - 1];
    ++cloud.puzzles;
    cloud.H.add(own_H);
    cloud.L.add(own_L);
  }
  return ratios;
}

std::vector<PooledParticipation> ParticipationTrace::pooled() const {
  std::vector<PooledParticipation> all;
  for (size_t i = 0; i < clouds_.size(); ++i)
    all.push_back({static_cast<int64_t>(i) + 1, clouds_[i].puzzles, {clouds_[i].H.ratio(), clouds_[i].L.ratio()}});
  return all;
}

}  // namespace hrm::solving
