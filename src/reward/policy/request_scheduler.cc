#include "policy/request_scheduler.h"

#include <chrono>

#include "base/clock.h"
#include "base/error.h"
#include "base/signals.h"
#include "base/threads.h"

namespace hrm::policy {

RequestScheduler::RequestScheduler(Policy& policy, int64_t in_flight)
    : policy_(policy), threads_(static_cast<size_t>(in_flight)) {
  if (in_flight < 1 || in_flight > 1024)
    throw bad_input("policy.request_scheduler", "--in-flight {}: expected 1 to 1024", in_flight);
}

void RequestScheduler::run(size_t n, const std::function<void(size_t)>& job) {
  next_ = 0;
  jobs_ = n;
  stopped_ = false;
  error_ = nullptr;
  run_threads(threads_, [&](size_t) { work(job); });
  if (error_) std::rethrow_exception(error_);
}

bool RequestScheduler::stopped() const { return stopped_ || error_ || interrupted(); }

void RequestScheduler::work(const std::function<void(size_t)>& job) {
  Lock lock(mutex_);
  for (;;) {
    if (!queue_.empty()) {
      answer(lock);
    } else if (next_ < jobs_ && !stopped()) {
      const size_t index = next_++;
      ++running_;
      lock.unlock();
      try {
        job(index);
      } catch (...) {
        note_exception();
      }
      lock.lock();
      --running_;
    } else if (running_ == 0) {
      break;
    } else {
      changed_.wait(lock);
      continue;
    }
    changed_.notify_all();
  }
}

void RequestScheduler::answer(Lock& lock) {
  using Clock = std::chrono::steady_clock;
  const Task task = queue_.front();
  queue_.pop_front();
  TimedReply timed{.reply = PolicyFault{.message = interrupted() ? "interrupted" : "the run has ended"}};
  if (!stopped()) {
    lock.unlock();
    const auto begin = Clock::now();
    try {
      timed.reply = policy_.complete(task.batch->requests[task.index]);
    } catch (...) {
      note_exception();
    }
    timed.seconds = seconds_since(begin);
    lock.lock();
  }
  task.batch->replies[task.index] = std::move(timed);
  --task.batch->open;
}

std::vector<TimedReply> RequestScheduler::complete(std::span<const Request> requests) {
  Call batch{requests, std::vector<TimedReply>(requests.size()), requests.size()};
  Lock lock(mutex_);
  for (size_t i = 0; i < requests.size(); ++i) queue_.push_back({&batch, i});
  changed_.notify_all();
  while (batch.open > 0) {
    if (queue_.empty()) {
      changed_.wait(lock);
      continue;
    }
    answer(lock);
    changed_.notify_all();
  }
  return std::move(batch.replies);
}

void RequestScheduler::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

void RequestScheduler::note_exception() {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::current_exception();
}

}  // namespace hrm::policy
