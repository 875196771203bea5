// Reads files of reward data record by record in the neutral form.
//
// JSON lines or one JSON array, plain or zst-compressed, "-" for standard input; read as a stream. A faulty record is
// bad_input naming file, line and field, or is counted and listed where skip_bad is set.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "formats/jsonl.h"
#include "rows/counts.h"
#include "rows/formats.h"
#include "rows/row.h"
#include "rows/solution.h"

namespace hrm::rows {

struct ReadOptions {
  std::optional<Format> format;      // nullopt: by the first record
  Neutral neutral = Neutral::kDrop;  // neutral ratings of PRM800K
  bool skip_bad = false;
  Shard shard = {};  // of for_each_record: records of other processes are passed over
};

struct SourceRecord {
  Format format;
  const Json& json;
  std::string_view place;  // "rows.jsonl:7", for messages
};

// The solutions of one record. REQUIRES: format is not kRows. Throws bad_input naming place and field; counts what it
// drops, and notes what is odd.
void read_record(const SourceRecord& source, Neutral neutral, ConversionCounts& counts, const SolutionSink& emit);

// The problem's text alone, of a record of any format, kRows included; empty if it has none. Throws bad_input.
std::string question_of_record(Format format, const Json& record, std::string_view place);

// Every record of a file, with its format: the given one, else that of the first record that has one. An Error that
// `use` throws makes the record a bad one. Counts records; counts.at is in the end the number of those in the file.
using RecordUse = std::function<void(Format, const Json&, const std::string& place)>;
BadLines for_each_record(const std::filesystem::path& path, const ReadOptions& options, ConversionCounts& counts,
                         const RecordUse& use);

BadLines read_solutions(const std::filesystem::path& path, const ReadOptions& options, ConversionCounts& counts,
                        const SolutionSink& emit);

}  // namespace hrm::rows
