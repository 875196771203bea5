// The report of selection: one row per method and budget, as Markdown, JSON and plots. Best-of-N fills it from files of
// scored solutions; searches (beam, step by step) fill it with their own outcomes, tokens and seconds.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/statistics.h"

namespace hrm::selection {

// Means per problem; nullopt if the input does not say.
struct Cost {
  std::optional<double> generated_tokens, scored_tokens, seconds;
};

struct ReportRow {
  std::string method;               // "best", "weighted", "majority", "beam", ...
  std::string scorer, aggregation;  // empty if the method has none
  uint64_t n = 1;                   // solutions (or beams) per problem
  std::vector<double> outcomes;     // per problem, in the order of SelectionReport::problems: correct, or its chance
  Estimate accuracy;                // of them: outcome_row() computes it
  Cost cost;
  bool search = false;  // a search, not a choice among samples

  std::string name() const;  // "best qwen_prm/min"
};

// With the interval of Wilson where every outcome is 0 or 1, else the normal one of a mean, cut to [0, 1].
ReportRow outcome_row(std::string method, uint64_t n, std::vector<double> outcomes);

struct SelectionReport {
  std::string title;
  Json settings = Json::object();  // everything that determines the numbers: files, seed, draws, grader, ties, ...
  std::vector<std::string> problems;
  std::vector<ReportRow> rows;
  std::vector<std::string> notes;  // what a reader must know, one sentence each

  const ReportRow* find(std::string_view name, uint64_t n) const;  // by ReportRow::name(); nullptr without
};

Json to_json(const SelectionReport& report);
// Methods down, budgets across, each cell with its interval; then the cost per budget and the notes.
std::string to_markdown(const SelectionReport& report);

// report.md, report.json, and accuracy against N with bands as SVG: one plot per method and aggregation that scorers
// share, the methods without a scorer in each; searches stand together, beside the best of N samples, and also against
// generated tokens. Throws failure if they cannot be written.
void write_report(const std::filesystem::path& folder, const SelectionReport& report);

// What all reports of this room share.
std::string shown(const Estimate& estimate);             // "0.918 (0.891 to 0.939)"
std::string settings_as_markdown(const Json& settings);  // a list of `key`: value
std::string notes_as_markdown(const std::vector<std::string>& notes);
// report.md and report.json.
void write_texts(const std::filesystem::path& folder, std::string_view markdown, const Json& json);

}  // namespace hrm::selection
