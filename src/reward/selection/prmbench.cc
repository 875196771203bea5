#include "selection/prmbench.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_set>

#include "selection/record_fields.h"

namespace hrm::selection {
namespace {

struct Group {
  std::string_view name;
  std::vector<std::string> categories;
};
const std::vector<Group>& groups() {  // as PRMBench's authors divide them, spelling included
  static const std::vector<Group> kGroups = {
      {"simplicity", {"redundency", "circular"}},
      {"soundness", {"counterfactual", "step_contradiction", "domain_inconsistency", "confidence"}},
      {"sensitivity", {"missing_condition", "deception", "multi_solutions"}}};
  return kGroups;
}

double f1(uint64_t hit, uint64_t false_alarm, uint64_t missed) {
  const uint64_t all = 2 * hit + false_alarm + missed;
  return all ? 2.0 * static_cast<double>(hit) / static_cast<double>(all) : 0;
}

StepCounts count(const PrmBenchCase& one, size_t scorer, double threshold) {
  StepCounts counts;
  for (size_t i = 0; i < one.right.size(); ++i) {
    const bool called = one.scores[scorer][i] >= threshold;
    (one.right[i] ? (called ? counts.tp : counts.fn) : (called ? counts.fp : counts.tn)) += 1;
  }
  return counts;
}

StepCounts times(const StepCounts& counts, uint32_t k) {
  return {k * counts.tp, k * counts.fp, k * counts.tn, k * counts.fn};
}

bool has_wrong(const StepCounts& counts) { return counts.fp + counts.tn > 0; }

// Counts of every category by question, and statistics of their sums.
class Table {
 public:
  Table(const PrmBenchData& data, size_t scorer, const PrmBenchOptions& options) : options_(options) {
    std::map<std::string, size_t> questions;
    for (const PrmBenchCase& one : data.cases) questions.emplace(one.question, questions.size());
    questions_ = questions.size();
    for (const PrmBenchCase& one : data.cases) {
      auto& by_question = categories_[one.category];
      by_question.resize(questions_);
      by_question[questions.at(one.question)] += count(one, scorer, options.threshold);
    }
  }

  using Sums = std::map<std::string, StepCounts>;  // by category
  using Statistic = std::function<std::optional<double>(const Sums&)>;

  std::optional<Estimate> estimate(const Statistic& statistic) const {
    const std::vector<uint32_t> once(questions_, 1);
    const Sums all = sums(once);
    const auto value = statistic(all);
    if (!value) return std::nullopt;
    const auto interval = bootstrap95(questions_, options_.draws, options_.seed,
                                      [&](std::span<const uint32_t> drawn) { return statistic(sums(drawn)); });
    return Estimate{*value, interval, questions_};
  }
  bool has(const std::string& category) const { return categories_.contains(category); }
  const auto& categories() const { return categories_; }

 private:
  Sums sums(std::span<const uint32_t> drawn) const {
    Sums all;
    for (const auto& [name, by_question] : categories_) {
      StepCounts& sum = all[name];
      for (size_t q = 0; q < questions_; ++q)
        if (drawn[q]) sum += times(by_question[q], drawn[q]);
    }
    return all;
  }

  const PrmBenchOptions& options_;
  size_t questions_ = 0;
  std::map<std::string, std::vector<StepCounts>> categories_;
};

MeasureRow row_of(const Table& table, const std::string& scorer, const std::string& name,
                  const std::function<StepCounts(const Table::Sums&)>& counts) {
  using Measure = double (*)(const StepCounts&);
  const auto estimate = [&](Measure value, bool needs_wrong) {
    return table.estimate([&](const Table::Sums& sums) -> std::optional<double> {
      const StepCounts all = counts(sums);
      if (needs_wrong && !has_wrong(all)) return std::nullopt;
      return value(all);
    });
  };
  return {{scorer, name}, {estimate(f1_of, false), estimate(negative_f1_of, true), estimate(prm_score, true)}};
}

std::optional<double> group_mean(const Group& group, const Table::Sums& sums) {
  double sum = 0, n = 0;
  for (const std::string& category : group.categories)
    if (const auto at = sums.find(category); at != sums.end() && has_wrong(at->second))
      sum += prm_score(at->second), ++n;
  return n > 0 ? std::optional(sum / n) : std::nullopt;
}

}  // namespace

StepCounts& StepCounts::operator+=(const StepCounts& other) {
  tp += other.tp, fp += other.fp, tn += other.tn, fn += other.fn;
  return *this;
}

double f1_of(const StepCounts& counts) { return f1(counts.tp, counts.fp, counts.fn); }
double negative_f1_of(const StepCounts& counts) { return f1(counts.tn, counts.fn, counts.fp); }
double prm_score(const StepCounts& counts) { return 0.5 * f1_of(counts) + 0.5 * negative_f1_of(counts); }

PrmBenchData read_prmbench(ScoredSource source) {
  PrmBenchData data;
  std::unordered_set<std::string> seen;
  source.id_of = [](const Json& record, const std::string& place) {
    return json_field<std::string>(record, "classification", place) + "_" + id_of(record, {"idx"}, place);
  };
  source.keep_repeats = true;
  const auto take = [&](ScoredSteps steps, const Json& record, const std::string& place) {
    if (!seen.insert(steps.id).second) {
      ++data.repeats;
      return;
    }
    const size_t count = json_field<std::vector<Json>>(record, "modified_process", place).size();
    if (steps.scores.front().size() != count)
      throw bad_input("prmbench.read", "{}: {} steps in 'modified_process', but {} scores", place, count,
                      steps.scores.front().size());
    PrmBenchCase one{.category = json_field<std::string>(record, "classification", place),
                     .question = id_of(record, {"idx"}, place),
                     .right = std::vector<uint8_t>(count, 1),
                     .scores = std::move(steps.scores)};
    bool past = false;
    for (const int64_t wrong : json_field<std::vector<int64_t>>(record, "error_steps", place)) {
      if (wrong < 1)
        throw bad_input("prmbench.read", "{}: field 'error_steps' has {}: steps count from 1", place, wrong);
      if (static_cast<uint64_t>(wrong) <= count)
        one.right[static_cast<size_t>(wrong) - 1] = 0;
      else
        past = true;
    }
    data.past_end += past;
    data.cases.push_back(std::move(one));
  };
  ScoredResult result = read_scored(source, take);
  data.scorers = std::move(result.scorers);
  data.bad = std::move(result.bad);
  return data;
}

MeasureReport prmbench(const PrmBenchData& data, const PrmBenchOptions& options) {
  MeasureReport report{.title = "PRMBench"};
  report.keys = {"scorer", "category"};
  report.measures = {"f1", "negative_f1", "prm_score"};
  for (size_t s = 0; s < data.scorers.size(); ++s) {
    const Table table(data, s, options);
    const std::string& scorer = data.scorers[s];
    report.rows.push_back(row_of(table, scorer, "overall", [](const Table::Sums& sums) {
      StepCounts all;
      for (const auto& [name, counts] : sums) all += counts;
      return all;
    }));
    for (const Group& group : groups()) {
      const auto mean = table.estimate([&](const Table::Sums& sums) { return group_mean(group, sums); });
      if (mean) report.rows.push_back({{scorer, std::string(group.name)}, {std::nullopt, std::nullopt, mean}});
    }
    for (const auto& [category, by_question] : table.categories())
      report.rows.push_back(
          row_of(table, scorer, category, [&](const Table::Sums& sums) { return sums.at(category); }));
  }
  report.notes = {
      "PRM-score is half the F1 of right steps and half the F1 of wrong ones; overall counts all steps, groups "
      "are means of their categories.",
      fmt::format(
          "{} processes; {} repeats of a key were skipped; {} name a wrong step past their end, which matches none.",
          data.cases.size(), data.repeats, data.past_end),
      "multi_solutions has no wrong step, so it has no PRM-score and does not count in the mean of sensitivity."};
  report.settings = {{"threshold", options.threshold}, {"bootstrap_draws", options.draws}, {"seed", options.seed}};
  return report;
}

}  // namespace hrm::selection
