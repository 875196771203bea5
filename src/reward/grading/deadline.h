// The time at which symbolic work stops undecided.
#pragma once

#include <ctime>

#include <chrono>

#include "base/clock.h"

namespace hrm::grading {

// Of the thread that made it, and only for that thread. What counts is the time that the thread ran, so that a busy
// machine changes hardly a verdict; and by the clock kMostWait more.
class Deadline {
 public:
  explicit Deadline(double seconds)
      : seconds_(seconds), begin_(Clock::now()), ran_before_(seconds > 0 ? thread_seconds() : 0) {}

  bool passed() const {
    const double waited = seconds_since(begin_);
    if (waited < seconds_) return false;
    return seconds_ <= 0 || waited >= seconds_ + kMostWait || thread_seconds() - ran_before_ >= seconds_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double kMostWait = 0.2;

  static double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  }

  double seconds_;
  Clock::time_point begin_;
  double ran_before_;
};

// Thrown when it has passed or a bound on sizes is exceeded; the comparison catches it and is undecided.
struct GaveUp {};

}  // namespace hrm::grading
