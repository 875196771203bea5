#include "formats/zip.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "formats/bytes.h"
#include "formats/checksum.h"

namespace hrm {
namespace {

constexpr std::string_view kInZip = "zip.read";
constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                   kLocator64 = 0x07064b50;
constexpr size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56, kLocator64Size = 20;
constexpr uint32_t kNoValue32 = 0xffffffff;  // the value stands in the zip64 record
constexpr size_t kAlign = 64, kExtraHeader = 4;

struct Directory {
  uint64_t entries = 0, offset = 0, size = 0;
};

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, std::string_view source) : bytes_(bytes), source_(source) {}

  std::vector<ZipEntry> read() {
    std::vector<ZipEntry> entries;
    const std::vector<PackedZipEntry> packed = list();
    const bool summed = std::ranges::any_of(packed, [](const PackedZipEntry& entry) { return entry.crc != 0; });
    for (const PackedZipEntry& entry : packed) entries.push_back(stored(entry, summed));
    return entries;
  }

  std::vector<PackedZipEntry> list() {
    const Directory directory = find_directory();
    std::vector<PackedZipEntry> entries;
    std::set<std::string_view> names;
    uint64_t at = directory.offset, total = 0;
    for (uint64_t i = 0; i < directory.entries; ++i) {
      entries.push_back(read_entry(&at));
      // Also bounds the work of checking sums where entries overlap.
      total += entries.back().packed.size();
      if (total > bytes_.size()) throw fault("its entries overlap");
    }
    for (const PackedZipEntry& entry : entries)
      if (!names.insert(entry.name).second) throw fault(fmt::format("entry '{}' occurs twice", shown(entry.name)));
    return entries;
  }
  std::vector<std::string> names() {
    const Directory directory = find_directory();
    std::vector<std::string> names;
    uint64_t at = directory.offset;
    for (uint64_t i = 0; i < directory.entries; ++i) {
      if (get<uint32_t>(at) != kCentral) throw fault("its central directory is damaged");
      const auto size = get<uint16_t>(at + 28);
      names.push_back(text(at + kCentralSize, size));
      at += kCentralSize + size + get<uint16_t>(at + 30) + get<uint16_t>(at + 32);
    }
    return names;
  }

 private:
  Error fault(std::string_view what) const { return bad_input(kInZip, "{}: {}", source_, what); }
  template <typename T>
  T get(uint64_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T)) throw fault("a record lies beyond the file: truncated?");
    return load_le<T>(bytes_, at);
  }

  Directory find_directory() const {
    if (bytes_.size() < kEndSize) throw fault("too short for a zip archive: truncated?");
    const size_t lowest = bytes_.size() - std::min<size_t>(bytes_.size(), kEndSize + 0xffff);
    for (size_t at = bytes_.size() - kEndSize + 1; at-- > lowest;) {
      if (get<uint32_t>(at) != kEnd || get<uint16_t>(at + 20) != bytes_.size() - at - kEndSize) continue;
      const Directory directory{get<uint16_t>(at + 10), get<uint32_t>(at + 16), get<uint32_t>(at + 12)};
      if (at >= kLocator64Size && get<uint32_t>(at - kLocator64Size) == kLocator64)
        return checked(read_end64(at - kLocator64Size));
      return checked(directory);
    }
    throw fault("has no central directory: truncated?");
  }
  Directory read_end64(uint64_t locator) const {
    const auto at = get<uint64_t>(locator + 8);
    const bool elsewhere =
        locator >= kEnd64Size && at != locator - kEnd64Size && get<uint32_t>(locator - kEnd64Size) == kEnd64;
    if (elsewhere)
      throw fault(
          "its zip archive does not begin where the file does: joined files, or the shards of a distributed "
          "checkpoint (.distcp)?");
    if (get<uint32_t>(at) != kEnd64 || bytes_.size() - at < kEnd64Size) throw fault("its zip64 record is damaged");
    return {get<uint64_t>(at + 32), get<uint64_t>(at + 48), get<uint64_t>(at + 40)};
  }
  Directory checked(const Directory& d) const {
    if (d.offset > bytes_.size() || d.size > bytes_.size() - d.offset || d.entries > d.size / kCentralSize)
      throw fault("its central directory lies beyond the file: truncated?");
    return d;
  }

  Error entry_fault(std::string_view name, std::string_view what) const {
    return fault(fmt::format("entry '{}' {}", shown(name), what));
  }

  // summed: whether the archive's sums were written at all.
  ZipEntry stored(const PackedZipEntry& entry, bool summed) const {
    if (entry.deflated) throw entry_fault(entry.name, "is compressed; only stored entries are read");
    if (summed && crc32(entry.packed) != entry.crc)
      throw entry_fault(entry.name, "has a wrong checksum: the file is damaged");
    return {entry.name, entry.packed};
  }

  PackedZipEntry read_entry(uint64_t* at) const {
    const uint64_t a = *at;
    if (get<uint32_t>(a) != kCentral) throw fault("its central directory is damaged");
    const auto flags = get<uint16_t>(a + 8), method = get<uint16_t>(a + 10);
    const auto name_size = get<uint16_t>(a + 28), extra_size = get<uint16_t>(a + 30), comment = get<uint16_t>(a + 32);
    uint64_t packed = get<uint32_t>(a + 20), size = get<uint32_t>(a + 24), local = get<uint32_t>(a + 42);
    const std::string name = text(a + kCentralSize, name_size);
    read_zip64_extra(a + kCentralSize + name_size, extra_size, {&size, &packed, &local});
    *at = a + kCentralSize + name_size + extra_size + comment;

    constexpr uint16_t kStored = 0, kDeflated = 8;
    if (flags & 1) throw entry_fault(name, "is encrypted");
    if ((method != kStored || packed != size) && method != kDeflated)
      throw entry_fault(name,
                        fmt::format("is compressed by method {}; only stored and deflated entries are read", method));
    if (get<uint32_t>(local) != kLocal) throw entry_fault(name, "has no local header where the directory says");
    const uint64_t begin = local + kLocalSize + get<uint16_t>(local + 26) + get<uint16_t>(local + 28);
    if (begin > bytes_.size() || packed > bytes_.size() - begin)
      throw entry_fault(name, fmt::format("of {} bytes ends beyond the file: truncated?", packed));
    return {name, bytes_.subspan(begin, packed), size, get<uint32_t>(a + 16), method == kDeflated};
  }
  std::string text(uint64_t at, size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) throw fault("a name lies beyond the file: truncated?");
    return std::string(as_text(bytes_.subspan(at, size)));
  }
  // The zip64 field holds, in this order, those of the values that did not fit into 32 bits.
  void read_zip64_extra(uint64_t at, size_t size, std::initializer_list<uint64_t*> values) const {
    const uint64_t end = at + size;
    while (at + kExtraHeader <= end) {
      const auto id = get<uint16_t>(at), length = get<uint16_t>(at + 2);
      at += kExtraHeader;
      if (id == 1) {
        uint64_t value_at = at;
        for (uint64_t* value : values) {
          if (*value != kNoValue32) continue;
          if (value_at + 8 > at + length) throw fault("a zip64 field is too short");
          *value = get<uint64_t>(value_at);
          value_at += 8;
        }
      }
      at += length;
    }
  }

  std::span<const std::byte> bytes_;
  std::string_view source_;
};

struct Placed {
  uint32_t crc = 0, size = 0, offset = 0;
};

// version, flags, method, time, date, sum, packed and plain size: common to local and central headers.
void append_common(std::string& to, const Placed& placed) {
  constexpr uint16_t kDosDay = (1980 - 1980) << 9 | 1 << 5 | 1;  // no clock: same input, same bytes
  for (uint16_t value : {uint16_t{0}, uint16_t{1 << 11 /* UTF-8 names */}, uint16_t{0}, uint16_t{0}, kDosDay})
    append_le(to, value);
  for (uint32_t value : {placed.crc, placed.size, placed.size}) append_le(to, value);
}

std::string local_header(const ZipEntry& entry, const Placed& placed) {
  std::string header;
  append_le(header, kLocal);
  append_common(header, placed);
  append_le(header, static_cast<uint16_t>(entry.name.size()));
  const size_t unpadded = placed.offset + kLocalSize + entry.name.size() + kExtraHeader;
  const size_t padding = (kAlign - unpadded % kAlign) % kAlign;
  append_le(header, static_cast<uint16_t>(kExtraHeader + padding));
  header += entry.name + "FB";
  append_le(header, static_cast<uint16_t>(padding));
  return header + std::string(padding, 'Z');
}

std::string central_header(const ZipEntry& entry, const Placed& placed) {
  std::string header;
  append_le(header, kCentral);
  append_le(header, uint16_t{0});
  append_common(header, placed);
  append_le(header, static_cast<uint16_t>(entry.name.size()));
  header.append(12, '\0');  // no extra field, no comment, disk 0, attributes 0
  append_le(header, placed.offset);
  return header + entry.name;
}

}  // namespace

std::vector<ZipEntry> parse_zip(std::span<const std::byte> bytes, std::string_view source) {
  return Reader(bytes, source).read();
}

std::vector<std::string> zip_names(std::span<const std::byte> bytes, std::string_view source) {
  return Reader(bytes, source).names();
}

std::vector<PackedZipEntry> list_zip(std::span<const std::byte> bytes, std::string_view source) {
  return Reader(bytes, source).list();
}

void save_zip(const std::filesystem::path& path, std::span<const ZipEntry> entries) {
  constexpr uint64_t kLimit = 0xfffffffe, kOverhead = 2 * 0xffff;
  uint64_t total = 0;
  for (const ZipEntry& entry : entries) total += entry.data.size() + 2 * entry.name.size() + 256;
  if (total + kOverhead > kLimit || entries.size() > 0xfffe)
    throw bad_input("zip.save", "{}: {} bytes in {} entries; the limits are 4 GiB and 65,534: use safetensors",
                    path.string(), total, entries.size());
  write_file_atomic(path, [&](const ByteSink& sink) {
    uint64_t at = 0;
    const auto put = [&](std::span<const std::byte> bytes) {
      sink(bytes);
      at += bytes.size();
    };
    std::string directory;
    for (const ZipEntry& entry : entries) {
      const Placed placed{crc32(entry.data), static_cast<uint32_t>(entry.data.size()), static_cast<uint32_t>(at)};
      put(bytes_of(local_header(entry, placed)));
      put(entry.data);
      directory += central_header(entry, placed);
    }
    std::string end;
    append_le(end, kEnd);
    append_le(end, uint32_t{0});  // this disk, disk of the directory
    for (int i = 0; i < 2; ++i) append_le(end, static_cast<uint16_t>(entries.size()));
    append_le(end, static_cast<uint32_t>(directory.size()));
    append_le(end, static_cast<uint32_t>(at));
    append_le(end, uint16_t{0});  // no comment
    put(bytes_of(directory + end));
  });
}

}  // namespace hrm
