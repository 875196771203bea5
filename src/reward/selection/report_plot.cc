#include "selection/report_plot.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "formats/bars.h"
#include "formats/picture.h"
#include "formats/plot.h"

namespace hrm::selection {
namespace {

// Over N, or over generated tokens: rows that do not say how many are left out.
PlotSeries series_of(const Method& method, bool over_tokens) {
  PlotSeries series{.name = method.name};
  for (const auto& [n, row] : method.rows) {
    if (over_tokens && !row->cost.generated_tokens) continue;
    series.x.push_back(over_tokens ? *row->cost.generated_tokens : static_cast<double>(n));
    series.y.push_back(row->accuracy.value);
    series.low.push_back(row->accuracy.interval.low);
    series.high.push_back(row->accuracy.interval.high);
  }
  return series;
}

std::string file_name(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '-';
  return text;
}

// Beside each other where there are many.
void save_together(const std::filesystem::path& path, const std::vector<std::string>& pictures) {
  save_picture(path, arrange_pictures(pictures, pictures.size() > 3 ? 2 : 1));
}

}  // namespace

std::vector<Method> methods_of(const SelectionReport& report) {
  std::vector<Method> methods;
  for (const ReportRow& row : report.rows) {
    auto at = std::ranges::find(methods, row.name(), &Method::name);
    if (at == methods.end()) at = methods.insert(methods.end(), {row.name(), {}});
    at->rows[row.n] = &row;
  }
  return methods;
}

std::vector<NamedPlot> plots_of(const SelectionReport& report) {
  std::vector<const Method*> plain;
  std::map<std::string, std::vector<const Method*>> groups;  // by method and aggregation
  const std::vector<Method> methods = methods_of(report);
  const auto row_of = [](const Method& method) -> const ReportRow& { return *method.rows.begin()->second; };
  std::set<std::string> searched;  // aggregations
  for (const Method& method : methods)
    if (row_of(method).search) searched.insert(row_of(method).aggregation);
  for (const Method& method : methods) {
    const ReportRow& row = row_of(method);
    if (row.scorer.empty()) plain.push_back(&method);
    if (!row.scorer.empty() && !row.search) groups[row.method + "-" + row.aggregation].push_back(&method);
    if (row.search || (row.method == "best" && searched.contains(row.aggregation)))
      groups["search-" + row.aggregation].push_back(&method);
  }
  if (groups.empty()) groups[""];
  std::vector<NamedPlot> plots;
  const auto add = [&](const std::string& name, const std::vector<const Method*>& group, bool over_tokens) {
    std::vector<PlotSeries> series;
    for (const auto* list : {&group, &std::as_const(plain)})
      for (const Method* method : *list) series.push_back(series_of(*method, over_tokens));
    if (over_tokens) std::erase_if(series, [](const PlotSeries& each) { return each.x.empty(); });
    const std::string file =
        std::string(over_tokens ? "tokens" : "accuracy") + (name.empty() ? "" : "-") + file_name(name) + ".svg";
    plots.push_back({file, render_plot(series, {.title = report.title + (name.empty() ? "" : ": " + name),
                                                .x_label = over_tokens ? "generated tokens per problem"
                                                                       : "N, solutions per problem",
                                                .y_label = "accuracy",
                                                .log_x = true})});
  };
  for (const auto& [name, group] : groups) {
    add(name, group, false);
    if (name.starts_with("search-")) add(name, group, true);
  }
  return plots;
}

void save_report_plot(const std::filesystem::path& path, const SelectionReport& report) {
  std::vector<std::string> pictures;
  for (NamedPlot& plot : plots_of(report)) pictures.push_back(std::move(plot.svg));
  save_together(path, pictures);
}

void save_report_plot(const std::filesystem::path& path, const MeasureReport& report) {
  std::vector<std::string> pictures;
  for (size_t measure = 0; measure < report.measures.size(); ++measure) {
    std::vector<IntervalRow> rows;
    for (const MeasureRow& row : report.rows)
      if (const auto& value = row.values[measure])
        rows.push_back(
            {fmt::format("{}", fmt::join(row.keys, ", ")), value->value, value->interval.low, value->interval.high});
    const IntervalOptions options{.title = report.title + ": " + report.measures[measure],
                                  .x_label = report.measures[measure]};
    if (!rows.empty()) pictures.push_back(render_intervals(rows, options));
  }
  for (const auto& [name, svg] : report.plots) pictures.push_back(svg);
  if (pictures.empty()) pictures.push_back(render_intervals({}, {.title = report.title}));
  save_together(path, pictures);
}

void save_differences_plot(const std::filesystem::path& path, const std::vector<Difference>& differences) {
  const auto to_what = [](const Difference& each) { return fmt::format("{}, N = {}", each.against, each.n); };
  const bool alike = !differences.empty() && std::ranges::all_of(differences, [&](const Difference& each) {
    return to_what(each) == to_what(differences.front());
  });
  std::vector<IntervalRow> rows;
  for (const Difference& each : differences)
    rows.push_back({alike ? each.method : fmt::format("{} - {}", each.method, to_what(each)), each.difference.value,
                    each.difference.interval.low, each.difference.interval.high});
  const std::string title = alike ? "Differences from " + to_what(differences.front()) : "Paired differences";
  save_picture(path, render_intervals(rows, {.title = title + ", with 95 % intervals",
                                             .x_label = "difference in accuracy",
                                             .reference = 0.0}));
}

}  // namespace hrm::selection
