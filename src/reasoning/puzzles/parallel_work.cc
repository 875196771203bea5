#include "puzzles/parallel_work.h"

#include <mutex>

#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/threads.h"

namespace hrm::puzzles {

void parallel_work(const WorkLabel& label, size_t n, size_t threads, const std::function<void(size_t)>& body) {
  Progress progress(label.title, n, {.unit = label.unit});
  std::mutex mutex;
  size_t done = 0;
  parallel_for(n, threads, [&](size_t i) {
    if (interrupted()) throw failure("puzzles", "interrupted; nothing was written");
    body(i);
    const std::lock_guard lock(mutex);
    progress.update(++done);
  });
}

}  // namespace hrm::puzzles
