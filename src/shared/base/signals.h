// Ctrl-C (SIGINT), SIGTERM and the end of the terminal (SIGHUP) as a polite request: long loops ask interrupted()
// between steps, save and stop.
#pragma once

namespace hrm {

// While alive, the first signal sets interrupted(); a second one ends the process at once. interrupted() is false again
// after its end: ask before. SIGHUP stays ignored where it was (nohup).
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
};

bool interrupted();
void request_interrupt();  // what the signal does; for tests

constexpr int kInterruptedExitCode = 130;  // 128 + SIGINT, as shells expect

}  // namespace hrm
