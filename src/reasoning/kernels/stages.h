// Profiles a segment: products and vector kernels record their stage while a profile is active.
//
// Off, a call costs one load and a branch that is never taken; on, two readings of the clock and an atomic addition,
// about 70 ns. So calls that may be shorter than that (conversions of single rows, sums) are not noted, and what is
// neither noted nor idle is "other".
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hrm::kernels {

enum class Stage : size_t { kProducts, kSwiglu, kNorms, kSoftmax, kRotary, kPacking, kOptimizer };
inline constexpr std::array<std::string_view, 7> kStageNames = {"products", "swiglu",  "norms",    "softmax",
                                                                "rotary",   "packing", "optimizer"};

// Seconds of each stage, summed over threads.
using StageSeconds = std::array<double, kStageNames.size()>;

namespace detail {
inline std::atomic<bool> profiling{false};
inline std::array<std::atomic<int64_t>, kStageNames.size()> stage_nanoseconds{};
}  // namespace detail

// Starts from zero.
inline void start_profile() {
  for (auto& stage : detail::stage_nanoseconds) stage = 0;
  detail::profiling = true;
}

inline StageSeconds stop_profile() {
  detail::profiling = false;
  StageSeconds seconds{};
  for (size_t i = 0; i < seconds.size(); ++i) seconds[i] = static_cast<double>(detail::stage_nanoseconds[i]) * 1e-9;
  return seconds;
}

// The time until the end of the scope belongs to `stage`.
class StageTimer {
 public:
  explicit StageTimer(Stage stage) : stage_(stage), on_(detail::profiling.load(std::memory_order_relaxed)) {
    if (on_) [[unlikely]]
      begin_ = Clock::now();
  }
  ~StageTimer() {
    if (!on_) [[likely]]
      return;
    const auto spent = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin_).count();
    detail::stage_nanoseconds[static_cast<size_t>(stage_)].fetch_add(spent, std::memory_order_relaxed);
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  Stage stage_;
  bool on_;
  Clock::time_point begin_;
};

}  // namespace hrm::kernels
