// The rows that one of several processes makes of its share of the records, before repeats are resolved: JSON lines,
// whole or not at all, for rows/merge.h.
//
//   {"rows_shard": 0, "of": 4, "settings": {...}}
//   {"file": 0, "record": 8, "problem": "...", "place": "a.jsonl: line 9"}   where leakage is asked for
//   {"file": 0, "record": 8, "row": "...", "label": 1, "trials": 3, "test": true}
//   {"counts": {...}, "format": "...", "fields": "...", "inputs": [{"records": 20, "bad": 1, "bad_lines": [[4, "..."]]}]}
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "base/shards.h"
#include "rows/built_files.h"

namespace hrm::rows {

class RowShard final : public RowTarget {
 public:
  RowShard(std::filesystem::path path, const Shard& shard) : shard_(shard), file_(std::move(path)) {}
  // First. settings: what shards of one build have in common.
  void begin(const Json& settings);
  void problem(const Problem& problem) override;
  void add(uint64_t record, const Row& row, bool test) override;
  void end_of_input(uint64_t records, const BadLines& bad) override;
  // Last; counts.written becomes the number of its rows.
  void finish(ConversionCounts& counts);

 private:
  void line(const Json& value);

  Shard shard_;
  AtomicFile file_;
  std::string lines_;  // not yet handed to the file
  bool problems_ = false;
  uint64_t input_ = 0, rows_ = 0;
  Json inputs_ = Json::array();
};

// Reads one: the lines of problems and rows, in order.
class RowShardReader {
 public:
  // Throws bad_input for what is no shard.
  explicit RowShardReader(const std::filesystem::path& path);
  // The next line; false at the end, and then end() is there. Throws bad_input for a shard that breaks off.
  bool next();
  const Json& line() const { return line_; }
  std::pair<uint64_t, uint64_t> at() const { return at_; }  // file and record of the line
  std::string place() const { return lines_.place(); }
  const Json& begin() const { return begin_; }
  const Json& end() const { return line_; }
  Shard shard() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  JsonlReader lines_;
  Json begin_, line_;
  std::pair<uint64_t, uint64_t> at_;
};

}  // namespace hrm::rows
