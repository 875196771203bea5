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
  failures_in_row_ = 0;
  gave_up_ = false;
  error_ = nullptr;
  run_threads(threads_, [&](size_t) { work(job); });
  parts_.clear();  // of a run that ended early
  if (error_) std::rethrow_exception(error_);
}

bool RequestScheduler::stopped() const { return gave_up_ || error_ || interrupted(); }

void RequestScheduler::work(const std::function<void(size_t)>& job) {
  Lock lock(mutex_);
  for (;;) {
    if (!requests_.empty()) {
      answer(lock);
    } else if (std::function<void()> body = take(job)) {
      ++running_;
      lock.unlock();
      try {
        body();
      } catch (...) {
        note_exception();
      }
      body = nullptr;
      lock.lock();
      if (--running_ == 0) idle_.notify_all();
    } else if (running_ == 0) {
      break;
    } else {
      idle_.wait(lock);
    }
  }
}

std::function<void()> RequestScheduler::take(const std::function<void(size_t)>& job) {
  if (stopped()) return nullptr;
  if (!parts_.empty()) return std::move(parts_.extract(parts_.begin()).mapped());
  if (next_ == jobs_) return nullptr;
  return [&job, index = next_++] { job(index); };
}

void RequestScheduler::add(size_t job, std::function<void()> part) {
  const std::lock_guard lock(mutex_);
  parts_.emplace(std::pair(job, ++added_), std::move(part));
  idle_.notify_one();
}

void RequestScheduler::answer(Lock& lock) {
  using Clock = std::chrono::steady_clock;
  const Task task = requests_.front();
  requests_.pop_front();
  TimedReply timed{.reply = PolicyFault{.message = interrupted() ? "interrupted" : "the run has ended"}};
  if (!stopped()) {
    lock.unlock();
    const auto begin = Clock::now();
    try {
      timed.reply = policy_.complete(task.call->requests[task.index]);
    } catch (...) {
      note_exception();
    }
    timed.seconds = seconds_since(begin);
    lock.lock();
  }
  task.call->replies[task.index] = std::move(timed);
  if (--task.call->open == 0) waiting_.notify_all();
}

std::vector<TimedReply> RequestScheduler::complete(std::span<const Request> requests) {
  Call call{requests, std::vector<TimedReply>(requests.size()), requests.size()};
  Lock lock(mutex_);
  for (size_t i = 0; i < requests.size(); ++i) requests_.push_back({&call, i});
  idle_.notify_all();
  waiting_.notify_all();
  while (call.open > 0) {
    if (requests_.empty())
      waiting_.wait(lock);
    else
      answer(lock);
  }
  return std::move(call.replies);
}

void RequestScheduler::note_success() {
  const std::lock_guard lock(mutex_);
  failures_in_row_ = 0;
}

bool RequestScheduler::note_failure() {
  const std::lock_guard lock(mutex_);
  gave_up_ |= ++failures_in_row_ >= 2 * threads_ + 20;
  return gave_up_;
}

bool RequestScheduler::gave_up() const {
  const std::lock_guard lock(mutex_);
  return gave_up_;
}

void RequestScheduler::note_exception() {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::current_exception();
}

}  // namespace hrm::policy
