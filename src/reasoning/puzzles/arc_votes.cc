#include "puzzles/arc_votes.h"

#include <algorithm>
#include <cmath>

namespace hrm::puzzles {
namespace {

// The two attempts of a submission. A grid has a row at least.
Json attempts_json(const std::vector<ArcCandidate>& candidates) {
  std::vector<Json> grids;
  for (const ArcCandidate& candidate : candidates)
    if (!candidate.grid.empty() && grids.size() < 2) grids.push_back(to_json(candidate.grid));
  if (grids.empty()) grids.push_back(Json::array({Json::array({0})}));
  return {{"attempt_1", grids.front()}, {"attempt_2", grids.back()}};
}

Estimate share(double sum, uint64_t cases, uint64_t tasks) {
  const double mean = cases > 0 ? sum / static_cast<double>(cases) : 0;
  return {mean, wilson95_of(mean, static_cast<double>(tasks)), cases};
}

bool is_solved(const ArcTask& task) {
  return std::ranges::none_of(task.test, [](const ArcPair& pair) { return pair.output.empty(); });
}

// Sums over tasks of what share() needs for one pass@K.
struct PassTally {
  double whole = 0, shares = 0, right = 0;

  void add(uint64_t solved, size_t tests) {
    whole += solved == tests;
    shares += static_cast<double>(solved) / static_cast<double>(tests);
    right += static_cast<double>(solved);
  }
  ArcPass pass(uint64_t k, const ArcScores& scores) const {
    return {.k = k,
            .tasks = share(whole, scores.tasks, scores.tasks),
            .mean = share(shares, scores.tasks, scores.tasks),
            .inputs = share(right, scores.inputs, scores.tasks)};
  }
};

}  // namespace

ArcVotes::ArcVotes(std::vector<ArcTask> tasks) : tasks_(std::move(tasks)) {
  for (size_t t = 0; t < tasks_.size(); ++t) {
    by_name_.emplace(tasks_[t].name, t);
    votes_.emplace_back(tasks_[t].test.size());
  }
}

std::vector<size_t> ArcVotes::inputs_named(size_t task, const ArcGrid& input) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < tasks_[task].test.size(); ++i)
    if (tasks_[task].test[i].input == input) found.push_back(i);
  return found;
}

bool ArcVotes::add(const VariantAnswer& answer, float q_halt, uint64_t row) {
  const ArcIdentity identity = parse_arc_name(answer.identifier);
  const auto task = by_name_.find(identity.task);
  if (task == by_name_.end()) return false;
  const std::vector<size_t> tests =
      inputs_named(task->second, identity.map.undo(decode_arc(answer.question, answer.side)));
  for (const size_t test : tests)
    add({task->second, test, identity.original}, identity.map.undo(decode_arc(answer.answer, answer.side)), q_halt,
        row);
  return !tests.empty();
}

void ArcVotes::add(Place place, ArcGrid answer, float q_halt, uint64_t row) {
  const auto [at, fresh] = grid_numbers_.try_emplace(std::move(answer), grids_.size());
  if (fresh) grids_.push_back(at->first);
  const double weight = std::isnan(q_halt) ? 0 : 1 / (1 + std::exp(-static_cast<double>(q_halt)));
  votes_[place.task][place.test].push_back({row, at->second, weight, place.original});
}

std::vector<ArcCandidate> ArcVotes::ranked(size_t task, size_t test) const {
  std::vector<Vote> votes = votes_[task][test];
  std::ranges::stable_sort(votes, {}, &Vote::row);
  std::map<size_t, size_t> place;  // of a grid among the candidates
  std::vector<ArcCandidate> candidates;
  for (const Vote& vote : votes) {
    const auto [at, fresh] = place.try_emplace(vote.grid, candidates.size());
    if (fresh) candidates.push_back({.grid = grids_[vote.grid]});
    ++candidates[at->second].votes;
    candidates[at->second].weight += vote.weight;
  }
  for (ArcCandidate& candidate : candidates) candidate.weight /= static_cast<double>(candidate.votes);
  std::ranges::stable_sort(candidates, [](const ArcCandidate& a, const ArcCandidate& b) {
    return std::pair(a.votes, a.weight) > std::pair(b.votes, b.weight);
  });
  return candidates;
}

ArcScores ArcVotes::score(std::span<const uint64_t> ks) const {
  ArcScores scores;
  std::vector<PassTally> tallies(ks.size());
  PassTally unvoted;
  bool all_unchanged = true;  // every test input has an answer to the unchanged task
  for (size_t t = 0; t < tasks_.size(); ++t) {
    const auto& tests = tasks_[t].test;
    if (!is_solved(tasks_[t]) || tests.empty()) continue;
    ++scores.tasks;
    scores.inputs += tests.size();
    std::vector<uint64_t> solved(ks.size());
    uint64_t solved_unvoted = 0;
    for (size_t i = 0; i < tests.size(); ++i) {
      scores.votes += votes_[t][i].size();
      scores.unanswered += votes_[t][i].empty();
      const std::vector<ArcCandidate> candidates = ranked(t, i);
      const auto at = std::ranges::find(candidates, tests[i].output, &ArcCandidate::grid) - candidates.begin();
      for (size_t k = 0; k < ks.size(); ++k)
        solved[k] += at < std::ssize(candidates) && static_cast<uint64_t>(at) < ks[k];
      const auto original = std::ranges::find_if(votes_[t][i], &Vote::original);
      const bool unchanged = original != votes_[t][i].end();
      all_unchanged = all_unchanged && unchanged;
      solved_unvoted += unchanged && grids_[original->grid] == tests[i].output;
    }
    for (size_t k = 0; k < ks.size(); ++k) tallies[k].add(solved[k], tests.size());
    unvoted.add(solved_unvoted, tests.size());
  }
  for (size_t k = 0; k < ks.size(); ++k) scores.passes.push_back(tallies[k].pass(ks[k], scores));
  if (all_unchanged) scores.unvoted = unvoted.pass(1, scores);
  return scores;
}

Json ArcVotes::submission() const {
  Json all = Json::object();
  for (size_t t = 0; t < tasks_.size(); ++t) {
    Json tests = Json::array();
    for (size_t i = 0; i < tasks_[t].test.size(); ++i) tests.push_back(attempts_json(ranked(t, i)));
    all[tasks_[t].name] = std::move(tests);
  }
  return all;
}

std::span<const uint64_t> arc_pass_ks() {
  static constexpr uint64_t kKs[] = {1, 2, 5, 10, 100, 1000};
  return kKs;
}

Json to_json(const ArcScores& scores) {
  const auto pass_json = [](const ArcPass& pass) -> Json {
    return {{"k", pass.k},
            {"tasks", to_json(pass.tasks)},
            {"mean_over_tasks", to_json(pass.mean)},
            {"test_inputs", to_json(pass.inputs)}};
  };
  Json passes = Json::array();
  for (const ArcPass& pass : scores.passes) passes.push_back(pass_json(pass));
  return {{"tasks", scores.tasks},     {"test_inputs", scores.inputs},
          {"votes", scores.votes},     {"unanswered", scores.unanswered},
          {"pass", std::move(passes)}, {"without_voting", scores.unvoted ? pass_json(*scores.unvoted) : Json(nullptr)}};
}

std::string to_table(const ArcScores& scores) {
  std::string text =
      fmt::format("{} tasks, {} test inputs, {} votes{}\n{:<12}{:>26}{:>26}{:>26}\n", scores.tasks, scores.inputs,
                  scores.votes, scores.unanswered ? fmt::format(", {} inputs without a vote", scores.unanswered) : "",
                  "", "whole tasks", "mean over tasks", "test inputs");
  const auto add_row = [&](const std::string& name, const ArcPass& pass) {
    text += fmt::format("{:<12}", name);
    for (const Estimate& e : {pass.tasks, pass.mean, pass.inputs})
      text += fmt::format("{:>26}", fmt::format("{:.2f} % ({:.2f} - {:.2f})", 100 * e.value, 100 * e.interval.low,
                                                100 * e.interval.high));
    text += '\n';
  };
  for (const ArcPass& pass : scores.passes) add_row(fmt::format("pass@{}", pass.k), pass);
  if (scores.unvoted) add_row("unvoted", *scores.unvoted);
  return text;
}

}  // namespace hrm::puzzles
