// Errors of the headers for C++ (solver.h, evaluator.h, reward.h). These are thin classes over the C interface in hrm.h,
// in C++17 and without a part in the library: any compiler and standard library will do.
#ifndef HRM_ERROR_H
#define HRM_ERROR_H

#include <hrm/hrm.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>

namespace hrm {
inline namespace api {  // its own names, also in a program that links parts of hrm itself

// what(): the line that the program would print.
class Error : public std::runtime_error {
 public:
  Error(hrm_status status, const std::string& text) : std::runtime_error(text), status_(status) {}
  hrm_status status() const { return status_; }  // HRM_FAILURE, HRM_BAD_INPUT or HRM_STOPPED

 private:
  hrm_status status_;
};

namespace detail {

struct Free {
  void operator()(char* text) const { hrm_free(text); }
};
using Text = std::unique_ptr<char, Free>;

// Calls function(arguments..., &error) and throws Error unless it gives HRM_OK.
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
  char* error = nullptr;
  const hrm_status status = function(arguments..., &error);
  const Text text(error);
  if (status != HRM_OK) throw Error(status, text ? text.get() : "out of memory");
}

// The same for functions whose last result is a text.
template <typename Function, typename... Arguments>
std::string text_of(Function function, Arguments... arguments) {
  char* result = nullptr;
  call(function, arguments..., &result);
  const Text text(result);
  return text.get();
}

}  // namespace detail

// A request to stop: give stop.get() to options, and call set() from any thread or a signal handler.
class Stop {
 public:
  Stop() : stop_(hrm_stop_new()) {
    if (!stop_) throw std::bad_alloc();
  }
  void set() { hrm_stop_set(stop_.get()); }
  hrm_stop* get() const { return stop_.get(); }

 private:
  struct Close {
    void operator()(hrm_stop* stop) const { hrm_stop_free(stop); }
  };
  std::unique_ptr<hrm_stop, Close> stop_;
};

}  // namespace api
}  // namespace hrm

#endif
