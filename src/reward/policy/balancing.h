// Several endpoints of the same model behind one policy: a request goes to the one with the fewest requests under way
// (then the one that was used longest ago). One that has a temporary fault is rested for a while, twice as long each
// time in a row, and the request goes to the next at once; when all have failed it, the last fault is the reply. Rested
// endpoints are asked only where nothing else is left.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "policy/policy.h"

namespace hrm::policy {

struct BalanceOptions {
  double rest_seconds = 1;  // after the first fault in a row
  double longest_rest_seconds = 60;
};

class BalancingPolicy : public Policy {
 public:
  // Throws bad_input without endpoints or where their names differ, since replies would not be those of one model.
  explicit BalancingPolicy(std::vector<std::shared_ptr<Policy>> endpoints)
      : BalancingPolicy(std::move(endpoints), {}) {}
  BalancingPolicy(std::vector<std::shared_ptr<Policy>> endpoints, BalanceOptions options);
  Reply complete(const Request& request) override;
  std::string name() const override { return endpoints_.front().policy->name(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Endpoint {
    std::shared_ptr<Policy> policy;
    int64_t running = 0, faults_in_row = 0;
    uint64_t last_used = 0;
    Clock::time_point rested_until = Clock::time_point::min();
  };
  size_t take(const std::vector<bool>& tried);
  void give_back(size_t index, const PolicyFault* fault);

  std::vector<Endpoint> endpoints_;
  BalanceOptions options_;
  std::mutex mutex_;
  uint64_t uses_ = 0;
};

}  // namespace hrm::policy
