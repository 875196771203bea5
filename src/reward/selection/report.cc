#include "selection/report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/files.h"
#include "formats/picture.h"
#include "selection/report_plot.h"

namespace hrm::selection {
namespace {

std::vector<uint64_t> budgets_of(const SelectionReport& report) {
  std::set<uint64_t> all;
  for (const ReportRow& row : report.rows) all.insert(row.n);
  return {all.begin(), all.end()};
}

std::string header(std::string_view first, const std::vector<uint64_t>& budgets) {
  std::string text = fmt::format("| {} |", first), rule = "|---|";
  for (const uint64_t n : budgets) {
    text += fmt::format(" N = {} |", n);
    rule += "---|";
  }
  return text + "\n" + rule + "\n";
}

std::string optional_number(const std::optional<double>& value) { return value ? fmt::format("{:.6g}", *value) : "-"; }

std::string cost_table(const std::vector<Method>& methods, const std::vector<uint64_t>& budgets) {
  // Methods that work on the same samples share a line.
  std::vector<std::pair<std::string, std::string>> lines;  // cells, names
  for (const Method& method : methods) {
    std::string cells;
    bool any = false;
    for (const uint64_t n : budgets) {
      const auto at = method.rows.find(n);
      if (at == method.rows.end()) {
        cells += " - |";
        continue;
      }
      const Cost& cost = at->second->cost;
      any = any || cost.generated_tokens || cost.scored_tokens || cost.seconds;
      cells += fmt::format(" {} / {} / {} |", optional_number(cost.generated_tokens),
                           optional_number(cost.scored_tokens), optional_number(cost.seconds));
    }
    if (!any) continue;
    const auto same = std::ranges::find(lines, cells, &std::pair<std::string, std::string>::first);
    if (same == lines.end())
      lines.emplace_back(cells, method.name);
    else if (std::ranges::count(same->second, ',') < 3)
      same->second += ", " + method.name;
    else if (!same->second.ends_with("..."))
      same->second += ", ...";
  }
  if (lines.empty()) return "";
  std::string text = "\nGenerated tokens / scored tokens / seconds, mean per problem (-: not in the input)\n\n" +
                     header("method", budgets);
  for (const auto& [cells, names] : lines) text += fmt::format("| {} |{}\n", names, cells);
  return text;
}

}  // namespace

std::string ReportRow::name() const {
  return scorer.empty() ? method : fmt::format("{} {}/{}", method, scorer, aggregation);
}

ReportRow outcome_row(std::string method, uint64_t n, std::vector<double> outcomes) {
  ReportRow row{.method = std::move(method), .n = n, .outcomes = std::move(outcomes)};
  const bool binary = std::ranges::all_of(row.outcomes, [](double v) { return v == 0 || v == 1; });
  if (binary) {
    row.accuracy = share_of(static_cast<uint64_t>(std::ranges::count(row.outcomes, 1.0)), row.outcomes.size());
  } else {
    row.accuracy = mean_of(row.outcomes);
    row.accuracy.interval.low = std::max(0.0, row.accuracy.interval.low);
    row.accuracy.interval.high = std::min(1.0, row.accuracy.interval.high);
  }
  return row;
}

const ReportRow* SelectionReport::find(std::string_view name, uint64_t n) const {
  const auto at = std::ranges::find_if(rows, [&](const ReportRow& row) { return row.n == n && row.name() == name; });
  return at == rows.end() ? nullptr : &*at;
}

Json to_json(const SelectionReport& report) {
  Json rows = Json::array();
  const auto optional = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  for (const ReportRow& row : report.rows)
    rows.push_back({{"method", row.method},
                    {"scorer", row.scorer.empty() ? Json(nullptr) : Json(row.scorer)},
                    {"aggregation", row.aggregation.empty() ? Json(nullptr) : Json(row.aggregation)},
                    {"n", row.n},
                    {"accuracy", to_json(row.accuracy)},
                    {"generated_tokens", optional(row.cost.generated_tokens)},
                    {"scored_tokens", optional(row.cost.scored_tokens)},
                    {"seconds", optional(row.cost.seconds)}});
  return {{"title", report.title},
          {"settings", report.settings},
          {"problems", report.problems.size()},
          {"rows", std::move(rows)},
          {"notes", report.notes}};
}

std::string to_markdown(const SelectionReport& report) {
  const std::vector<uint64_t> budgets = budgets_of(report);
  const std::vector<Method> methods = methods_of(report);
  std::string text = fmt::format("# {}\n\nAccuracy over {} problems with its 95 % interval.\n\n", report.title,
                                 report.problems.size());
  text += header("method", budgets);
  for (const Method& method : methods) {
    text += fmt::format("| {} |", method.name);
    for (const uint64_t n : budgets) {
      const auto at = method.rows.find(n);
      text += fmt::format(" {} |", at == method.rows.end() ? "-" : shown(at->second->accuracy));
    }
    text += "\n";
  }
  return text + cost_table(methods, budgets) + notes_as_markdown(report.notes) + settings_as_markdown(report.settings);
}

void write_report(const std::filesystem::path& folder, const SelectionReport& report) {
  write_texts(folder, to_markdown(report), to_json(report));
  for (const NamedPlot& plot : plots_of(report)) save_picture(folder / plot.file, plot.svg);
}

std::string shown(const Estimate& estimate) {
  return fmt::format("{:.3f} ({:.3f} to {:.3f})", estimate.value, estimate.interval.low, estimate.interval.high);
}

std::string settings_as_markdown(const Json& settings) {
  std::string text = "\nSettings\n\n";
  for (const auto& [key, value] : settings.items())
    text += fmt::format("- {}: {}\n", key, value.is_string() ? value.get<std::string>() : printable(value));
  return text;
}

std::string notes_as_markdown(const std::vector<std::string>& notes) {
  std::string text = notes.empty() ? "" : "\nNotes\n\n";
  for (const std::string& note : notes) text += "- " + note + "\n";
  return text;
}

void write_texts(const std::filesystem::path& folder, std::string_view markdown, const Json& json) {
  write_file_atomic(folder / "report.md", markdown);
  write_json(folder / "report.json", json);
}

}  // namespace hrm::selection
