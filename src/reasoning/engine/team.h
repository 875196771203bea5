// Threads that work on one example together.
#pragma once

#include <barrier>
#include <cstddef>
#include <utility>

namespace hrm::engine {

// One object per example in work; a team of one costs nothing.
class Team {
 public:
  explicit Team(size_t size = 1) : size_(size), barrier_(static_cast<ptrdiff_t>(size)) {}
  size_t size() const { return size_; }
  // Waits until all members are here; what they wrote before is then visible to all.
  void sync() {
    if (size_ > 1) barrier_.arrive_and_wait();
  }
  // Member `rank`'s share of [0, n), beginning at multiples of `unit`.
  std::pair<size_t, size_t> share(size_t rank, size_t n, size_t unit) const {
    const size_t units = (n + unit - 1) / unit;
    const auto at = [&](size_t r) { return std::min(n, units * r / size_ * unit); };
    return {at(rank), at(rank + 1)};
  }

 private:
  size_t size_;
  std::barrier<> barrier_;
};

}  // namespace hrm::engine
