// Shared parts of building and converting: splits by problem, limits, leakage, and the report.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rows/leakage.h"
#include "rows/read_solutions.h"

namespace hrm::rows {

struct OutputOptions {
  std::filesystem::path out, test_out;  // test_out: empty without a test part
  double test_fraction = 0;             // of the problems
  uint64_t seed = 0;
  std::vector<std::filesystem::path> leakage;  // benchmarks
  bool drop_leaks = false;                     // leave their problems out

  // Throws bad_input if they do not fit together: a fraction outside (0, 1), one of test_out and it alone, the same
  // file twice.
  void validate() const;
};

// Whether a problem belongs to the test part: by a hash of its normalized text and the seed, so a problem is never in
// both parts, whatever the order and number of its records, and keeps its place when others are added.
bool in_test_part(std::string_view question, double test_fraction, uint64_t seed);

struct BadFile {
  std::string source;
  BadLines lines;
};

struct OutputReport {
  ConversionCounts counts, test_counts;  // test_counts: `written` alone
  std::vector<BadFile> bad;              // files with bad records that were skipped
  std::optional<LeakageReport> leakage;

  uint64_t bad_records() const;
  Json to_json() const;
};

// Throws bad_input if no record was read, and where nothing came of those that were, with the reasons and the fields
// found. written: rows or records of all outputs.
void refuse_nothing(const OutputReport& report, uint64_t written, const std::vector<std::filesystem::path>& inputs);

// Decides for each problem where it goes, and fills report.leakage.
class ProblemFilter {
 public:
  enum class Part { kTrain, kTest, kNone };
  ProblemFilter(const OutputOptions& options, OutputReport& report);
  Part part(std::string_view question, std::string_view place);

 private:
  const OutputOptions& options_;
  OutputReport& report_;
};

}  // namespace hrm::rows
