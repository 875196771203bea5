#include "base/waiting.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/signals.h"

namespace hrm {
namespace {

constexpr int kTickMilliseconds = 50;  // how soon a signal is seen

}  // namespace

// Without O_NONBLOCK, opening a named pipe would wait for its writer where no signal is looked for.
InputFile::InputFile(const std::filesystem::path& path)
    : fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)), name_(path.string()) {
  struct stat info {};
  if (fd_ < 0 || ::fstat(fd_, &info) != 0) {
    const int why = errno;
    if (fd_ >= 0) ::close(fd_);
    throw bad_input("files.read", "{}: cannot open: {}", name_, std::strerror(why));
  }
  if (S_ISDIR(info.st_mode)) {
    ::close(fd_);
    throw bad_input("files.read", "{}: is a folder, expected a file", name_);
  }
  if (S_ISFIFO(info.st_mode)) {
    try {
      wait();  // a pipe that had no writer yet would read as ended
    } catch (...) {
      ::close(fd_);
      throw;
    }
  }
}

InputFile::~InputFile() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

void InputFile::wait() const {
  pollfd input{.fd = fd_, .events = POLLIN, .revents = 0};
  while (::poll(&input, 1, kTickMilliseconds) <= 0)
    if (interrupted()) throw Interrupted(Fault::kFailure, "files.read", name_ + ": interrupted while waiting for data");
}

size_t InputFile::read(std::span<char> to) {
  while (true) {
    wait();  // at once for a regular file
    const ssize_t n = ::read(fd_, to.data(), to.size());
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR && errno != EAGAIN)
      throw bad_input("files.read", "{}: cannot read: {}", name_, std::strerror(errno));
  }
}

}  // namespace hrm
