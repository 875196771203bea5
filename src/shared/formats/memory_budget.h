// What a reader keeps of its input, counted, so that an input without an end is refused with one line before memory is
// gone.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace hrm {

// A fault of the input as a whole: never one of a single record that may be left out (--skip-bad).
class InputTooLarge : public Error {
 public:
  using Error::Error;
};

class MemoryBudget {
 public:
  static constexpr size_t kMost = size_t{1} << 29;  // lists that grow by doubling take up to twice as much

  explicit MemoryBudget(size_t most = kMost) : most_(most) {}
  // what: "problems". way_out: "split the file". Throws InputTooLarge (bad input) that names the place beyond the limit.
  void add(size_t bytes, std::string_view place, std::string_view what, std::string_view way_out = "split the file") {
    bytes_ += bytes;
    if (bytes_ <= most_) return;
    throw InputTooLarge(Fault::kBadInput, "input.read",
                        fmt::format("{}: more than {} MiB of {} up to here, the most that fits into memory at once: {}",
                                    place, most_ >> 20, what, way_out));
  }

 private:
  size_t most_, bytes_ = 0;
};

}  // namespace hrm
