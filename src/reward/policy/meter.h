// What a policy has cost so far. The layers of one policy add to one meter, from any number of threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/json.h"
#include "policy/policy.h"

namespace hrm::policy {

struct Prices {  // per million tokens, in whatever currency
  double prompt = 0, completion = 0;
};

struct Usage {
  int64_t requests = 0;                                // that callers made
  int64_t failed = 0;                                  // of these, without a reply in the end
  int64_t cached = 0;                                  // of these, answered without asking the model
  int64_t attempts = 0;                                // requests that went out, with repeated ones
  int64_t faults = 0;                                  // of these, that failed
  int64_t retries = 0;                                 // pauses before another attempt
  int64_t choices = 0, prompt_tokens = 0, tokens = 0;  // received from the model, not from a cache
  double seconds = 0;                                  // since the meter was made
  double cost = 0;                                     // by the prices

  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(tokens) / seconds : 0; }
};

Json usage_json(const Usage& usage);

class Meter {
 public:
  explicit Meter(Prices prices = {}) : prices_(prices) {}
  Usage usage() const;

  // An attempt that ended, by what talks to the model.
  void add_attempt(const Reply& reply);
  void add_retry() { ++retries_; }
  // A request that ended, by the outermost layer.
  void add_request(const Reply& reply);

 private:
  Prices prices_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::atomic<int64_t> requests_ = 0, failed_ = 0, cached_ = 0, attempts_ = 0, faults_ = 0, retries_ = 0, choices_ = 0,
                       prompt_tokens_ = 0, tokens_ = 0;
};

// The outermost layer: counts requests, and nothing else.
class MeteredPolicy : public Policy {
 public:
  MeteredPolicy(std::shared_ptr<Policy> inner, std::shared_ptr<Meter> meter)
      : inner_(std::move(inner)), meter_(std::move(meter)) {}
  Reply complete(const Request& request) override;
  std::string name() const override { return inner_->name(); }

 private:
  std::shared_ptr<Policy> inner_;
  std::shared_ptr<Meter> meter_;
};

}  // namespace hrm::policy
