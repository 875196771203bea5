#include "base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"

namespace hrm {

namespace {

constexpr size_t kMostThreads = 1024;

// HRM_THREADS; 0 where it is unset, empty or 0.
size_t wanted_threads() {
  const char* given = std::getenv("HRM_THREADS");
  if (!given || !*given) return 0;
  const std::string_view text = given;
  size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n > kMostThreads)
    throw bad_input("base.threads", "HRM_THREADS = '{}': expected a whole number from 0 to {}; 0 takes all processors",
                    text, kMostThreads);
  return n;
}

}  // namespace

size_t default_threads() {
  if (const size_t wanted = wanted_threads(); wanted > 0) return wanted;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<size_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1u, std::thread::hardware_concurrency());
}

void parallel_for(size_t n, size_t threads, const std::function<void(size_t)>& body) {
  threads = std::min(n, threads == 0 ? default_threads() : threads);
  std::atomic<size_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < n;) {
      try {
        body(i);
      } catch (...) {
        std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
        next = n;
      }
    }
  };
  std::vector<std::jthread> helpers;
  try {
    for (size_t t = 1; t < threads; ++t) helpers.emplace_back(work);
  } catch (const std::system_error&) {  // the system gives no more: the work is done by those there are
  }
  work();
  helpers.clear();  // joins
  if (error) std::rethrow_exception(error);
}

void run_threads(size_t n, const std::function<void(size_t)>& body) {
  enum : int { kWait, kGo, kCancel };
  std::atomic<int> signal{kWait};
  const auto start = [&](int value) {
    signal = value;
    signal.notify_all();
  };
  // The others may wait for one that throws, for ever: end with a message instead.
  const auto run = [&](size_t i) {
    try {
      body(i);
    } catch (const std::exception& e) {
      write_message(fmt::format("hrm: [base.run_threads] thread {} of {}: {}", i, n, e.what()));
      std::_Exit(1);
    }
  };
  std::vector<std::jthread> helpers;
  try {
    for (size_t i = 1; i < n; ++i)
      helpers.emplace_back([&, i] {
        signal.wait(kWait);
        if (signal == kGo) run(i);
      });
  } catch (const std::exception&) {
    start(kCancel);
    throw failure("base.run_threads", "cannot create {} threads: use fewer (--threads, HRM_THREADS)", n);
  }
  start(kGo);
  if (n > 0) run(0);
}

}  // namespace hrm
