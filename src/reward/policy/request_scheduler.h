// Jobs that ask a policy, side by side, with a fixed number of requests under way whichever job they belong to. What a
// job gets depends only on what it asks, so results do not depend on the number of threads. A job is one of two:
//
//   a program of its own that asks, thinks and asks again: it calls complete(), which blocks (search)
//   work that spreads: each part asks the policy itself and adds the parts that follow from the reply, without waiting
//   for them; so a tree with many open nodes holds no thread for those that wait (growth)
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <utility>
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

  // Calls job(0), ..., job(n - 1), earlier ones first and each where no added part waits, and returns when all have
  // ended. Where a job, a part or the policy throws, after an interrupt, or once the run has given up, no further one
  // is begun; the first exception is rethrown here.
  void run(size_t n, const std::function<void(size_t)>& job);

  // From a job or one of its parts: a part more. Parts of earlier jobs come first, then the order of arrival.
  void add(size_t job, std::function<void()> part);

  // From a job: one reply per request, in order. Blocks, and answers requests of other jobs meanwhile. A request whose
  // turn comes after the end of the run is a fault.
  std::vector<TimedReply> complete(std::span<const Request> requests);

  // From a job or part: whether it got what it asked for. After 2 in_flight + 20 failures in a row the run gives up.
  void note_success();
  bool note_failure();  // whether it has given up
  bool gave_up() const;

 private:
  struct Call {
    std::span<const Request> requests;
    std::vector<TimedReply> replies;
    size_t open;
  };
  struct Task {
    Call* call;
    size_t index;
  };
  using Lock = std::unique_lock<std::mutex>;
  void work(const std::function<void(size_t)>& job);
  // REQUIRES of the next three: mutex_ is held.
  bool stopped() const;
  std::function<void()> take(const std::function<void(size_t)>& job);  // a part or a job; empty: there is none
  void answer(Lock& lock);                                             // the request that waits longest
  void note_exception();

  Policy& policy_;
  size_t threads_;
  mutable std::mutex mutex_;
  std::condition_variable idle_, waiting_;  // of threads without work; of those in complete()
  std::deque<Task> requests_;
  std::map<std::pair<size_t, uint64_t>, std::function<void()>> parts_;  // by job and order of arrival
  uint64_t added_ = 0;
  size_t next_ = 0, jobs_ = 0, running_ = 0;  // running_: jobs and parts
  size_t failures_in_row_ = 0;
  bool gave_up_ = false;
  std::exception_ptr error_;
};

}  // namespace hrm::policy
