// Zip archives. parse_zip() reads stored (uncompressed) entries only, which is what torch.save writes: entries are
// views into the archive. list_zip() lists deflated entries too, for open_input() to unpack as a stream.
//
// Read: zip64 sizes and offsets, data descriptors, extra fields, an archive comment; the sum of every entry is checked,
// unless all sums are zero, as torch.save writes them if it is told to save that time.
// Written: entries below 4 GiB each and in all, their data aligned to 64 bytes by a padding extra field.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hrm {

struct ZipEntry {
  std::string name;
  std::span<const std::byte> data;
};

// In the order of the central directory. Throws bad_input naming source, entry and fault: no central directory,
// compressed or encrypted entries, entries beyond the file or overlapping, a wrong sum, the same name twice.
std::vector<ZipEntry> parse_zip(std::span<const std::byte> bytes, std::string_view source);

// The names only, whatever the entries' compression.
std::vector<std::string> zip_names(std::span<const std::byte> bytes, std::string_view source);

struct PackedZipEntry {
  std::string name;
  std::span<const std::byte> packed;  // as it lies in the archive
  uint64_t size = 0;                  // unpacked, as the directory says
  uint32_t crc = 0;
  bool deflated = false;  // else stored
};

// The entries unread, with deflated ones: for archives that people download. The sums are not checked, that is left to
// the unpacking code. Throws bad_input as parse_zip() does.
std::vector<PackedZipEntry> list_zip(std::span<const std::byte> bytes, std::string_view source);

// Atomic. Throws bad_input if the archive would pass 4 GiB.
void save_zip(const std::filesystem::path& path, std::span<const ZipEntry> entries);

}  // namespace hrm
