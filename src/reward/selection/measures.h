// A report of measures with intervals, one row per scorer and part of the data: ProcessBench, PRMBench, steps, repairs.
// In JSON a row is {key: text, ..., measure: {"value", "low", "high", "n"}, ...}, so that rows of several runs can be
// pooled (selection/pool.h).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "selection/report.h"

namespace hrm::selection {

struct MeasureRow {
  std::vector<std::string> keys;                // one per MeasureReport::keys
  std::vector<std::optional<Estimate>> values;  // one per MeasureReport::measures; nullopt: not defined
};

struct MeasureReport {
  std::string title;
  Json settings = Json::object();
  std::vector<std::string> keys, measures;  // names of columns
  std::vector<MeasureRow> rows;
  std::vector<std::string> notes;
  std::map<std::string, std::string> plots;  // file name, SVG

  // The value in the row with these keys; nullptr if there is none. For tests and callers that print one number.
  const Estimate* find(const std::vector<std::string>& keys_of_row, std::string_view measure) const;
};

// A number without uncertainty, such as a threshold: its interval is itself.
Estimate exactly(double value, uint64_t n = 0);

Json to_json(const MeasureReport& report);
std::string to_markdown(const MeasureReport& report);
// report.md, report.json and the plots. Throws failure if they cannot be written.
void write_report(const std::filesystem::path& folder, const MeasureReport& report);

}  // namespace hrm::selection
