// The only exception type of the project, thrown where a fault is found and caught once, in cli/main.cc.
//
// Every message names the place, the values and a way out:
//   throw bad_input("safetensors.load", "{}: tensor '{}' ends at {}, file has {} bytes: truncated?", path, name, end,
//   size);
// Expected failures of single items (a timed-out request, an ungradable answer) are values, not exceptions.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace hrm {

enum class Fault {
  kBadInput,  // usage, configuration or data that the caller can mend: exit code 2
  kFailure,   // something broke while running (disk full, NaN loss): exit code 1
};

class Error : public std::runtime_error {
 public:
  // where: "room.function" or "room.Class.function".
  Error(Fault fault, std::string_view where, std::string_view message)
      : std::runtime_error(fmt::format("[{}] {}", where, message)), fault_(fault) {}

  std::string_view where() const { return whole().substr(1, whole().find("] ") - 1); }
  std::string_view message() const { return whole().substr(whole().find("] ") + 2); }  // what() without the place
  Fault fault() const { return fault_; }
  int exit_code() const { return fault_ == Fault::kBadInput ? 2 : 1; }

 private:
  std::string_view whole() const { return what(); }

  Fault fault_;
};

template <typename... Args>
[[nodiscard]] Error bad_input(std::string_view where, fmt::format_string<Args...> format, Args&&... args) {
  return Error(Fault::kBadInput, where, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
[[nodiscard]] Error failure(std::string_view where, fmt::format_string<Args...> format, Args&&... args) {
  return Error(Fault::kFailure, where, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace hrm
