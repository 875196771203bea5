// Stopping the work of one thread: what a signal is to the program (base/signals.h), for callers that are a part of
// another program and must leave its signals alone.
#pragma once

#include <atomic>

namespace hrm {

// While alive, interrupted() is also true on this thread once the flag is set. Scopes nest: the innermost flag counts.
// The flag must outlive the scope.
class CancelScope {
 public:
  explicit CancelScope(const std::atomic<bool>& flag);
  ~CancelScope();
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

 private:
  const std::atomic<bool>* const outer_;
};

}  // namespace hrm
