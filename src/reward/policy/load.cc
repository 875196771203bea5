#include "policy/load.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/threads.h"

namespace hrm::policy {
namespace {

double at_quantile(const std::vector<double>& sorted, double q) {
  return sorted.empty() ? 0 : sorted[static_cast<size_t>(q * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

LoadReport measure_load(Policy& policy, const LoadOptions& options) {
  if (options.requests < 1 || options.in_flight < 1 || options.in_flight > 4096)
    throw bad_input("policy.load", "{} requests, {} in flight: expected at least 1, and at most 4096 in flight",
                    options.requests, options.in_flight);
  using Clock = std::chrono::steady_clock;
  LoadReport report;
  std::vector<double> times;
  std::mutex mutex;
  std::exception_ptr thrown;
  std::atomic<int64_t> next = 0;
  Progress progress("requests", static_cast<uint64_t>(options.requests), {.unit = "requests"});
  const auto begin = Clock::now();
  run_threads(static_cast<size_t>(std::min(options.in_flight, options.requests)), [&](size_t) {
    for (int64_t i; (i = next++) < options.requests && !interrupted();) {
      Request request = options.request;
      request.seed += static_cast<uint64_t>(i);
      const auto start = Clock::now();
      try {
        const Reply reply = policy.complete(request);
        const std::lock_guard lock(mutex);
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        ++report.requests;
        if (const auto* response = std::get_if<Response>(&reply)) {
          report.choices += std::ssize(response->choices);
          for (const Choice& choice : response->choices) report.tokens += choice.tokens;
        } else if (report.failed++ == 0) {
          report.first_fault = std::get<PolicyFault>(reply).message;
        }
        progress.update(static_cast<uint64_t>(report.requests));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!thrown) thrown = std::current_exception();
        next = options.requests;
      }
    }
  });
  if (thrown) std::rethrow_exception(thrown);
  report.seconds = seconds_since(begin);
  std::ranges::sort(times);
  report.median_ms = at_quantile(times, 0.5);
  report.p95_ms = at_quantile(times, 0.95);
  return report;
}

Json load_json(const LoadReport& report) {
  Json json = {{"requests", report.requests},
               {"failed", report.failed},
               {"choices", report.choices},
               {"tokens", report.tokens},
               {"seconds", report.seconds},
               {"requests_per_second", report.requests_per_second()},
               {"tokens_per_second", report.seconds > 0 ? static_cast<double>(report.tokens) / report.seconds : 0},
               {"median_ms", report.median_ms},
               {"p95_ms", report.p95_ms}};
  if (!report.first_fault.empty()) json["first_fault"] = report.first_fault;
  return json;
}

}  // namespace hrm::policy
