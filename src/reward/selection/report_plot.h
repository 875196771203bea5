// The plots of reports: SVG, or SVG and PNG by a name's ending (formats/picture.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "selection/compare.h"
#include "selection/measures.h"
#include "selection/report.h"

namespace hrm::selection {

// The rows of one name, in order of the names' appearance.
struct Method {
  std::string name;
  std::map<uint64_t, const ReportRow*> rows;  // by budget; they point into the report
};
std::vector<Method> methods_of(const SelectionReport& report);

struct NamedPlot {
  std::string file, svg;  // "accuracy-best-min.svg"
};

// Accuracy against N with bands: one plot per method and aggregation that scorers share, the methods without a scorer in
// each; searches stand together, beside the best of N samples, and also against generated tokens.
std::vector<NamedPlot> plots_of(const SelectionReport& report);

// All of them in one picture.
void save_report_plot(const std::filesystem::path& path, const SelectionReport& report);
// Every measure with its interval, a line per row, and the report's own plots, in one picture.
void save_report_plot(const std::filesystem::path& path, const MeasureReport& report);
// A line per difference with its interval, beside 0.
void save_differences_plot(const std::filesystem::path& path, const std::vector<Difference>& differences);

}  // namespace hrm::selection
