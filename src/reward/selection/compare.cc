#include "selection/compare.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <map>

namespace hrm::selection {
namespace {

bool is_binary(const std::vector<double>& outcomes) {
  return std::ranges::all_of(outcomes, [](double v) { return v == 0 || v == 1; });
}

ReportRow taken(const ReportRow& row, const std::vector<size_t>& problems) {
  ReportRow some = row;
  some.outcomes.clear();
  for (const size_t p : problems) some.outcomes.push_back(row.outcomes[p]);
  return some;
}

}  // namespace

Difference compare(const ReportRow& method, const ReportRow& against, const CompareOptions& options) {
  const size_t problems = method.outcomes.size();
  assert(problems > 0 && against.outcomes.size() == problems);
  std::vector<double> by_problem(problems);
  for (size_t p = 0; p < problems; ++p) by_problem[p] = method.outcomes[p] - against.outcomes[p];
  const auto mean = [&](std::span<const uint32_t> counts) -> std::optional<double> {
    double sum = 0;
    for (size_t p = 0; p < problems; ++p) sum += counts[p] * by_problem[p];
    return sum / static_cast<double>(problems);
  };
  Difference difference{.method = method.name(), .against = against.name(), .n = method.n};
  difference.difference = mean_of(by_problem);
  difference.difference.interval = bootstrap95(problems, options.draws, options.seed, mean);
  if (is_binary(method.outcomes) && is_binary(against.outcomes)) {
    Difference::Discordant split;
    for (const double d : by_problem) split.only_method += d > 0, split.only_against += d < 0;
    split.p = mcnemar_exact(split.only_method, split.only_against);
    difference.discordant = split;
  }
  return difference;
}

std::vector<Difference> compare_all(const SelectionReport& report, const std::string& against, uint64_t n,
                                    const CompareOptions& options) {
  const ReportRow* reference = report.find(against, n);
  std::vector<Difference> differences;
  std::vector<std::string> names;
  for (const ReportRow& row : report.rows) {
    if (row.n != n) continue;
    names.push_back(row.name());
    if (reference && &row != reference) differences.push_back(compare(row, *reference, options));
  }
  if (!reference)
    throw bad_input("selection.compare", "no method '{}' at N = {}; there are: {}", against, n, fmt::join(names, ", "));
  return differences;
}

std::vector<Difference> compare_reports(const SelectionReport& first, const SelectionReport& second, uint64_t n,
                                        const CompareOptions& options) {
  std::map<std::string_view, size_t> places;
  for (size_t p = 0; p < first.problems.size(); ++p) places[first.problems[p]] = p;
  std::vector<size_t> in_first, in_second;
  for (size_t p = 0; p < second.problems.size(); ++p)
    if (const auto at = places.find(second.problems[p]); at != places.end()) {
      in_first.push_back(at->second);
      in_second.push_back(p);
    }
  if (in_first.empty()) throw bad_input("selection.compare", "the two files share no problem id");
  std::vector<Difference> differences;
  for (const ReportRow& row : second.rows)
    if (const ReportRow* other = row.n == n ? first.find(row.name(), n) : nullptr)
      differences.push_back(compare(taken(row, in_second), taken(*other, in_first), options));
  if (differences.empty()) throw bad_input("selection.compare", "the two files share no method at N = {}", n);
  return differences;
}

Json to_json(const Difference& difference) {
  Json json = {{"method", difference.method},
               {"against", difference.against},
               {"n", difference.n},
               {"difference", to_json(difference.difference)}};
  if (const auto& split = difference.discordant)
    json["mcnemar"] = {{"only_method", split->only_method}, {"only_against", split->only_against}, {"p", split->p}};
  return json;
}

std::string to_markdown(const std::vector<Difference>& differences, const CompareOptions& options) {
  std::string text =
      "| method | against | N | difference, 95 % interval | only it / only the other right | McNemar p |\n"
      "|---|---|---|---|---|---|\n";
  for (const Difference& d : differences) {
    const auto& split = d.discordant;
    text += fmt::format("| {} | {} | {} | {:+.3f} ({:+.3f} to {:+.3f}) | {} | {} |\n", d.method, d.against, d.n,
                        d.difference.value, d.difference.interval.low, d.difference.interval.high,
                        split ? fmt::format("{} / {}", split->only_method, split->only_against) : "-",
                        split ? fmt::format("{:.2g}", split->p) : "-");
  }
  return text + fmt::format(
                    "\nPaired over {} problems. Intervals: percentile bootstrap over problems, {} draws, seed {}. p: "
                    "McNemar's exact test, two-sided, not corrected for the number of rows.\n",
                    differences.empty() ? 0 : differences.front().difference.n, options.draws, options.seed);
}

}  // namespace hrm::selection
