// Remembers replies by (name of the policy, prompt or messages, parameters, seed) in a file
// (docs/formats/reply-cache.md) that survives a kill: the same request is never paid for twice, in this run or a later
// one. A request that is already under way is waited for, not sent again. Faults are not remembered.
#pragma once

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>

#include "formats/record_log.h"
#include "policy/policy.h"
#include "policy/request_key.h"

namespace hrm::policy {

class CachingPolicy : public Policy {
 public:
  // Opens or creates the file; keeps an index of it, not the replies, in memory. Damaged records are left out with a
  // warning. Throws bad_input for another kind of file, and where another process is writing it.
  CachingPolicy(std::shared_ptr<Policy> inner, const std::filesystem::path& path);
  // Throws failure if the disk is full.
  Reply complete(const Request& request) override;
  std::string name() const override { return inner_->name(); }

 private:
  std::shared_ptr<Policy> inner_;
  std::mutex mutex_;
  std::map<RequestKey, uint64_t> stored_;  // where the record's payload begins
  std::map<RequestKey, std::shared_future<Reply>> under_way_;
  std::unique_ptr<RecordLog> log_;
};

}  // namespace hrm::policy
