#include "selection/step_measures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "formats/plot.h"

namespace hrm::selection {
namespace {

constexpr size_t kBins = 10;

struct Case {
  double score;
  bool right;
  size_t problem;
};

size_t bin_of(double score) { return std::min(kBins - 1, static_cast<size_t>(score * kBins)); }

struct Bin {
  double score = 0, right = 0, count = 0;
};
using Bins = std::array<Bin, kBins>;

double ece_of(const Bins& bins) {
  double gap = 0, count = 0;
  for (const Bin& bin : bins) gap += std::abs(bin.score - bin.right), count += bin.count;
  return gap / count;
}

class Steps {
 public:
  Steps(const JudgedData& data, size_t scorer, const StepMeasureOptions& options) : options_(options) {
    const std::vector<size_t> problem_of = number_problems(data, problems_);
    for (size_t i = 0; i < data.solutions.size(); ++i)
      for (size_t s = 0; s < data.solutions[i].right.size(); ++s)
        if (const auto right = data.solutions[i].right[s]) {
          cases_.push_back({data.solutions[i].scores[scorer][s], *right, problem_of[i]});
          in_unit_ = in_unit_ && cases_.back().score >= 0 && cases_.back().score <= 1;
        }
  }

  const std::vector<Case>& cases() const { return cases_; }
  bool in_unit() const { return in_unit_; }

  std::optional<Estimate> auc() const {
    std::vector<double> scores;
    std::vector<uint8_t> classes;
    for (const Case& one : cases_) scores.push_back(one.score), classes.push_back(one.right);
    const AucCounter counter(scores, classes);
    const auto value = counter.area();
    if (!value) return std::nullopt;
    const auto interval = bootstrap95(problems_, options_.draws, options_.seed, [&](std::span<const uint32_t> drawn) {
      return counter.area([&](size_t i) { return drawn[cases_[i].problem]; });
    });
    return Estimate{*value, interval, cases_.size()};
  }

  Estimate mean(const std::function<double(const Case&)>& value) const {
    std::vector<double> sums(problems_);
    std::vector<uint64_t> counts(problems_);
    for (const Case& one : cases_) sums[one.problem] += value(one), ++counts[one.problem];
    return mean_over_units(sums, counts, options_.draws, options_.seed);
  }

  Bins bins(std::span<const uint32_t> drawn = {}) const {
    Bins bins{};
    for (const Case& one : cases_) {
      const double weight = drawn.empty() ? 1 : drawn[one.problem];
      Bin& bin = bins[bin_of(one.score)];
      bin.score += weight * one.score, bin.right += weight * one.right, bin.count += weight;
    }
    return bins;
  }
  Estimate ece() const {
    const auto interval = bootstrap95(problems_, options_.draws, options_.seed, [&](std::span<const uint32_t> drawn) {
      const double value = ece_of(bins(drawn));
      return std::isfinite(value) ? std::optional(value) : std::nullopt;
    });
    return {ece_of(bins()), interval, cases_.size()};
  }

 private:
  const StepMeasureOptions& options_;
  size_t problems_ = 0;
  std::vector<Case> cases_;
  bool in_unit_ = true;
};

PlotSeries reliability(const std::string& name, const Bins& bins) {
  PlotSeries series{.name = name};
  for (const Bin& bin : bins) {
    if (bin.count == 0) continue;
    const Interval interval = wilson95(static_cast<uint64_t>(bin.right), static_cast<uint64_t>(bin.count));
    series.x.push_back(bin.score / bin.count);
    series.y.push_back(bin.right / bin.count);
    series.low.push_back(interval.low);
    series.high.push_back(interval.high);
  }
  return series;
}

// By domain; empty if no solution names one.
std::map<std::string, JudgedData> split(const JudgedData& data) {
  std::map<std::string, JudgedData> domains;
  if (std::ranges::all_of(data.solutions, [](const ScoredTruth& solution) { return solution.domain.empty(); }))
    return domains;
  for (const ScoredTruth& solution : data.solutions) {
    JudgedData& part = domains[solution.domain.empty() ? "(none)" : solution.domain];
    part.scorers = data.scorers;
    part.solutions.push_back(solution);
  }
  return domains;
}

// In the order of the report's measures. unit: also those that need scores in [0, 1].
std::vector<std::optional<Estimate>> values_of(const Steps& steps, double threshold, bool unit) {
  std::vector<std::optional<Estimate>> values = {
      steps.auc(), steps.mean([&](const Case& one) { return one.right == (one.score >= threshold) ? 1.0 : 0.0; })};
  values.resize(4);
  if (!unit) return values;
  values[2] = steps.mean([](const Case& one) {
    const double distance = one.score - (one.right ? 1 : 0);
    return distance * distance;
  });
  values[3] = steps.ece();
  return values;
}

// domain: empty for all.
std::string count_note(const Steps& steps, const JudgedData& data, const std::string& domain) {
  const auto right = static_cast<uint64_t>(std::ranges::count(steps.cases(), true, &Case::right));
  return fmt::format("{}{} steps of {} solutions have a label; {} are right.", domain.empty() ? "" : domain + ": ",
                     steps.cases().size(), data.solutions.size(), right);
}

}  // namespace

MeasureReport step_measures(const JudgedData& data, const StepMeasureOptions& options) {
  MeasureReport report{.title = "Scores of steps against the ground truth"};
  const std::map<std::string, JudgedData> domains = split(data);
  report.keys = {"scorer"};
  if (!domains.empty()) report.keys.emplace_back("domain");
  report.measures = {"auc", "accuracy", "brier", "ece"};
  std::vector<PlotSeries> curves;
  for (size_t s = 0; s < data.scorers.size(); ++s) {
    const Steps steps(data, s, options);
    if (steps.cases().empty()) throw bad_input("step_measures", "no step has a known label");
    if (steps.in_unit())
      curves.push_back(reliability(data.scorers[s], steps.bins()));
    else
      report.notes.push_back(data.scorers[s] + " scores outside [0, 1]: no Brier score, no calibration.");
    report.rows.push_back({{data.scorers[s]}, values_of(steps, options.threshold, steps.in_unit())});
    if (!domains.empty()) report.rows.back().keys.emplace_back("(all)");
    if (s == 0) report.notes.push_back(count_note(steps, data, ""));
    for (const auto& [name, part] : domains) {
      const Steps of_domain(part, s, options);
      if (s == 0) report.notes.push_back(count_note(of_domain, part, name));
      if (of_domain.cases().empty()) continue;
      report.rows.push_back({{data.scorers[s], name}, values_of(of_domain, options.threshold, steps.in_unit())});
    }
  }
  if (!curves.empty()) {
    curves.push_back({.name = "calibrated", .x = {0, 1}, .y = {0, 1}, .low = {}, .high = {}});
    report.plots["reliability.svg"] = render_plot(
        curves, {.title = "Reliability", .x_label = "mean score of the bin", .y_label = "share of right steps"});
  }
  report.settings = {{"threshold", options.threshold}, {"bootstrap_draws", options.draws}, {"seed", options.seed}};
  return report;
}

}  // namespace hrm::selection
