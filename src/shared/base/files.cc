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

void sync_folder(const fs::path& folder) {
  Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());  // some file systems refuse; the rename itself has succeeded
}

}  // namespace

bool write_all(int descriptor, std::string_view bytes, std::optional<size_t> at) {
  while (!bytes.empty()) {
    const ssize_t n = at ? ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(*at))
                         : ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
    if (at) *at += static_cast<size_t>(n);
  }
  return true;
}

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

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw failure("files.write", "{}: cannot create folder: {}", folder.string(), error.message());
  const fs::file_status status = fs::status(path_, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw bad_input("files.write", "{}: exists and is not a regular file", path_.string());
  remove_leftovers_once(folder, path_);
  temporary_ = fs::path(path_).concat(fmt::format(".tmp.{}", ::getpid()));
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw failure("files.write", "{}: cannot create: {}", path_.string(), reason());
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  if (!write_all(descriptor_, bytes))
    throw failure("files.write", "{}: {}; the previous file is unchanged", path_.string(), reason());
}

void AtomicFile::finish() {
  if (::fsync(descriptor_) != 0) throw failure("files.write", "{}: fsync: {}", path_.string(), reason());
  if (::close(std::exchange(descriptor_, -1)) != 0)
    throw failure("files.write", "{}: close: {}", path_.string(), reason());
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    throw failure("files.write", "{}: rename: {}", path_.string(), reason());
  temporary_.clear();
  sync_folder(path_.has_parent_path() ? path_.parent_path() : fs::path("."));
}

void check_writable(const fs::path& path) { const AtomicFile probe(path); }

void write_file_atomic(const fs::path& path, const std::function<void(const ByteSink&)>& writer) {
  AtomicFile file(path);
  writer([&](std::span<const std::byte> bytes) {
    file.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
  file.finish();
}

void write_file_atomic(const fs::path& path, std::span<const std::byte> bytes) {
  write_file_atomic(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void write_file_atomic(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.finish();
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
