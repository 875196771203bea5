#include "policy/retrying.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/signals.h"
#include "policy/request_key.h"

namespace hrm::policy {
namespace {

// False as soon as the program is asked to stop.
bool pause(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (!interrupted()) {
    const std::chrono::duration<double> left = end - Clock::now();
    if (left.count() <= 0) return true;
    std::this_thread::sleep_for(std::min(left, std::chrono::duration<double>(0.02)));
  }
  return false;
}

}  // namespace

RetryingPolicy::RetryingPolicy(std::shared_ptr<Policy> inner, RetryOptions options, std::shared_ptr<Meter> meter)
    : inner_(std::move(inner)), options_(options), meter_(std::move(meter)) {
  if (options_.attempts < 1)
    throw bad_input("policy.retrying", "attempts = {}: expected at least 1", options_.attempts);
  for (const double seconds : {options_.first_seconds, options_.longest_seconds, options_.longest_asked_seconds})
    if (!(seconds >= 0)) throw bad_input("policy.retrying", "a pause of {} seconds: expected at least 0", seconds);
}

Reply RetryingPolicy::complete(const Request& request) {
  for (int64_t attempt = 0;; ++attempt) {
    Reply reply = inner_->complete(request);
    auto* fault = std::get_if<PolicyFault>(&reply);
    if (!fault || !fault->temporary) return reply;
    if (attempt + 1 >= options_.attempts) {
      if (attempt > 0) fault->message += fmt::format(" (attempt {} of {})", attempt + 1, options_.attempts);
      return reply;
    }
    Rng rng(options_.seed, {prompt_hash(request), request.seed, static_cast<uint64_t>(attempt)});
    const double back_off =
        std::min(std::ldexp(options_.first_seconds, static_cast<int>(std::min<int64_t>(attempt, 60))),
                 options_.longest_seconds) *
        (0.5 + 0.5 * rng.uniform());
    const double seconds = std::max(back_off, std::min(fault->retry_after, options_.longest_asked_seconds));
    if (interrupted()) return reply;
    log_detail("{}; again in {:.1f} s", fault->message, seconds);
    if (meter_) meter_->add_retry();
    if (!pause(seconds)) return reply;
  }
}

}  // namespace hrm::policy
