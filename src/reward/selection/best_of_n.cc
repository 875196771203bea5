#include "selection/best_of_n.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "base/progress.h"
#include "base/signals.h"
#include "base/threads.h"
#include "selection/pick.h"

namespace hrm::selection {
namespace {

// One problem, flattened.
struct Samples {
  std::vector<uint8_t> correct;
  std::vector<int32_t> groups;
  std::vector<std::vector<double>> aggregates;  // [confidence, then scorer and aggregation][sample]
};

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

Samples samples_of(const SampledProblem& problem, const BestOfNOptions& options, size_t scorers,
                   const std::vector<Confidence>& baselines) {
  Samples samples{.groups = group_answers(problem, options.match)};
  for (const Candidate& candidate : problem.candidates) samples.correct.push_back(candidate.correct);
  for (const Confidence kind : baselines) {
    auto& values = samples.aggregates.emplace_back();
    for (const Candidate& candidate : problem.candidates) {
      if (const auto& value = candidate.confidence[static_cast<size_t>(kind)])
        values.push_back(as_score(kind, *value));
      else
        values.push_back(0);
    }
  }
  for (size_t s = 0; s < scorers; ++s)
    for (const Aggregation how : options.aggregations) {
      auto& values = samples.aggregates.emplace_back();
      for (const Candidate& candidate : problem.candidates) values.push_back(aggregate(candidate.scores[s], how));
    }
  return samples;
}

template <typename T>
std::span<const T> first(const std::vector<T>& all, uint64_t n) {
  return std::span(all).first(n);
}

// What the rows say about one problem, in the order of make_rows().
class ProblemOutcomes {
 public:
  ProblemOutcomes(const Samples& samples, const BestOfNOptions& options, size_t problem)
      : samples_(samples), options_(options), problem_(problem) {}

  std::vector<double> all(std::optional<bool> greedy) const {
    std::vector<double> outcomes;
    for (const uint64_t n : options_.n) {
      if (samples_.correct.empty()) {  // only searches
        if (greedy) outcomes.push_back(*greedy);
        continue;
      }
      const auto correct = options_.subset == Subset::kFirst ? first(samples_.correct, n) : std::span(samples_.correct);
      const auto right = static_cast<uint64_t>(std::ranges::count(correct, 1));
      outcomes.push_back(static_cast<double>(right) / static_cast<double>(correct.size()));
      if (greedy) outcomes.push_back(*greedy);
      outcomes.push_back(vote(n, {}));
      if (options_.subset == Subset::kFirst) outcomes.push_back(right > 0);
      const auto all_right = static_cast<uint64_t>(std::ranges::count(samples_.correct, 1));
      outcomes.push_back(pass_at(n, samples_.correct.size(), all_right));
      for (const std::vector<double>& values : samples_.aggregates)
        for (const Pick pick : options_.picks)
          outcomes.push_back(pick == Pick::kBest ? best(n, values) : vote(n, values));
    }
    return outcomes;
  }

 private:
  double best(uint64_t n, const std::vector<double>& values) const {
    if (options_.subset == Subset::kFirst) return samples_.correct[pick_best(first(values, n))];
    return expected_best(n, values, samples_.correct);
  }
  double vote(uint64_t n, const std::vector<double>& weights) const {
    if (options_.subset == Subset::kFirst)
      return samples_.correct[pick_by_vote(first(samples_.groups, n),
                                           weights.empty() ? std::span<const double>() : first(weights, n))];
    // The same subsets for every scorer: differences between them are not blurred by the draw.
    Rng rng(options_.seed, {problem_, n});
    return expected_vote(n, {samples_.groups, weights, samples_.correct}, options_.draws, rng);
  }

  const Samples& samples_;
  const BestOfNOptions& options_;
  size_t problem_;
};

std::vector<ReportRow> make_rows(const SampledSolutions& solutions, const BestOfNOptions& options, bool greedy,
                                 const std::vector<Confidence>& baselines) {
  std::vector<ReportRow> rows;
  for (const uint64_t n : options.n) {
    const bool samples = !solutions.problems.front().candidates.empty();
    if (samples) rows.push_back({.method = "one sample", .n = n});
    if (greedy) rows.push_back({.method = "greedy", .n = n});
    if (!samples) continue;
    rows.push_back({.method = "majority", .n = n});
    if (options.subset == Subset::kFirst) rows.push_back({.method = "any of the first N", .n = n});
    rows.push_back({.method = "pass@N", .n = n});
    for (const Confidence kind : baselines)
      for (const Pick pick : options.picks)
        rows.push_back({.method = fmt::format("{} {}", name_of_enum(pick), name_of_enum(kind)), .n = n});
    for (const std::string& scorer : solutions.scorers)
      for (const Aggregation how : options.aggregations)
        for (const Pick pick : options.picks)
          rows.push_back({.method = std::string(name_of_enum(pick)),
                          .scorer = scorer,
                          .aggregation = std::string(name_of_enum(how)),
                          .n = n});
  }
  return rows;
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
  const bool greedy = std::ranges::all_of(solutions.problems, [](const auto& p) { return p.greedy.has_value(); });
  const std::vector<Confidence> baselines = baselines_of(solutions);

  std::vector<std::vector<double>> outcomes(problems);
  std::atomic<uint64_t> done = 0;
  Progress progress("selecting", problems, {.unit = "problems"});
  std::mutex drawing;
  parallel_for(problems, options.threads, [&](size_t p) {
    if (interrupted()) throw failure("selection.best_of_n", "interrupted");
    const Samples samples = samples_of(solutions.problems[p], options, solutions.scorers.size(), baselines);
    outcomes[p] = ProblemOutcomes(samples, options, p).all(greedy ? solutions.problems[p].greedy : std::nullopt);
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
  std::vector<ReportRow> rows = make_rows(solutions, options, greedy, baselines);
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<double> of_row(problems);
    for (size_t p = 0; p < problems; ++p) of_row[p] = outcomes[p][r];
    ReportRow row = outcome_row(rows[r].method, rows[r].n, std::move(of_row));
    row.scorer = rows[r].scorer;
    row.aggregation = rows[r].aggregation;
    // One sample, or one greedy solution, costs one whatever N is.
    const bool single = row.method == "one sample" || row.method == "greedy";
    if (row.method != "greedy") row.cost = cost_of(solutions, options.subset, single ? 1 : row.n);
    if (row.scorer.empty()) row.cost.scored_tokens.reset();
    report.rows.push_back(std::move(row));
  }
  for (ReportRow& row : search_rows(solutions, given.n)) report.rows.push_back(std::move(row));
  std::ranges::stable_sort(report.rows, {}, &ReportRow::n);
  add_notes(report, solutions, options);
  return report;
}

}  // namespace hrm::selection
