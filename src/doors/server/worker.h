// Threads that take tasks from a queue, in order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hrm::server {

class Worker {
 public:
  Worker(size_t threads, size_t most);
  ~Worker();  // runs the waiting tasks first
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // False if `most` tasks are waiting already. REQUIRES: the task does not throw.
  bool post(std::function<void()> task);
  size_t waiting() const { return waiting_; }

 private:
  void serve();

  const size_t most_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::atomic<size_t> waiting_{0};
  std::vector<std::thread> threads_;
};

}  // namespace hrm::server
