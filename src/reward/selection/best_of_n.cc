#include "selection/best_of_n.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <set>

#include "base/progress.h"
#include "base/signals.h"
#include "base/threads.h"
#include "selection/pick.h"

namespace hrm::selection {
namespace {

// How many samples have it, and how many lack it that have an answer. One without an answer, such as a sample that ended
// before its first token, needs none: it cannot be right, and has no vote.
struct Having {
  uint64_t have = 0, lack = 0;
};
Having count_having(const SampledSolutions& solutions, Confidence kind) {
  Having count;
  for (const SampledProblem& problem : solutions.problems)
    for (const Candidate& candidate : problem.candidates) {
      const bool has = candidate.confidence[static_cast<size_t>(kind)].has_value();
      count.have += has;
      count.lack += !has && candidate.answer.has_value();
    }
  return count;
}

// Those that no sample lacks: the others would be compared on other samples.
std::vector<Confidence> baselines_of(const SampledSolutions& solutions) {
  std::vector<Confidence> baselines;
  for (const auto& [kind, name] : enum_names(Confidence()))
    if (const Having count = count_having(solutions, kind); count.have > 0 && count.lack == 0)
      baselines.push_back(kind);
  return baselines;
}

// What a sample is chosen by, with its names in the report.
struct SampleScore {
  std::string confidence, scorer, aggregation;
  std::function<double(const Candidate&)> value;
};

std::vector<SampleScore> sample_scores_of(const SampledSolutions& solutions, const BestOfNOptions& options) {
  std::vector<SampleScore> scores;
  for (const Confidence kind : baselines_of(solutions))
    scores.push_back({.confidence = std::string(name_of_enum(kind)),
                      .scorer = {},
                      .aggregation = {},
                      .value = [kind](const Candidate& candidate) {
                        const auto& value = candidate.confidence[static_cast<size_t>(kind)];
                        return value ? as_score(kind, *value) : 0.0;
                      }});
  for (size_t s = 0; s < solutions.scorers.size(); ++s)
    for (const Aggregation how : options.aggregations)
      scores.push_back({.confidence = {},
                        .scorer = solutions.scorers[s],
                        .aggregation = std::string(name_of_enum(how)),
                        .value = [s, how](const Candidate& candidate) { return aggregate(candidate.scores[s], how); }});
  return scores;
}

template <typename T>
std::span<const T> first(const std::vector<T>& all, uint64_t n) {
  return std::span(all).first(n);
}

// What the methods find for one problem.
class ProblemOutcomes {
 public:
  ProblemOutcomes(const SampledSolutions& solutions, size_t problem, const BestOfNOptions& options,
                  const std::vector<SampleScore>& scores)
      : options_(options),
        problem_(problem),
        greedy_(solutions.problems[problem].greedy),
        groups_(group_answers(solutions.problems[problem], options.match)) {
    const std::vector<Candidate>& candidates = solutions.problems[problem].candidates;
    for (const Candidate& candidate : candidates) correct_.push_back(candidate.correct);
    for (const SampleScore& score : scores) {
      auto& values = values_.emplace_back();
      for (const Candidate& candidate : candidates) values.push_back(score.value(candidate));
    }
  }

  double one_sample(uint64_t n) const {
    const std::span<const uint8_t> samples =
        options_.subset == Subset::kFirst ? first(correct_, n) : std::span(correct_);
    return static_cast<double>(std::ranges::count(samples, 1)) / static_cast<double>(samples.size());
  }
  double greedy() const { return *greedy_; }
  double any_of_first(uint64_t n) const { return std::ranges::count(first(correct_, n), 1) > 0; }
  double pass(uint64_t n) const {
    return pass_at(n, correct_.size(), static_cast<uint64_t>(std::ranges::count(correct_, 1)));
  }
  double majority(uint64_t n) const { return vote(n, {}); }
  double picked(Pick pick, uint64_t n, size_t score) const {
    return pick == Pick::kBest ? best(n, values_[score]) : vote(n, values_[score]);
  }

 private:
  double best(uint64_t n, const std::vector<double>& values) const {
    if (options_.subset == Subset::kFirst) return correct_[pick_best(first(values, n))];
    return expected_best(n, values, correct_);
  }
  double vote(uint64_t n, const std::vector<double>& weights) const {
    if (options_.subset == Subset::kFirst)
      return correct_[pick_by_vote(first(groups_, n), weights.empty() ? std::span<const double>() : first(weights, n))];
    // The same subsets for every scorer: differences between them are not blurred by the draw.
    Rng rng(options_.seed, {problem_, n});
    return expected_vote(n, {groups_, weights, correct_}, options_.draws, rng);
  }

  const BestOfNOptions& options_;
  size_t problem_;
  std::optional<bool> greedy_;
  std::vector<int32_t> groups_;              // by sample
  std::vector<uint8_t> correct_;             // by sample
  std::vector<std::vector<double>> values_;  // [score][sample]
};

// A row of the report, and what it says of one problem.
struct Method {
  ReportRow row;
  std::optional<uint64_t> samples;  // whose cost is its own; nullopt: not known
  std::function<double(const ProblemOutcomes&)> outcome;
};

std::vector<Method> methods_of(const SampledSolutions& solutions, const BestOfNOptions& options,
                               const std::vector<SampleScore>& scores) {
  using Of = const ProblemOutcomes&;
  const bool greedy = std::ranges::all_of(solutions.problems, [](const auto& p) { return p.greedy.has_value(); });
  const bool sampled = !solutions.problems.front().candidates.empty();
  std::vector<Method> methods;
  for (const uint64_t n : options.n) {
    // One sample, or one greedy solution, costs one whatever N is.
    const auto add = [&](const char* name, std::optional<uint64_t> samples, auto outcome) {
      methods.push_back({{.method = name, .n = n}, samples, outcome});
    };
    if (sampled) add("one sample", 1, [n](Of of) { return of.one_sample(n); });
    if (greedy) add("greedy", std::nullopt, [](Of of) { return of.greedy(); });
    if (!sampled) continue;  // only searches
    add("majority", n, [n](Of of) { return of.majority(n); });
    if (options.subset == Subset::kFirst) add("any of the first N", n, [n](Of of) { return of.any_of_first(n); });
    add("pass@N", n, [n](Of of) { return of.pass(n); });
    for (size_t m = 0; m < scores.size(); ++m)
      for (const Pick pick : options.picks) {
        const SampleScore& by = scores[m];
        std::string name(name_of_enum(pick));
        if (!by.confidence.empty()) name += " " + by.confidence;
        methods.push_back({{.method = std::move(name), .scorer = by.scorer, .aggregation = by.aggregation, .n = n},
                           n,
                           [=](Of of) { return of.picked(pick, n, m); }});
      }
  }
  return methods;
}

// Mean over problems of what N samples cost: the first N, or N times the mean of all.
Cost cost_of(const SampledSolutions& solutions, Subset subset, uint64_t n) {
  const auto mean = [&](auto Candidate::*field) -> std::optional<double> {
    double sum = 0;
    for (const SampledProblem& problem : solutions.problems) {
      const size_t count = subset == Subset::kFirst ? n : problem.candidates.size();
      double of_problem = 0;
      for (size_t i = 0; i < count; ++i) {
        const auto& value = problem.candidates[i].*field;
        if (!value) return std::nullopt;
        of_problem += static_cast<double>(*value);
      }
      sum += of_problem * static_cast<double>(n) / static_cast<double>(count);
    }
    return sum / static_cast<double>(solutions.problems.size());
  };
  return {mean(&Candidate::generated_tokens), mean(&Candidate::scored_tokens), mean(&Candidate::seconds)};
}

// One row per search that the file has, of these budgets or, where none are named, of all.
std::vector<ReportRow> search_rows(const SampledSolutions& solutions, const std::vector<uint64_t>& budgets) {
  std::vector<ReportRow> rows;
  const auto problems = static_cast<double>(solutions.problems.size());
  for (size_t s = 0; s < solutions.searches.size(); ++s) {
    const SearchKey& key = solutions.searches[s];
    if (!budgets.empty() && std::ranges::find(budgets, key.n) == budgets.end()) continue;
    std::vector<double> outcomes;
    for (const SampledProblem& problem : solutions.problems) outcomes.push_back(problem.searched[s].correct);
    const auto mean = [&](auto Candidate::*field) -> std::optional<double> {
      double sum = 0;
      for (const SampledProblem& problem : solutions.problems) {
        const auto& value = problem.searched[s].*field;
        if (!value) return std::nullopt;
        sum += static_cast<double>(*value);
      }
      return sum / problems;
    };
    ReportRow row = outcome_row(key.method, key.n, std::move(outcomes));
    row.scorer = key.scorer;
    row.aggregation = key.aggregation;
    row.cost = {mean(&Candidate::generated_tokens), mean(&Candidate::scored_tokens), mean(&Candidate::seconds)};
    row.search = true;
    rows.push_back(std::move(row));
  }
  return rows;
}

// Where there are no samples.
void take_budgets_of_searches(const SampledSolutions& solutions, BestOfNOptions& options) {
  std::set<uint64_t> known;
  for (const SearchKey& key : solutions.searches)
    if (options.n.empty() || std::ranges::find(options.n, key.n) != options.n.end()) known.insert(key.n);
  if (known.empty()) throw bad_input("selection.best_of_n", "there are no samples, and no search has this N");
  options.n.assign(known.begin(), known.end());
}

// REQUIRES: problems have candidates.
void check_budgets(SampledSolutions& solutions, BestOfNOptions& options) {
  const auto samples = [](const SampledProblem& problem) { return problem.candidates.size(); };
  const auto fewest = samples(*std::ranges::min_element(solutions.problems, {}, samples));
  if (options.n.empty())
    for (uint64_t n = 1; n <= fewest; n *= 2) options.n.push_back(n);
  std::ranges::sort(options.n);
  options.n.erase(std::ranges::unique(options.n).begin(), options.n.end());
  if (options.n.front() == 0) throw bad_input("selection.best_of_n", "N = 0: expected at least 1");
  const uint64_t largest = options.n.back();
  std::erase_if(solutions.problems, [&](const SampledProblem& problem) {
    if (samples(problem) >= largest) return false;
    const Error error = bad_input(
        "selection.best_of_n",
        "problem '{}' has {} samples, too few for N = {}: choose N up to {}, or leave such problems out (--skip-bad)",
        problem.id, samples(problem), largest, fewest);
    if (!options.leave_out_short) throw error;
    solutions.bad.add(error.what());
    return true;
  });
  if (solutions.problems.empty()) throw bad_input("selection.best_of_n", "no problem has {} samples", largest);
}

void add_notes(SelectionReport& report, const SampledSolutions& solutions, const BestOfNOptions& options) {
  uint64_t outside = 0;
  for (const SampledProblem& problem : solutions.problems)
    for (const Candidate& candidate : problem.candidates)
      for (const auto& scores : candidate.scores)
        outside += std::ranges::any_of(scores, [](double score) { return score < 0 || score > 1; });
  if (outside > 0)
    report.notes.push_back(fmt::format(
        "{} scored solutions have step scores outside [0, 1]: their products and weighted votes mean little.",
        outside));
  if (!solutions.searches.empty()) {
    uint64_t silent = 0;
    for (const SampledProblem& problem : solutions.problems)
      silent += static_cast<uint64_t>(
          std::ranges::count_if(problem.searched, [](const Candidate& found) { return !found.answer; }));
    report.notes.push_back(fmt::format("{} of {} searches ended without an answer, which counts as wrong.", silent,
                                       solutions.searches.size() * solutions.problems.size()));
  }
  if (solutions.problems.front().candidates.empty()) {
    report.notes.push_back("There are searches but no samples, so there is no majority vote and no pass@N.");
    return;
  }
  for (const auto& [kind, name] : enum_names(Confidence()))
    if (const Having count = count_having(solutions, kind); count.have > 0 && count.lack > 0)
      report.notes.push_back(
          fmt::format("{} samples have {}, {} with an answer lack it, so it is not used as a baseline.", count.have,
                      name, count.lack));
  if (options.subset == Subset::kFirst)
    report.notes.push_back(
        "The first N samples of each problem. Intervals: Wilson over problems; of 'one sample' and 'pass@N' (the "
        "unbiased estimator over all samples), which average within a problem, the normal interval of a mean.");
  else
    report.notes.push_back(fmt::format(
        "Expected over random subsets of N of all samples: exact for the best sample and pass@N, {} draws per problem "
        "for votes, the same for every scorer. Intervals: normal, of the mean over problems.",
        options.draws));
  if (solutions.undecided > 0)
    report.notes.push_back(
        fmt::format("{} answers that the grader could not decide count as wrong.", solutions.undecided));
  if (solutions.bad.count > 0) report.notes.push_back(fmt::format("{} records were left out.", solutions.bad.count));
}

}  // namespace

std::vector<int32_t> group_answers(const SampledProblem& problem, AnswerMatch match) {
  std::vector<std::string_view> known;  // first member of each group
  std::vector<std::pair<std::string_view, int32_t>> seen;
  std::vector<int32_t> groups;
  for (const Candidate& candidate : problem.candidates) {
    if (!candidate.answer) {
      groups.push_back(kNoAnswer);
      continue;
    }
    const std::string_view answer = *candidate.answer;
    const auto before = std::ranges::find(seen, answer, &std::pair<std::string_view, int32_t>::first);
    if (before != seen.end()) {
      groups.push_back(before->second);
      continue;
    }
    const auto equal = std::ranges::find_if(known, [&](std::string_view other) {
      return match == AnswerMatch::kEquivalent && grading::grade(answer, other) == grading::Verdict::kCorrect;
    });
    groups.push_back(static_cast<int32_t>(equal - known.begin()));
    if (equal == known.end()) known.push_back(answer);
    seen.emplace_back(answer, groups.back());
  }
  return groups;
}

SelectionReport best_of_n(SampledSolutions& solutions, const BestOfNOptions& given) {
  BestOfNOptions options = given;
  if (solutions.problems.front().candidates.empty())
    take_budgets_of_searches(solutions, options);
  else
    check_budgets(solutions, options);
  const size_t problems = solutions.problems.size();
  const std::vector<SampleScore> scores = sample_scores_of(solutions, options);
  const std::vector<Method> methods = methods_of(solutions, options, scores);

  std::vector<std::vector<double>> outcomes(methods.size(), std::vector<double>(problems));
  std::atomic<uint64_t> done = 0;
  Progress progress("selecting", problems, {.unit = "problems"});
  std::mutex drawing;
  parallel_for(problems, options.threads, [&](size_t p) {
    if (interrupted()) throw failure("selection.best_of_n", "interrupted");
    const ProblemOutcomes of(solutions, p, options, scores);
    for (size_t m = 0; m < methods.size(); ++m) outcomes[m][p] = methods[m].outcome(of);
    const std::lock_guard lock(drawing);
    progress.update(++done);
  });

  SelectionReport report{
      .title = "Best of N",
      .settings = {{"n", options.n},
                   {"subset", name_of_enum(options.subset)},
                   {"answers_match", name_of_enum(options.match)},
                   {"seed", options.seed},
                   {"draws", options.subset == Subset::kRandom ? Json(options.draws) : Json(nullptr)},
                   {"problems", problems},
                   {"candidates_marked", solutions.marked},
                   {"candidates_graded", solutions.graded},
                   {"candidates_undecided", solutions.undecided},
                   {"records_left_out", solutions.bad.count}}};
  for (const SampledProblem& problem : solutions.problems) report.problems.push_back(problem.id);
  for (size_t m = 0; m < methods.size(); ++m) {
    const Method& method = methods[m];
    ReportRow row = outcome_row(method.row.method, method.row.n, std::move(outcomes[m]));
    row.scorer = method.row.scorer;
    row.aggregation = method.row.aggregation;
    if (method.samples) row.cost = cost_of(solutions, options.subset, *method.samples);
    if (row.scorer.empty()) row.cost.scored_tokens.reset();
    report.rows.push_back(std::move(row));
  }
  for (ReportRow& row : search_rows(solutions, given.n)) report.rows.push_back(std::move(row));
  std::ranges::stable_sort(report.rows, {}, &ReportRow::n);
  add_notes(report, solutions, options);
  return report;
}

}  // namespace hrm::selection
