// Counts what a reader keeps of its input, so that an endless input is refused with one line before memory runs out.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace hrm {

// A fault of the whole input, which --skip-bad does not skip.
class InputTooLarge : public Error {
 public:
  using Error::Error;
};

class MemoryBudget {
 public:
  static constexpr size_t kMost = size_t{1} << 29;  // lists that grow by doubling take up to twice as much

  explicit MemoryBudget(size_t most = kMost) : most_(most) {}
  // what: "problems". way_out: "split the file". Throws InputTooLarge (bad input) that names the place beyond the
  // limit.
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
