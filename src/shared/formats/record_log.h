// Append-only logs of binary records: a killed writer loses at most the record it was writing, and damage costs only
// the records that it hits.
//
//   8 bytes    the kind of log, a text that its owner chooses
//   records    u32 marker | u32 crc32c of what follows | u32 payload's bytes | payload
//
// Reading continues after a damaged record at the next marker with a sound checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hrm {

inline constexpr size_t kMaxRecordBytes = size_t{1} << 28;

struct DamagedPlace {
  uint64_t at = 0, bytes = 0;
};

struct RecordLogReport {
  static constexpr size_t kMostPlaces = 100;
  uint64_t records = 0;
  uint64_t damaged_places = 0, damaged_bytes = 0;  // skipped between or after records
  std::vector<DamagedPlace> places;                // the first kMostPlaces of them
  uint64_t whole_bytes = 0;                        // up to the end of the last sound record
  bool torn = false;  // the last record was cut short, as by a killed writer; not counted as damage
};

// at: where the payload begins in the file.
using RecordVisitor = std::function<void(std::span<const std::byte> payload, uint64_t at)>;

// Hands every sound record to visit, in order. bytes: a whole file; no bytes at all are an empty log. Throws bad_input
// naming source if it is a file of another kind. REQUIRES: kind has 8 bytes.
RecordLogReport read_record_log(std::span<const std::byte> bytes, std::string_view kind, std::string_view source,
                                const RecordVisitor& visit);

// A log that is written, by one process at a time and any number of its threads.
class RecordLog {
 public:
  // Opens or creates the file (with missing parent folders), locks it, hands every record that it holds to visit and
  // removes a torn one at its end. Throws bad_input if it is of another kind or locked by another process, failure if
  // it cannot be written.
  RecordLog(const std::filesystem::path& path, std::string_view kind, const RecordVisitor& visit);
  ~RecordLog();
  RecordLog(const RecordLog&) = delete;
  RecordLog& operator=(const RecordLog&) = delete;

  // Hands the record to the system before it returns: it survives the end of the process, not that of the machine
  // (sync() does). Returns where the payload begins. Throws failure on a full disk; the log stays readable then.
  uint64_t append(std::span<const std::byte> payload);
  // The payload that begins there. Throws failure if it is damaged. REQUIRES: at came from append() or visit.
  std::string read(uint64_t at) const;
  void sync();

  const RecordLogReport& report() const { return report_; }  // as the file was opened
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int file_ = -1;
  uint64_t size_ = 0;
  std::mutex mutex_;
  RecordLogReport report_;
};

}  // namespace hrm
