// parallel_for with a progress bar that Ctrl-C stops.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace hrm::puzzles {

struct WorkLabel {
  std::string title, unit = "puzzles";
};

// Calls body(i) for every i in [0, n). Throws failure once interrupted() and the running items are done, or the first
// exception of a body.
void parallel_work(const WorkLabel& label, size_t n, size_t threads, const std::function<void(size_t)>& body);

}  // namespace hrm::puzzles
