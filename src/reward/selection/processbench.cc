#include "selection/processbench.h"

#include <algorithm>
#include <cmath>

#include "selection/record_fields.h"

namespace hrm::selection {
namespace {

double harmonic(double a, double b) { return a + b > 0 ? 2 * a * b / (a + b) : 0; }

Interval f1_interval(const std::vector<FirstErrorCase>& cases, size_t scorer, double threshold,
                     const ProcessBenchOptions& options) {
  std::vector<uint8_t> hit;
  for (const FirstErrorCase& one : cases) hit.push_back(first_below(one.scores[scorer], threshold) == one.label);
  return bootstrap95(cases.size(), options.draws, options.seed,
                     [&](std::span<const uint32_t> drawn) -> std::optional<double> {
                       double hits[2] = {0, 0}, all[2] = {0, 0};
                       for (size_t i = 0; i < cases.size(); ++i) {
                         const bool wrong = cases[i].label >= 0;
                         hits[wrong] += drawn[i] * hit[i];
                         all[wrong] += drawn[i];
                       }
                       if (all[0] == 0 || all[1] == 0) return std::nullopt;
                       return harmonic(hits[0] / all[0], hits[1] / all[1]);
                     });
}

struct Threshold {
  double value;
  std::string from;
};

MeasureRow row_at(const FirstErrorData& data, size_t scorer, const Threshold& at, const ProcessBenchOptions& options) {
  const double threshold = at.value;
  const FirstErrorRates rates = first_error_rates(data.cases, scorer, threshold);
  const auto share = [](double value, uint64_t n) {
    return share_of(static_cast<uint64_t>(value * static_cast<double>(n) + 0.5), n);
  };
  return {{data.scorers[scorer], data.name, at.from},
          {exactly(threshold), share(rates.error, rates.errors), share(rates.correct, rates.corrects),
           Estimate{rates.f1, f1_interval(data.cases, scorer, threshold, options), data.cases.size()}}};
}

// The published figure of merit over several subsets: the plain mean of their F1.
MeasureRow mean_row(const std::vector<MeasureRow>& rows) {
  MeasureRow mean{{rows[0].keys[0], "mean of subsets", rows[0].keys[2]}, {std::nullopt, std::nullopt, std::nullopt}};
  double value = 0, low = 0, high = 0;
  uint64_t n = 0;
  double half = 0;
  for (const MeasureRow& row : rows) {
    const Estimate& f1 = *row.values[3];
    value += f1.value, low += f1.interval.low, high += f1.interval.high, n += f1.n;
    half += (f1.interval.high - f1.interval.low) * (f1.interval.high - f1.interval.low) / 4;
  }
  const auto count = static_cast<double>(rows.size());
  const double center = (low + high) / 2 / count;  // subsets are independent: half widths add as roots of squares
  half = std::sqrt(half) / count;
  mean.values.push_back(Estimate{value / count, {center - half, center + half}, n});
  return mean;
}

}  // namespace

FirstErrorData read_processbench(const ScoredSource& source) {
  FirstErrorData data{.name = source.solutions.filename().string()};
  data.name = data.name.substr(0, data.name.find('.'));
  const auto take = [&](ScoredSteps steps, const Json& record, const std::string& place) {
    const auto number = json_field<double>(record, "label", place);  // tables make 1.0 of 1
    const auto label = std::abs(number) < 1e15 ? static_cast<int64_t>(number) : INT64_MAX;
    const auto count = static_cast<int64_t>(steps.scores.front().size());
    if (const Json* texts = find_any(record, {"steps"}); texts && std::ssize(*texts) != count)
      throw bad_input("processbench.read", "{}: {} steps, but {} scores", place, texts->size(), count);
    if (label < -1 || label >= count || number != std::floor(number))
      throw bad_input("processbench.read", "{}: field 'label' = {}: expected -1 or a step from 0 to {}", place, number,
                      count - 1);
    data.cases.push_back({label, std::move(steps.scores)});
  };
  ScoredResult result = read_scored(source, take);
  data.scorers = std::move(result.scorers);
  data.bad = std::move(result.bad);
  return data;
}

int64_t first_below(std::span<const double> scores, double threshold) {
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] < threshold) return static_cast<int64_t>(i);
  return -1;
}

FirstErrorRates first_error_rates(const std::vector<FirstErrorCase>& cases, size_t scorer, double threshold) {
  FirstErrorRates rates;
  uint64_t found = 0, passed = 0;
  for (const FirstErrorCase& one : cases) {
    const bool hit = first_below(one.scores[scorer], threshold) == one.label;
    (one.label >= 0 ? rates.errors : rates.corrects) += 1;
    (one.label >= 0 ? found : passed) += hit;
  }
  if (rates.errors) rates.error = static_cast<double>(found) / static_cast<double>(rates.errors);
  if (rates.corrects) rates.correct = static_cast<double>(passed) / static_cast<double>(rates.corrects);
  rates.f1 = harmonic(rates.error, rates.correct);
  return rates;
}

double best_threshold(const std::vector<FirstErrorCase>& cases, size_t scorer) {
  double best = 0, best_f1 = -1;
  for (int i = 0; i <= 100; ++i)
    if (const double f1 = first_error_rates(cases, scorer, i / 100.0).f1; f1 > best_f1) best = i / 100.0, best_f1 = f1;
  return best;
}

MeasureReport processbench(const std::vector<FirstErrorData>& subsets, const ProcessBenchOptions& options) {
  MeasureReport report{.title = "ProcessBench"};
  report.keys = {"scorer", "subset", "threshold from"};
  report.measures = {"threshold", "error", "correct", "f1"};
  const std::vector<std::string>& scorers = subsets.front().scorers;
  for (const FirstErrorData& data : subsets)
    if (data.scorers != scorers)
      throw bad_input("processbench", "{} and {} are not scored by the same scorers: name them with --scorer",
                      subsets.front().name, data.name);
  if (options.calibrate && options.calibrate->scorers != scorers)
    throw bad_input("processbench", "{} and {} are not scored by the same scorers: name them with --scorer",
                    options.calibrate->name, subsets.front().name);
  if (options.calibrate) {
    const auto& cases = options.calibrate->cases;
    const auto wrong = std::ranges::count_if(cases, [](const FirstErrorCase& one) { return one.label >= 0; });
    if (wrong == 0 || wrong == std::ssize(cases))
      throw bad_input("processbench",
                      "{}: {} of {} solutions have a wrong step: a threshold is chosen on solutions of both kinds",
                      options.calibrate->name, wrong, cases.size());
  }
  const auto add = [&](size_t scorer, const std::string& from, const auto& threshold_of) {
    std::vector<MeasureRow> rows;
    for (const FirstErrorData& data : subsets)
      rows.push_back(row_at(data, scorer, {threshold_of(data), from}, options));
    if (rows.size() > 1) rows.push_back(mean_row(rows));
    for (MeasureRow& row : rows) report.rows.push_back(std::move(row));
  };
  for (size_t scorer = 0; scorer < scorers.size(); ++scorer) {
    const double fixed = options.calibrate ? best_threshold(options.calibrate->cases, scorer) : options.threshold;
    add(scorer, options.calibrate ? "calibration" : "given", [&](const FirstErrorData&) { return fixed; });
    if (options.oracle)
      add(scorer, "oracle", [&](const FirstErrorData& data) { return best_threshold(data.cases, scorer); });
  }
  report.notes = {
      "A step is predicted wrong if its score is strictly below the threshold; F1 is the harmonic mean of the "
      "accuracies on solutions with a wrong step (error) and without (correct)."};
  if (options.oracle)
    report.notes.emplace_back("Rows 'oracle' chose the threshold on the measured data: an upper bound, not a result.");
  report.settings["bootstrap_draws"] = options.draws;
  report.settings["seed"] = options.seed;
  return report;
}

}  // namespace hrm::selection
