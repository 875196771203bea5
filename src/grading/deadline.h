// The moment at which symbolic work gives up.
#pragma once

#include <chrono>

namespace hrm::grading {

class Deadline {
 public:
  explicit Deadline(double seconds)
      : end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))) {}
  bool passed() const { return Clock::now() >= end_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point end_;
};

// Thrown where it has passed, and where a bound on sizes is hit; ends at the comparison, which is undecided.
struct GaveUp {};

}  // namespace hrm::grading
