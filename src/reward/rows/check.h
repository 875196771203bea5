// Checks a file of training rows or of any format read here.
//
// Faults: records that cannot be read; rows: an empty text, a label outside [0, 1], a text that occurs twice, with
// different labels; solutions: no question, no steps, an empty step; problems that are in a benchmark.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rows/leakage.h"

namespace hrm::rows {

struct CheckOptions {
  std::optional<Format> format;
  std::vector<std::filesystem::path> leakage;
  size_t most_faults = 100;  // kept as text; all are counted
};

struct CheckReport {
  std::optional<Format> format;  // nullopt: the file is empty
  ConversionCounts counts;       // rows count as solutions
  uint64_t labels = 0;           // labeled rows or steps
  double label_sum = 0;
  uint64_t hard = 0;      // labels that are 0 or 1
  size_t longest = 0;     // bytes of a row's text
  uint64_t problems = 0;  // different ones that were recognized
  uint64_t fault_count = 0;
  std::map<std::string, uint64_t> fault_kinds;
  std::vector<std::string> faults;  // one line each, the first most_faults of them
  std::optional<LeakageReport> leakage;
  Json to_json() const;
};

// Throws bad_input if the file cannot be opened or its format is not known.
CheckReport check_file(const std::filesystem::path& path, const CheckOptions& options = {});

}  // namespace hrm::rows
