#include "selection/repair_probe.h"

#include <array>
#include <map>

namespace hrm::selection {
namespace {

enum Change : size_t { kRepairs, kStaysWrong, kStaysRight, kBreaks };
constexpr std::array<std::string_view, 4> kChanges = {"repairs", "stays wrong", "stays right", "breaks"};

Change change_of(bool before, bool after) {
  return before ? (after ? kStaysRight : kBreaks) : (after ? kRepairs : kStaysWrong);
}

// A step whose change is known.
struct ProbedStep {
  const ScoredTruth* solution;
  size_t problem, step;
  Change change;
  bool right() const { return change == kRepairs || change == kStaysRight; }
  double score(size_t scorer) const { return solution->scores[scorer][step]; }
  std::string name() const {
    return solution->probe_case.empty() ? std::string(kChanges[change]) : solution->probe_case;
  }
};

std::vector<ProbedStep> probed_steps(const JudgedData& data, const std::vector<size_t>& problem_of) {
  std::vector<ProbedStep> probed;
  for (size_t i = 0; i < data.solutions.size(); ++i) {
    const ScoredTruth& solution = data.solutions[i];
    for (size_t s = 0; s < solution.right.size(); ++s) {
      const std::optional<bool> before = s ? solution.right[s - 1] : true, after = solution.right[s];
      if (!before || !after || (solution.probe_step && *solution.probe_step != s)) continue;
      probed.push_back({&solution, problem_of[i], s, change_of(*before, *after)});
    }
  }
  return probed;
}

// Pairs of steps, right first, after the same steps of the same problem; each text of a step once.
struct Pair {
  const ProbedStep *right, *wrong;
};
std::vector<Pair> matched_pairs(const std::vector<ProbedStep>& probed) {
  std::map<std::pair<size_t, std::vector<std::string>>, std::map<std::string, const ProbedStep*>> contexts;
  for (const ProbedStep& step : probed) {
    const auto& texts = step.solution->steps;
    if (texts.empty()) continue;
    const std::vector<std::string> before(texts.begin(), texts.begin() + static_cast<ptrdiff_t>(step.step));
    contexts[{step.problem, before}].emplace(texts[step.step], &step);
  }
  std::vector<Pair> pairs;
  for (const auto& [context, steps] : contexts)
    for (const auto& [right_text, right] : steps)
      for (const auto& [wrong_text, wrong] : steps)
        if (right->right() && !wrong->right()) pairs.push_back({right, wrong});
  return pairs;
}

// Sums and counts by problem, by name of the row.
class Rates {
 public:
  Rates(size_t problems, const StepMeasureOptions& options) : problems_(problems), options_(options) {}

  void add(const std::string& name, size_t problem, double value) {
    auto& [sums, counts] = rows_[name];
    sums.resize(problems_), counts.resize(problems_);
    sums[problem] += value;
    ++counts[problem];
  }
  void move_to(const std::string& scorer, MeasureReport& report) {
    for (const auto& [name, row] : rows_)
      report.rows.push_back({{scorer, name}, {mean_over_units(row.first, row.second, options_.draws, options_.seed)}});
  }

 private:
  size_t problems_;
  const StepMeasureOptions& options_;
  std::map<std::string, std::pair<std::vector<double>, std::vector<uint64_t>>> rows_;
};

double above(double a, double b) { return a > b ? 1 : a == b ? 0.5 : 0; }

}  // namespace

MeasureReport repair_probe(const JudgedData& data, const StepMeasureOptions& options) {
  size_t problems = 0;
  const std::vector<size_t> problem_of = number_problems(data, problems);
  const std::vector<ProbedStep> probed = probed_steps(data, problem_of);
  const std::vector<Pair> pairs = matched_pairs(probed);
  MeasureReport report{.title = "Repair probe"};
  report.keys = {"scorer", "probe"};
  report.measures = {"rate"};
  std::array<uint64_t, kChanges.size()> counts{};
  for (const ProbedStep& step : probed) ++counts[step.change];
  if (counts[kRepairs] + counts[kStaysWrong] == 0)
    throw bad_input("repair_probe", "no step follows a wrong one: expected solutions that continue after an error");
  for (size_t s = 0; s < data.scorers.size(); ++s) {
    Rates rates(problems, options);
    for (const ProbedStep& step : probed) {
      const double score = step.score(s);
      rates.add(std::string(kChanges[step.change]) + " called right", step.problem, score >= options.threshold);
      if (step.step == 0) continue;
      const double before = step.solution->scores[s][step.step - 1];
      if (step.change == kRepairs) rates.add("repair above the wrong step before", step.problem, above(score, before));
      if (step.change == kBreaks) rates.add("break below the right step before", step.problem, above(before, score));
    }
    for (const Pair& pair : pairs)
      rates.add("matched: " + pair.right->name() + " over " + pair.wrong->name(), pair.right->problem,
                above(pair.right->score(s), pair.wrong->score(s)));
    rates.move_to(data.scorers[s], report);
  }
  report.notes = {
      fmt::format("{} steps repair, {} stay wrong, {} stay right, {} break; {} matched pairs.", counts[kRepairs],
                  counts[kStaysWrong], counts[kStaysRight], counts[kBreaks], pairs.size()),
      "'called right' should be high for repairs and steps that stay right, and low for the others; for all other rows "
      "1 is best and 0.5 is chance."};
  report.settings = {{"threshold", options.threshold}, {"bootstrap_draws", options.draws}, {"seed", options.seed}};
  return report;
}

}  // namespace hrm::selection
