// Files: whole reads, memory maps, and writes that are never half-written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hrm {

// Throws bad_input when the file cannot be opened or read, or holds more than 1 GiB.
std::string read_file(const std::filesystem::path& path);

// All of the bytes, at the descriptor's position or at `at`, also where the system takes them in pieces. False on a
// fault, with the reason in errno.
bool write_all(int descriptor, std::string_view bytes, std::optional<size_t> at = std::nullopt);

// A file that appears as a whole or not at all: a temporary file beside the target, fsync, rename, fsync of the folder.
// After a crash the target is the old file or the new one. Creates missing parent folders. Throws failure (naming path
// and errno) on a full disk; without finish() the old file stays and the temporary one is removed.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(std::string_view bytes);
  void finish();  // once, last

 private:
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

// Throws what AtomicFile would throw at its start, and leaves nothing behind but missing parent folders: for results that
// take long to make.
void check_writable(const std::filesystem::path& path);

// The same in one call.
void write_file_atomic(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomic(const std::filesystem::path& path, std::string_view text);
// The writer is handed a sink to be called any number of times; for files too large to hold twice.
using ByteSink = std::function<void(std::span<const std::byte>)>;
void write_file_atomic(const std::filesystem::path& path, const std::function<void(const ByteSink&)>& writer);

// Renames within one folder and syncs the folder, so that later writes are not seen without it after a crash. Replaces
// the target. Throws failure naming both paths and errno.
void rename_durable(const std::filesystem::path& from, const std::filesystem::path& to);

// Puts the folder `from` in the place of `to`, which is there as a whole at any moment (on file systems that can
// exchange two names; else it is missing for a moment). The old one is removed. Throws failure naming both paths.
void replace_folder(const std::filesystem::path& from, const std::filesystem::path& to);

// Read-only memory map of a whole file. Movable; an empty file gives an empty span.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);  // throws bad_input
  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Unmap {
    size_t size;
    void operator()(const std::byte* data) const;
  };
  std::filesystem::path path_;
  size_t size_ = 0;
  std::unique_ptr<const std::byte, Unmap> data_;
};

// A folder under the system's temporary folder, removed with its contents at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace hrm
