#include "rows/output.h"

#include <xxhash.h>

#include "base/error.h"
#include "formats/input.h"

namespace hrm::rows {

void OutputOptions::validate() const {
  if (out.empty()) throw bad_input("rows.output", "no output file: --out FILE");
  if (test_out.empty() != (test_fraction == 0))
    throw bad_input("rows.output", "--test-out FILE and --test-fraction SHARE belong together");
  if (!(test_fraction >= 0 && test_fraction < 1))
    throw bad_input("rows.output", "--test-fraction {}: expected a share from 0 to below 1", test_fraction);
  if (!test_out.empty() && std::filesystem::weakly_canonical(out) == std::filesystem::weakly_canonical(test_out))
    throw bad_input("rows.output", "--out and --test-out are the same file {}", out.string());
}

bool in_test_part(std::string_view question, double test_fraction, uint64_t seed) {
  if (test_fraction <= 0) return false;
  const std::string normal = normalize_problem(question);
  const uint64_t hash = XXH3_64bits_withSeed(normal.data(), normal.size(), seed);
  return static_cast<double>(hash >> 11) * 0x1p-53 < test_fraction;
}

uint64_t OutputReport::bad_records() const {
  uint64_t n = 0;
  for (const BadFile& file : bad) n += file.lines.count;
  return n;
}

Json OutputReport::to_json() const {
  Json json = counts.to_json();
  json["test_written"] = test_counts.written;
  json["bad_records"] = bad_records();
  Json messages = Json::array();
  for (const BadFile& file : bad)
    for (const std::string& message : file.lines.messages) messages.push_back(message);
  json["bad"] = messages;
  if (leakage) json["leakage"] = leakage->to_json();
  return json;
}

void refuse_nothing(const OutputReport& report, uint64_t written, const std::vector<std::filesystem::path>& inputs) {
  const ConversionCounts& counts = report.counts;
  if (counts.records > 0 && written > 0) return;
  std::string names;
  for (const auto& path : inputs) names += (names.empty() ? "" : ", ") + input_name(path);
  if (counts.records == 0)
    throw bad_input("rows.read", "{}: contains no record and no tree; nothing was written", names);
  std::string why;
  for (const auto& [reason, n] : counts.dropped) why += fmt::format("{}{} x {}", why.empty() ? "" : ", ", n, reason);
  if (const uint64_t bad = report.bad_records())
    why += fmt::format("{}{} x bad record, the first: {}", why.empty() ? "" : ", ", bad,
                       report.bad.front().lines.messages.front());
  if (!counts.fields.empty())
    why += fmt::format("; {}fields found: {}", counts.format.empty() ? "" : "read as " + counts.format + ", ",
                       counts.fields);
  throw bad_input("rows.read", "{}: nothing was written: none of {} records yielded anything: {}", names,
                  counts.records, why.empty() ? "they contain no solution" : why);
}

ProblemFilter::ProblemFilter(const OutputOptions& options, OutputReport& report) : options_(options), report_(report) {
  if (options.leakage.empty()) return;
  auto benchmarks = std::make_shared<ProblemIndex>();
  for (const auto& path : options.leakage) benchmarks->add_file(path);
  report.leakage.emplace(std::move(benchmarks));
}

ProblemFilter::Part ProblemFilter::part(std::string_view question, std::string_view place) {
  if (report_.leakage && report_.leakage->check(question, place) && options_.drop_leaks) {
    report_.counts.drop("solution of a problem that is in a benchmark");
    return Part::kNone;
  }
  return in_test_part(question, options_.test_fraction, options_.seed) ? Part::kTest : Part::kTrain;
}

}  // namespace hrm::rows
