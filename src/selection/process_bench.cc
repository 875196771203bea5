#include "selection/process_bench.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "selection/record_fields.h"
#include "selection/step_scores.h"

namespace hrm::selection {
namespace {

constexpr const char* kWhere = "processbench";

int64_t first_below(std::span<const double> scores, double threshold) {
  const auto at = std::ranges::find_if(scores, [&](double score) { return score < threshold; });
  return at == scores.end() ? -1 : at - scores.begin();
}

double harmonic_mean(double a, double b) { return a + b > 0 ? 2 * a * b / (a + b) : 0; }

// Solutions of either kind, and those of them that were predicted.
struct Tally {
  uint64_t errors = 0, errors_found = 0, right = 0, right_found = 0;
  void add(const FirstErrorCase& one, double threshold, uint64_t times = 1) {
    const bool found = first_below(one.scores, threshold) == one.label;
    (one.label < 0 ? right : errors) += times;
    (one.label < 0 ? right_found : errors_found) += found ? times : 0;
  }
  double f1() const {
    const auto share = [](uint64_t part, uint64_t whole) {
      return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
    };
    return harmonic_mean(share(errors_found, errors), share(right_found, right));
  }
};

Tally tally(std::span<const FirstErrorCase> cases, double threshold) {
  Tally all;
  for (const FirstErrorCase& one : cases) all.add(one, threshold);
  return all;
}

int64_t label_of(const Json& record, size_t steps, const std::string& place) {
  const Json* label = find_any(record, {"label"});
  if (!label || !label->is_number_integer())
    throw bad_input(kWhere, "{}: field 'label' is missing or no whole number: expected the first wrong step, or -1",
                    place);
  const auto value = label->get<int64_t>();
  if (value < -1 || value >= static_cast<int64_t>(steps))
    throw bad_input(kWhere, "{}: field 'label' is {}, expected -1 to {}", place, value,
                    static_cast<int64_t>(steps) - 1);
  return value;
}

class Collector {
 public:
  Collector(FirstErrorCases& cases, std::vector<std::string> scorers) : cases_(cases), scorers_(std::move(scorers)) {}

  void add(const StepScores& scores, const Json& record, const std::string& place) {
    if (scorers_.empty())
      for (const auto& [name, list] : scores.by_scorer) scorers_.push_back(name);
    const Json* steps = find_any(record, {"steps"});
    for (const std::string& name : scorers_) {  // first all checks: a bad record leaves nothing
      const auto found = scores.by_scorer.find(name);
      if (found == scores.by_scorer.end()) throw bad_input(kWhere, "{}: no scores by '{}'", place, name);
      if (steps && steps->is_array() && steps->size() != found->second.size())
        throw bad_input(kWhere, "{}: {} scores by '{}', but {} steps", place, found->second.size(), name,
                        steps->size());
      label_of(record, found->second.size(), place);
    }
    for (const std::string& name : scorers_) {
      const auto& list = scores.by_scorer.at(name);
      cases_.by_scorer[name].push_back({.label = label_of(record, list.size(), place), .scores = list});
    }
  }

 private:
  FirstErrorCases& cases_;
  std::vector<std::string> scorers_;
};

}  // namespace

FirstErrorResult first_errors(std::span<const FirstErrorCase> cases, double threshold) {
  const Tally all = tally(cases, threshold);
  return {.threshold = threshold,
          .error = share_of(all.errors_found, all.errors),
          .correct = share_of(all.right_found, all.right),
          .f1 = all.f1()};
}

double best_threshold(std::span<const FirstErrorCase> cases) {
  constexpr int kGrid = 100;
  double best = 0, best_f1 = -1;
  for (int i = 0; i <= kGrid; ++i) {
    const double threshold = static_cast<double>(i) / kGrid, f1 = tally(cases, threshold).f1();
    if (f1 > best_f1) best = threshold, best_f1 = f1;
  }
  return best;
}

Interval f1_interval(std::span<const FirstErrorCase> cases, double threshold, uint64_t seed, uint64_t draws) {
  return bootstrap95(cases.size(), draws, seed, [&](std::span<const uint32_t> times) -> std::optional<double> {
    Tally all;
    for (size_t i = 0; i < cases.size(); ++i)
      if (times[i] > 0) all.add(cases[i], threshold, times[i]);
    return all.f1();
  });
}

FirstErrorCases read_first_errors(const ReadFirstErrors& options) {
  FirstErrorCases cases;
  Collector collector(cases, options.scorers);
  if (options.scores.empty()) {
    cases.bad = read_step_scores(open_records(options.benchmark, options.skip_bad),
                                 [&](const StepScores& scores, const Json& record, const std::string& place) {
                                   collector.add(scores, record, place);
                                 });
  } else {
    std::unordered_map<std::string, StepScores> by_id;
    BadLines bad_scores = read_step_scores(open_records(options.scores, options.skip_bad),
                                           [&](StepScores scores, const Json&, const std::string&) {
                                             std::string id = scores.id;
                                             by_id.emplace(std::move(id), std::move(scores));
                                           });
    cases.bad = for_each_record(
        open_records(options.benchmark, options.skip_bad), [&](const Json& record, const std::string& place) {
          const std::string id = id_of(record, {"id"}, place);
          const auto found = by_id.find(id);
          if (found == by_id.end())
            throw bad_input(kWhere, "{}: '{}' has no scores in {}", place, id, options.scores.string());
          collector.add(found->second, record, place);
        });
    cases.bad.count += bad_scores.count;
    std::ranges::move(bad_scores.messages, std::back_inserter(cases.bad.messages));
  }
  if (cases.by_scorer.empty()) throw bad_input(kWhere, "{}: holds no scored solution", options.benchmark.string());
  return cases;
}

}  // namespace hrm::selection
