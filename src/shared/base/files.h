// Files: whole reads, memory maps, and writes that are never half-written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hrm {

// Throws bad_input when the file cannot be opened or read, or holds more than 1 GiB.
std::string read_file(const std::filesystem::path& path);

// Temporary file beside the target, fsync, rename, fsync of the folder: after a crash the target is the old file or the
// new one. Creates missing parent folders. Throws failure (naming path and errno) on a full disk; the old file stays
// and the temporary one is removed.
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
