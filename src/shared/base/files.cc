#include "base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/leftovers.h"
#include "base/waiting.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

constexpr size_t kReadChunk = size_t{1} << 16;
constexpr size_t kMostWhole = size_t{1} << 30;  // of read_file: more than any table, tokenizer or setting holds

std::string reason() { return std::strerror(errno); }

// Those of earlier processes that were killed in the middle of a write; looked for once, as a folder may be long.
void remove_leftovers_once(const fs::path& folder, const fs::path& path) {
  static std::mutex mutex;
  static std::set<fs::path> done;
  const std::lock_guard lock(mutex);
  if (done.insert(path).second) remove_leftovers(folder, path.filename().string() + ".tmp.");
}

// Closes on scope exit; write errors are reported by the explicit close().
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

void write_all(int fd, std::span<const std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw failure("files.write", "{}: {}; the previous file is unchanged", path.string(), reason());
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

void sync_folder(const fs::path& folder) {
  Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());  // some file systems refuse; the rename itself has succeeded
}

}  // namespace

std::string read_file(const fs::path& path) {
  InputFile in(path);
  std::string text;
  for (size_t size = 0;;) {
    text.resize(size + std::max(kReadChunk, size / 2));
    const size_t n = in.read(std::span(text).subspan(size));
    size += n;
    if (n == 0) {
      text.resize(size);
      return text;
    }
    if (size > kMostWhole)
      throw bad_input("files.read",
                      "{}: contains more than {} MiB, the limit for a file that is read as a whole: is it a device?",
                      path.string(), kMostWhole >> 20);
  }
}

void write_file_atomic(const fs::path& path, const std::function<void(const ByteSink&)>& writer) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw failure("files.write", "{}: cannot create folder: {}", folder.string(), error.message());
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw bad_input("files.write", "{}: exists and is not a regular file", path.string());
  remove_leftovers_once(folder, path);
  const fs::path temporary = fs::path(path).concat(fmt::format(".tmp.{}", ::getpid()));
  Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (fd.get() < 0) throw failure("files.write", "{}: cannot create: {}", path.string(), reason());
  try {
    writer([&](std::span<const std::byte> bytes) { write_all(fd.get(), bytes, path); });
    if (::fsync(fd.get()) != 0) throw failure("files.write", "{}: fsync: {}", path.string(), reason());
    if (!fd.close()) throw failure("files.write", "{}: close: {}", path.string(), reason());
    if (::rename(temporary.c_str(), path.c_str()) != 0)
      throw failure("files.write", "{}: rename: {}", path.string(), reason());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(folder);
}

void write_file_atomic(const fs::path& path, std::span<const std::byte> bytes) {
  write_file_atomic(path, [&](const ByteSink& sink) { sink(bytes); });
}

void write_file_atomic(const fs::path& path, std::string_view text) {
  write_file_atomic(path, std::as_bytes(std::span(text)));
}

void replace_folder(const fs::path& from, const fs::path& to) {
  const auto broken = [&] {
    return failure("files.replace_folder", "{}: cannot become {}: {}", from.string(), to.string(), reason());
  };
  if (!fs::exists(to)) {
    if (::rename(from.c_str(), to.c_str()) != 0) throw broken();
  } else {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) != 0) {
      if (errno != EINVAL && errno != ENOSYS) throw broken();
      const fs::path old = fs::path(to).concat(".old");
      fs::remove_all(old);
      if (::rename(to.c_str(), old.c_str()) != 0 || ::rename(from.c_str(), to.c_str()) != 0) throw broken();
      fs::remove_all(old);
    }
    fs::remove_all(from);
  }
  sync_folder(to.has_parent_path() ? to.parent_path() : fs::path("."));
}

void rename_durable(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    throw failure("files.rename", "{} to {}: {}", from.string(), to.string(), reason());
  sync_folder(to.has_parent_path() ? to.parent_path() : fs::path("."));
}

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // a named pipe has nothing to map: no wait
  struct stat info {};
  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0)
    throw bad_input("files.map", "{}: cannot open: {}", path.string(), reason());
  if (!S_ISREG(info.st_mode)) throw bad_input("files.map", "{}: is not a regular file", path.string());
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) return;
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) throw bad_input("files.map", "{}: cannot map: {}", path.string(), reason());
  data_ = {static_cast<const std::byte*>(data), Unmap{size_}};
}

void MappedFile::Unmap::operator()(const std::byte* data) const { ::munmap(const_cast<std::byte*>(data), size); }

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "hrm.XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw failure("files.temporary", "{}: {}", pattern, reason());
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace hrm
