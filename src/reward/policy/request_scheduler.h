// Jobs that ask a policy, side by side, with a fixed number of requests under way whichever job they belong to. A job
// may be a program of its own that asks, thinks and asks again: what it gets depends only on what it asks, so results
// do not depend on the number of threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "policy/policy.h"

namespace hrm::policy {

struct TimedReply {
  Reply reply;
  double seconds = 0;  // of its request alone, without waiting for its turn
};

class RequestScheduler {
 public:
  // in_flight: maximum number of simultaneous requests, and threads. Throws bad_input outside 1 to 1024.
  RequestScheduler(Policy& policy, int64_t in_flight);

  // Calls job(0), ..., job(n - 1), earlier ones first, and returns when all have ended. Where a job or the policy
  // throws, or after stop() or an interrupt, no further job is begun; the first exception is rethrown here.
  void run(size_t n, const std::function<void(size_t)>& job);

  // From a job: one reply per request, in order. Blocks, and answers requests of other jobs meanwhile. A request whose
  // turn comes after stop() or an interrupt is a fault.
  std::vector<TimedReply> complete(std::span<const Request> requests);

  // Ends the run early. From a job.
  void stop();

 private:
  struct Call {
    std::span<const Request> requests;
    std::vector<TimedReply> replies;
    size_t open;
  };
  struct Task {
    Call* batch;
    size_t index;
  };
  using Lock = std::unique_lock<std::mutex>;
  void work(const std::function<void(size_t)>& job);
  bool stopped() const;     // REQUIRES: mutex_ is held
  void answer(Lock& lock);  // the request that waits longest
  void note_exception();

  Policy& policy_;
  size_t threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> queue_;
  size_t next_ = 0, jobs_ = 0, running_ = 0;
  bool stopped_ = false;
  std::exception_ptr error_;
};

}  // namespace hrm::policy
