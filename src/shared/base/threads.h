// Data-parallel loops over independent items. Results must depend only on the item index, never on the thread.
#pragma once

#include <cstddef>
#include <functional>

namespace hrm {

// HRM_THREADS if set, else (or 0) the processors this process may run on. Throws bad_input if HRM_THREADS is invalid.
size_t default_threads();

// Calls body(i) for every i in [0, n), from up to `threads` threads (0: default_threads()). Blocks until all are done.
// The first exception is rethrown here after the other threads have stopped at their next item.
void parallel_for(size_t n, size_t threads, const std::function<void(size_t)>& body);

// Runs body(0) .. body(n - 1) at the same time, each on its own thread (body(0) on the caller's), so that they may wait
// for each other. Blocks until all are done. Throws failure if the system gives fewer threads, before any body has
// begun. REQUIRES: body does not throw (out of memory ends the program with a message).
void run_threads(size_t n, const std::function<void(size_t)>& body);

}  // namespace hrm
