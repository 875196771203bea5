// Reads from sources that may block: named pipes, standard input, devices. Ctrl-C and SIGTERM end the wait.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/error.h"

namespace hrm {

// Thrown if an InterruptScope was told to stop while data was awaited. Ends the program with kInterruptedExitCode
// where nothing catches it.
class Interrupted : public Error {
 public:
  using Error::Error;
};

// A file to read from; the descriptor is closed with it.
class InputFile {
 public:
  // Waits for a named pipe's writer. Throws bad_input naming the path and why it cannot be opened (a folder too).
  explicit InputFile(const std::filesystem::path& path);
  static InputFile standard_input() { return InputFile(0, "standard input"); }
  InputFile(InputFile&& from) noexcept : fd_(std::exchange(from.fd_, -1)), name_(std::move(from.name_)) {}
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  // Up to to.size() bytes, at least one; 0 at the end. Throws bad_input if it cannot be read.
  size_t read(std::span<char> to);

 private:
  InputFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  void wait() const;

  int fd_;
  std::string name_;
};

}  // namespace hrm
