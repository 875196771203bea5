// JSON lines: one JSON value per line.
#pragma once

#include <cstdio>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/shards.h"

namespace hrm {

struct JsonlOptions {
  // Faulty lines are counted and listed in bad() instead of thrown (--skip-bad).
  bool skip_bad = false;
  // A last line without a newline that is not valid JSON is a write cut short and counts as the end: right for logs.
  // Set to false for data, in which such a line is as faulty as any other.
  bool forgive_cut_end = true;
  // A file that begins with '[' is one array, and its elements are read as if they were lines.
  bool accept_array = false;
  size_t max_record = size_t{1} << 26;  // bytes of a line
  Shard shard = {};                     // lines of other processes are passed over unread, faulty ones too
};

// What was skipped.
struct BadLines {
  static constexpr size_t kMostListed = 100;
  uint64_t count = 0;
  std::vector<std::string> messages;  // the first kMostListed, one line each
  std::vector<uint64_t> records;      // of each message: which record of its file it is about, from 0
  void add(std::string message, uint64_t record = 0);
};

//   for (JsonlReader lines(path); lines.next();) use(lines.value(), lines.line());
// and with faults that are only seen when a value is used:
//   for (JsonlReader lines(path, {.skip_bad = true}); lines.next();) try {
//       use(lines.value(), lines.place());
//     } catch (const Error& error) {
//       lines.reject(error);
//     }
// The file may be compressed or "-", standard input; it is read as a stream. A record holds at most max_record
// bytes and 2^22 values. A file that by its first bytes is something else (Parquet, an archive, a page) is refused by
// name.
//
// What Python's json module writes and reads beyond the standard is read: half of a surrogate pair (\ud835) as U+FFFD,
// with a warning, and NaN, a missing number, as null.
class JsonlReader {
 public:
  explicit JsonlReader(const std::filesystem::path& path, JsonlOptions options = {});  // throws bad_input
  // source: how errors name the input.
  JsonlReader(std::unique_ptr<std::istream> input, std::string source, JsonlOptions options = {});

  // The next line that is not blank; false at the end. Throws bad_input naming file and line for a faulty line unless
  // such are skipped, and in any case for damaged compression and a line too long. Of data (forgive_cut_end off),
  // throws Interrupted if an InterruptScope was told to stop; a run's own log is read to its end.
  bool next();
  const Json& value() const { return value_; }
  Json take() { return std::move(value_); }      // value() is then null
  size_t line() const { return line_; }          // counted from 1
  uint64_t records() const { return records_; }  // lines so far that are not blank, with those passed over
  size_t bytes() const;                          // of memory that the value takes, at most: for a MemoryBudget
  std::string place() const { return source_ + ": line " + std::to_string(line_); }  // for errors about the value
  const std::string& source() const { return source_; }

  // The current value is bad: throws the error, or notes it if faulty lines are skipped. InputTooLarge is
  // thrown in any case.
  void reject(const Error& error);
  const BadLines& bad() const { return bad_; }

 private:
  enum class Layout { kUnknown, kLines, kArray, kEnded };
  bool read_record();
  bool read_line();
  bool read_element();
  void find_layout();
  void refuse_other_kinds();
  bool parse_mended(const Error& error);
  int get();
  void skip_blanks();
  void keep(int c);

  std::unique_ptr<std::istream> input_;
  std::string source_, text_;
  JsonlOptions options_;
  Layout layout_ = Layout::kUnknown;
  Json value_;
  BadLines bad_;
  bool cut_short_ = false;  // the current text ends with the file
  bool warned_ = false;     // of halves of surrogate pairs
  uint64_t records_ = 0;
  size_t line_ = 0;      // where the current record begins
  size_t newlines_ = 0;  // taken so far
};

// A result of JSON lines: a file that appears as a whole or not at all (base/files.h, AtomicFile), or standard output.
class JsonlOutput {
 public:
  // path empty: standard output, where each line is printed at once.
  explicit JsonlOutput(const std::filesystem::path& path);
  void write(const Json& value);
  // Puts the file into its place, once, last. Without it what was there before stays.
  void finish();
  bool is_file() const { return file_.has_value(); }

 private:
  std::optional<AtomicFile> file_;
  std::string lines_;  // not yet handed to the file
};

// A log of JSON lines that grows while it is read. A last line cut short by a crash is removed first.
class JsonlWriter {
 public:
  // Creates missing parent folders. Throws failure if the file cannot be written.
  explicit JsonlWriter(const std::filesystem::path& path);
  // One line, handed to the system before this returns. Throws failure on a full disk.
  void write(const Json& value);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace hrm
