#include "selection/measures.h"

#include <algorithm>

#include "base/files.h"

namespace hrm::selection {
namespace {

std::string cell(const std::optional<Estimate>& value) {
  if (!value) return "-";
  if (value->interval.low == value->value && value->interval.high == value->value)
    return fmt::format("{:.3f}", value->value);
  return shown(*value);
}

}  // namespace

const Estimate* MeasureReport::find(const std::vector<std::string>& keys_of_row, std::string_view measure) const {
  const auto column = static_cast<size_t>(std::ranges::find(measures, measure) - measures.begin());
  const auto row = std::ranges::find(rows, keys_of_row, &MeasureRow::keys);
  if (column == measures.size() || row == rows.end() || !row->values[column]) return nullptr;
  return &*row->values[column];
}

Estimate exactly(double value, uint64_t n) { return {value, {value, value}, n}; }

Json to_json(const MeasureReport& report) {
  Json rows = Json::array();
  for (const MeasureRow& row : report.rows) {
    Json one = Json::object();
    for (size_t i = 0; i < report.keys.size(); ++i) one[report.keys[i]] = row.keys[i];
    for (size_t i = 0; i < report.measures.size(); ++i)
      one[report.measures[i]] = row.values[i] ? to_json(*row.values[i]) : Json(nullptr);
    rows.push_back(std::move(one));
  }
  return {{"title", report.title}, {"settings", report.settings}, {"rows", std::move(rows)}, {"notes", report.notes}};
}

std::string to_markdown(const MeasureReport& report) {
  std::string text = "# " + report.title + "\n\n|", rule = "|";
  for (const std::string& key : report.keys) text += fmt::format(" {} |", key), rule += "---|";
  for (const std::string& measure : report.measures) text += fmt::format(" {} |", measure), rule += "---:|";
  text += "\n" + rule + "\n";
  for (const MeasureRow& row : report.rows) {
    text += "|";
    for (const std::string& key : row.keys) text += fmt::format(" {} |", key);
    for (const auto& value : row.values) text += fmt::format(" {} |", cell(value));
    text += "\n";
  }
  return text + notes_as_markdown(report.notes) + settings_as_markdown(report.settings);
}

void write_report(const std::filesystem::path& folder, const MeasureReport& report) {
  write_texts(folder, to_markdown(report), to_json(report));
  for (const auto& [name, svg] : report.plots) write_file_atomic(folder / name, svg);
}

}  // namespace hrm::selection
