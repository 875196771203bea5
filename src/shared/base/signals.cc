#include "base/signals.h"

#include <atomic>
#include <csignal>

#include "base/cancel.h"

namespace hrm {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // safe inside a signal handler
thread_local const std::atomic<bool>* canceled = nullptr;

void handler(int signal) {
  if (flag.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

InterruptScope::InterruptScope() {
  flag = false;
  std::signal(SIGINT, handler);
  std::signal(SIGTERM, handler);
  if (std::signal(SIGHUP, handler) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

InterruptScope::~InterruptScope() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  if (std::signal(SIGHUP, SIG_DFL) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
  flag = false;  // a request that was met must not stop the next loop
}

bool interrupted() { return flag || (canceled && *canceled); }
void request_interrupt() { flag = true; }

CancelScope::CancelScope(const std::atomic<bool>& request) : outer_(canceled) { canceled = &request; }
CancelScope::~CancelScope() { canceled = outer_; }

}  // namespace hrm
