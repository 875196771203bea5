// Threads that work on one example together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <version>

#if defined(__cpp_lib_barrier)
#include <barrier>
#endif

namespace hrm::engine {

#if defined(__cpp_lib_barrier)
using TeamBarrier = std::barrier<>;
#else  // a system without threads (WebAssembly): every team has one member, who never waits
struct TeamBarrier {
  explicit TeamBarrier(ptrdiff_t) {}
  void arrive_and_wait() {}
};
#endif

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
  TeamBarrier barrier_;
};

}  // namespace hrm::engine
