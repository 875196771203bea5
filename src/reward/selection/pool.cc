#include "selection/pool.h"

#include <algorithm>
#include <map>
#include <set>

namespace hrm::selection {
namespace {

using Keys = std::vector<std::string>;  // one per column; empty: the row has none
using Values = std::map<std::string, double>;

struct Run {
  std::map<Keys, Values> rows;
  std::vector<Keys> order;
};

bool is_estimate(const Json& value) {
  return value.is_object() && value.contains("value") && value.at("value").is_number();
}
bool is_key(const std::string& name, const Json& value) { return value.is_string() || name == "n"; }

const Json& rows_of(const PooledRun& run) {
  if (!run.report.is_object() || !run.report.contains("rows") || !run.report.at("rows").is_array() ||
      !run.report.contains("title") || !run.report.at("title").is_string())
    throw bad_input("select.pool", "{}: is not a report.json of hrm select: expected 'title' and 'rows'", run.source);
  for (const Json& row : run.report.at("rows"))
    if (!row.is_object()) throw bad_input("select.pool", "{}: 'rows' has an entry that is not an object", run.source);
  return run.report.at("rows");
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

Run read_run(const PooledRun& report, const std::vector<std::string>& keys) {
  Run run;
  for (const Json& row : rows_of(report)) {
    Keys key;
    for (const std::string& name : keys) {
      const auto at = row.find(name);
      const bool there = at != row.end() && is_key(name, *at);
      key.push_back(!there ? "" : at->is_string() ? at->get<std::string>() : printable(*at));
    }
    Values values;
    for (const auto& [name, value] : row.items())
      if (is_estimate(value)) values[name] = value.at("value").get<double>();
    if (!run.rows.emplace(key, std::move(values)).second)
      throw bad_input("select.pool", "{}: two rows are the same: {}", report.source, printable(row).substr(0, 120));
    run.order.push_back(std::move(key));
  }
  return run;
}

using Value = std::optional<double>;  // of one run

// One row: each measure over the runs that have it; nullopt if fewer than two do.
std::optional<MeasureRow> pooled(const Keys& keys, const std::vector<std::string>& measures, size_t runs,
                                 const std::function<Value(size_t run, const std::string& measure)>& value_of) {
  MeasureRow row{keys, {}};
  bool any = false;
  for (const std::string& measure : measures) {
    std::vector<double> values;
    for (size_t r = 0; r < runs; ++r)
      if (const Value value = value_of(r, measure)) values.push_back(*value);
    row.values.push_back(values.size() < 2 ? std::nullopt : std::optional(mean_of_runs(values)));
    any = any || row.values.back();
  }
  return any ? std::optional(std::move(row)) : std::nullopt;
}

Value find_value(const Run& run, const Keys& keys, const std::string& measure) {
  const auto row = run.rows.find(keys);
  if (row == run.rows.end()) return std::nullopt;
  const auto at = row->second.find(measure);
  return at == row->second.end() ? std::nullopt : std::optional(at->second);
}

// Settings that all runs share, and the names of the others.
Json shared_settings(const std::vector<PooledRun>& runs) {
  Json settings = Json::object();
  std::vector<std::string> files, different;
  for (const PooledRun& run : runs) files.push_back(run.source);
  settings["reports"] = files;
  const auto of = [](const PooledRun& run) { return run.report.value("settings", Json::object()); };
  const Json first = of(runs.front());  // items() does not keep a temporary alive
  for (const auto& [name, value] : first.items()) {
    const bool same = std::ranges::all_of(runs, [&, &key = name, &wanted = value](const PooledRun& run) {
      const Json other = of(run);
      return other.is_object() && other.contains(key) && other.at(key) == wanted;
    });
    if (same)
      settings[name] = value;
    else
      different.push_back(name);
  }
  if (!different.empty()) settings["different_between_runs"] = different;
  return settings;
}

// Keys and measures in the order of the reports. Throws bad_input for reports of several kinds.
void add_columns(const std::vector<PooledRun>& reports, MeasureReport& pooled_report) {
  for (const PooledRun& report : reports) {
    for (const Json& row : rows_of(report))
      for (const auto& [name, value] : row.items()) {
        if (is_key(name, value)) add_once(pooled_report.keys, name);
        if (is_estimate(value)) add_once(pooled_report.measures, name);
      }
    if (report.report.at("title") != reports.front().report.at("title"))
      throw bad_input("select.pool", "{} is '{}', but {} is '{}': pool reports of one kind", report.source,
                      report.report.at("title").get<std::string>(), reports.front().source,
                      reports.front().report.at("title").get<std::string>());
  }
}

// The keys of the rows of all runs, by first appearance.
std::vector<Keys> rows_in_order(const std::vector<Run>& runs) {
  std::vector<Keys> order;
  std::set<Keys> known;
  for (const Run& run : runs)
    for (const Keys& keys : run.order)
      if (known.insert(keys).second) order.push_back(keys);
  return order;
}

// A row for each row of another scorer: its difference from `against` within runs. Throws bad_input if no row has that
// scorer.
void add_differences(const std::vector<Run>& runs, const std::string& against, MeasureReport& pooled_report) {
  const auto column = static_cast<size_t>(std::ranges::find(pooled_report.keys, "scorer") - pooled_report.keys.begin());
  bool found = false;
  for (const Keys& keys : rows_in_order(runs)) {
    if (column >= keys.size() || keys[column].empty()) continue;
    Keys reference = keys, shown_keys = keys;
    reference[column] = against;
    if (keys == reference) {
      found = true;
      continue;
    }
    shown_keys[column] += " - " + against;
    auto row =
        pooled(shown_keys, pooled_report.measures, runs.size(), [&](size_t r, const std::string& measure) -> Value {
          const Value one = find_value(runs[r], keys, measure);
          const Value other = find_value(runs[r], reference, measure);
          return one && other ? std::optional(*one - *other) : std::nullopt;
        });
    if (row) pooled_report.rows.push_back(std::move(*row));
  }
  if (!found) throw bad_input("select.pool", "--against {}: no row has that scorer", against);
  pooled_report.notes.push_back("'A - B' is the mean of the differences within runs.");
}

}  // namespace

MeasureReport pool_runs(const std::vector<PooledRun>& reports, const PoolOptions& options) {
  if (reports.size() < 2) throw bad_input("select.pool", "an interval over runs needs at least two reports");
  MeasureReport pooled_report;
  add_columns(reports, pooled_report);
  pooled_report.title =
      fmt::format("{}, mean of {} runs", reports.front().report.at("title").get<std::string>(), reports.size());
  std::vector<Run> runs;
  for (const PooledRun& report : reports) runs.push_back(read_run(report, pooled_report.keys));
  uint64_t left_out = 0;
  for (const Keys& keys : rows_in_order(runs)) {
    auto row = pooled(keys, pooled_report.measures, runs.size(),
                      [&](size_t r, const std::string& measure) { return find_value(runs[r], keys, measure); });
    if (row)
      pooled_report.rows.push_back(std::move(*row));
    else
      ++left_out;
  }
  if (!options.against.empty()) add_differences(runs, options.against, pooled_report);
  pooled_report.notes.insert(pooled_report.notes.begin(),
                             "Intervals: Student's t over runs, 95 %; they do not cover the choice of problems.");
  if (left_out)
    pooled_report.notes.push_back(fmt::format("{} rows occur in fewer than two runs and were left out.", left_out));
  pooled_report.settings = shared_settings(reports);
  return pooled_report;
}

}  // namespace hrm::selection
