#include "policy/balancing.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"

namespace hrm::policy {

BalancingPolicy::BalancingPolicy(std::vector<std::shared_ptr<Policy>> endpoints, BalanceOptions options)
    : options_(options) {
  if (endpoints.empty()) throw bad_input("policy.balancing", "no endpoint given");
  for (std::shared_ptr<Policy>& endpoint : endpoints) {
    if (endpoint->name() != endpoints.front()->name())
      throw bad_input("policy.balancing", "endpoints of different models: '{}' and '{}'", endpoints.front()->name(),
                      endpoint->name());
    endpoints_.push_back({.policy = endpoint});
  }
}

// The best endpoint that was not tried yet. REQUIRES: there is one.
size_t BalancingPolicy::take(const std::vector<bool>& tried) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const auto rank = [&](const Endpoint& endpoint) {
    const bool rests = endpoint.rested_until > now;
    return std::tuple(rests, rests ? endpoint.rested_until : now, endpoint.running, endpoint.last_used);
  };
  size_t best = endpoints_.size();
  for (size_t i = 0; i < endpoints_.size(); ++i)
    if (!tried[i] && (best == endpoints_.size() || rank(endpoints_[i]) < rank(endpoints_[best]))) best = i;
  ++endpoints_[best].running;
  endpoints_[best].last_used = ++uses_;
  return best;
}

void BalancingPolicy::give_back(size_t index, const PolicyFault* fault) {
  const std::lock_guard lock(mutex_);
  Endpoint& endpoint = endpoints_[index];
  --endpoint.running;
  if (!fault) {
    endpoint.faults_in_row = 0;
    endpoint.rested_until = Clock::time_point::min();
    return;
  }
  const double rest = std::min(
      options_.longest_rest_seconds,
      std::max(fault->retry_after,
               std::ldexp(options_.rest_seconds, static_cast<int>(std::min<int64_t>(endpoint.faults_in_row, 60)))));
  // Faults of requests that were under way together count once.
  const auto now = Clock::now();
  if (endpoint.rested_until <= now) ++endpoint.faults_in_row;
  endpoint.rested_until = std::max(
      endpoint.rested_until, now + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(rest)));
}

Reply BalancingPolicy::complete(const Request& request) {
  std::vector<bool> tried(endpoints_.size());
  for (size_t count = 1;; ++count) {
    const size_t index = take(tried);
    tried[index] = true;
    Reply reply = PolicyFault{};
    try {
      reply = endpoints_[index].policy->complete(request);
    } catch (...) {
      give_back(index, nullptr);
      throw;
    }
    const auto* fault = std::get_if<PolicyFault>(&reply);
    const bool temporary = fault && fault->temporary;
    give_back(index, temporary ? fault : nullptr);
    if (!temporary || count == endpoints_.size() || interrupted()) return reply;
    log_detail("{}; trying another endpoint", fault->message);
  }
}

}  // namespace hrm::policy
