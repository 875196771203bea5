// Asks again after a temporary fault, with exponential back-off and jitter:
//   pause k (from 0) = min(first * 2^k, longest) * u,  u uniform in [1/2, 1],
// or what the server asked for (Retry-After) if that is longer, but never more than longest_asked. Once
// interrupted() it neither waits nor asks again.
#pragma once

#include <memory>

#include "policy/meter.h"
#include "policy/policy.h"

namespace hrm::policy {

struct RetryOptions {
  int64_t attempts = 6;        // in all, at least 1
  double first_seconds = 0.5;  // before the second attempt
  double longest_seconds = 30;
  double longest_asked_seconds = 120;  // a longer Retry-After is cut to this
  uint64_t seed = 0;                   // of the jitter, which also depends on the request
};

class RetryingPolicy : public Policy {
 public:
  // meter: may be null. Throws bad_input for fewer than one attempt or negative seconds.
  RetryingPolicy(std::shared_ptr<Policy> inner, RetryOptions options, std::shared_ptr<Meter> meter = nullptr);
  Reply complete(const Request& request) override;
  std::string name() const override { return inner_->name(); }

 private:
  std::shared_ptr<Policy> inner_;
  RetryOptions options_;
  std::shared_ptr<Meter> meter_;
};

}  // namespace hrm::policy
