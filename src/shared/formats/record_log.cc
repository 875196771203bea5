#include "formats/record_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/error.h"
#include "base/files.h"
#include "formats/bytes.h"
#include "formats/checksum.h"

namespace hrm {
namespace {

constexpr uint32_t kMarker = 0x9d4c52bf;  // no valid UTF-8 in this order of bytes, so rare in what logs hold
constexpr size_t kKindBytes = 8, kHeaderBytes = 12;

enum class Found { kRecord, kCutShort, kNothing };

struct Header {
  Found found = Found::kNothing;
  size_t payload = 0;
};

// What begins at `at`: a sound record, one that the end of the file cuts short, or neither.
Header read_header(std::span<const std::byte> bytes, size_t at) {
  const auto rest = bytes.subspan(at);
  std::string marker;
  append_le(marker, kMarker);
  const size_t shared = std::min(rest.size(), marker.size());
  if (as_text(rest.first(shared)) != std::string_view(marker).substr(0, shared)) return {};
  if (rest.size() < kHeaderBytes) return {.found = Found::kCutShort};
  const size_t payload = load_le<uint32_t>(rest, 8);
  if (payload > kMaxRecordBytes) return {};
  if (payload > rest.size() - kHeaderBytes) return {.found = Found::kCutShort};
  if (crc32c(rest.subspan(8, 4 + payload)) != load_le<uint32_t>(rest, 4)) return {};
  return {.found = Found::kRecord, .payload = payload};
}

// The next place at or after `at` where a sound record begins; the end where there is none.
size_t next_record(std::span<const std::byte> bytes, size_t at) {
  constexpr auto first = static_cast<std::byte>(kMarker & 0xff);
  for (;; ++at) {
    at = static_cast<size_t>(std::find(bytes.begin() + static_cast<ptrdiff_t>(at), bytes.end(), first) - bytes.begin());
    if (at == bytes.size() || read_header(bytes, at).found == Found::kRecord) return at;
  }
}

void check_kind(std::span<const std::byte> bytes, std::string_view kind, std::string_view source) {
  const size_t shared = std::min(bytes.size(), kKindBytes);
  if (as_text(bytes.first(shared)) != kind.substr(0, shared))
    throw bad_input("record_log.read", "{}: begins with '{}', expected '{}': a file of another kind?", source,
                    shown(as_text(bytes.first(shared))), kind);
}

void write_record(int file, std::string_view bytes, uint64_t at, const std::filesystem::path& path) {
  if (write_all(file, bytes, at)) return;
  const int code = errno;
  // A torn record is dropped by the next reader even where this fails too.
  [[maybe_unused]] const int ignored = ftruncate(file, static_cast<off_t>(at));
  throw failure("record_log.append", "{}: {}; earlier records are kept", path.string(), std::strerror(code));
}

}  // namespace

RecordLogReport read_record_log(std::span<const std::byte> bytes, std::string_view kind, std::string_view source,
                                const RecordVisitor& visit) {
  check_kind(bytes, kind, source);
  RecordLogReport report;
  if (bytes.size() < kKindBytes) {
    report.torn = !bytes.empty();
    return report;
  }
  report.whole_bytes = kKindBytes;
  for (size_t at = kKindBytes; at < bytes.size();) {
    const Header header = read_header(bytes, at);
    if (header.found == Found::kRecord) {
      visit(bytes.subspan(at + kHeaderBytes, header.payload), at + kHeaderBytes);
      ++report.records;
      report.whole_bytes = at += kHeaderBytes + header.payload;
      continue;
    }
    const size_t next = next_record(bytes, at + 1);
    if (next == bytes.size() && header.found == Found::kCutShort) {
      report.torn = true;
      break;
    }
    ++report.damaged_places;
    if (report.places.size() < RecordLogReport::kMostPlaces) report.places.push_back({at, next - at});
    report.damaged_bytes += next - at;
    at = next;
  }
  return report;
}

RecordLog::RecordLog(const std::filesystem::path& path, std::string_view kind, const RecordVisitor& visit)
    : path_(path) {
  const auto cannot = [&](std::string_view what) {
    const int code = errno;
    if (file_ >= 0) close(file_);
    return failure("record_log.open", "{}: {}: {}", path_.string(), what, std::strerror(code));
  };
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw cannot("cannot be opened for writing");
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw cannot("cannot be locked");
    close(file_);
    throw bad_input("record_log.open", "{}: another process is writing it; wait until it ends or use another file",
                    path_.string());
  }
  try {
    const MappedFile mapped(path);
    report_ = read_record_log(mapped.bytes(), kind, path_.string(), visit);
    size_ = report_.torn ? report_.whole_bytes : mapped.bytes().size();
    if (report_.torn && ftruncate(file_, static_cast<off_t>(size_)) != 0)
      throw failure("record_log.open", "{}: cannot remove an incomplete record: {}", path_.string(),
                    std::strerror(errno));
    if (size_ == 0) write_record(file_, kind, 0, path_);
    size_ = std::max<uint64_t>(size_, kKindBytes);
  } catch (...) {
    close(file_);
    throw;
  }
}

RecordLog::~RecordLog() { close(file_); }

uint64_t RecordLog::append(std::span<const std::byte> payload) {
  if (payload.size() > kMaxRecordBytes)
    throw bad_input("record_log.append", "{}: a record of {} bytes; at most {} fit", path_.string(), payload.size(),
                    kMaxRecordBytes);
  std::string checked;
  append_le(checked, static_cast<uint32_t>(payload.size()));
  checked += as_text(payload);
  std::string record;
  record.reserve(kHeaderBytes + payload.size());
  append_le(record, kMarker);
  append_le(record, crc32c(bytes_of(checked)));
  record += checked;
  const std::lock_guard lock(mutex_);
  write_record(file_, record, size_, path_);
  const uint64_t at = size_ + kHeaderBytes;
  size_ += record.size();
  return at;
}

std::string RecordLog::read(uint64_t at) const {
  std::string record(kHeaderBytes, '\0');
  const auto take = [&](size_t from, size_t to) {
    while (from < to) {
      const ssize_t n = pread(file_, record.data() + from, to - from, static_cast<off_t>(at - kHeaderBytes + from));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      from += static_cast<size_t>(n);
    }
    return true;
  };
  bool sound = take(0, kHeaderBytes);
  const size_t payload = sound ? load_le<uint32_t>(bytes_of(record), 8) : 0;
  sound = sound && payload <= kMaxRecordBytes;
  if (sound) record.resize(kHeaderBytes + payload);
  sound = sound && take(kHeaderBytes, record.size()) && read_header(bytes_of(record), 0).found == Found::kRecord;
  if (!sound) throw failure("record_log.read", "{}: the record at byte {} is damaged", path_.string(), at);
  return record.substr(kHeaderBytes);
}

void RecordLog::sync() {
  if (fsync(file_) != 0) throw failure("record_log.sync", "{}: {}", path_.string(), std::strerror(errno));
}

}  // namespace hrm
