// Runs work in its own process, to measure its peak memory.
#pragma once

#include <functional>

#include "base/json.h"

namespace hrm::backends {

struct ChildResult {
  Json value;
  double peak_mib = 0;  // resident memory at most
};

// Runs `work` in a copy of this process and hands its value back. Rethrows the hrm::Error it threw; throws failure if
// it ended otherwise. REQUIRES: this process has one thread.
ChildResult run_in_child(const std::function<Json()>& work);

}  // namespace hrm::backends
