#include "search/search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "search/particles.h"
#include "search/search_tree.h"
#include "selection/pick.h"

namespace hrm::search {
namespace {

constexpr uint32_t kSamplesRound = 0, kGreedyRound = 1;

policy::Request whole_request(const SearchTools& tools, const steps::Problem& problem, uint32_t round, int64_t n) {
  return steps::step_request(tools.settings, tools.format,
                             {.question = problem.question,
                              .node = steps::root_id(problem),
                              .kind = steps::RequestKind::kRollouts,
                              .round = round,
                              .n = n});
}

std::vector<std::string> steps_of(const SearchTools& tools, const std::string& text) {
  std::vector<std::string> steps = tools.format.split(text);
  if (steps.empty()) steps.push_back(text);  // blank, but a sample
  return steps;
}

// Parts of a whole by weight, which add up to it.
std::vector<int64_t> shared_out(int64_t whole, const std::vector<double>& weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<int64_t> parts;
  double seen = 0;
  int64_t given = 0;
  for (const double weight : weights) {
    seen += weight;
    parts.push_back(std::llround(static_cast<double>(whole) * seen / total) - given);
    given += parts.back();
  }
  return parts;
}

int32_t best_end(const SearchTree& tree, const std::vector<int32_t>& ends) {
  std::vector<double> values;
  for (const int32_t end : ends) values.push_back(tree.value(end));
  return ends[selection::pick_best(values)];
}

int32_t chosen_step(const SearchTree& tree, const std::vector<int32_t>& steps) {
  std::vector<double> scores;
  std::vector<std::string> texts;
  for (const int32_t step : steps) {
    scores.push_back(tree.score(step));
    texts.push_back(tree.text(step));
  }
  return steps[selection::choose_step(scores, texts)];
}

// Searches beside each other, each of which keeps the best of its next steps; they share n evenly.
int32_t greedy_searches(SearchTree& tree, int64_t searches, int64_t n) {
  std::vector<int32_t> ends(static_cast<size_t>(searches), 0);
  for (;;) {
    std::vector<SearchTree::Ask> asks;
    for (int64_t i = 0; i < searches; ++i)
      if (const int32_t end = ends[static_cast<size_t>(i)]; !tree.ended(end))
        asks.push_back({end, n / searches + (i < n % searches), static_cast<uint32_t>(i)});
    if (asks.empty()) return best_end(tree, ends);
    const auto steps = tree.expand(asks);
    for (size_t i = 0; i < asks.size(); ++i)
      if (!steps[i].empty()) ends[asks[i].branch] = chosen_step(tree, steps[i]);
  }
}

// The best `width` of what there is, in order; ended beams stay as long as they are among them.
int32_t beam_search(SearchTree& tree, int64_t width, int64_t n) {
  std::vector<int32_t> beams = {0};
  for (;;) {
    std::vector<SearchTree::Ask> asks;
    for (const int32_t beam : beams)
      if (!tree.ended(beam)) asks.push_back({.node = beam});
    if (asks.empty()) return best_end(tree, beams);
    const auto live = std::ssize(asks);
    for (int64_t i = 0; i < live; ++i) asks[static_cast<size_t>(i)].n = n / live + (i < n % live);
    const auto steps = tree.expand(asks);
    std::vector<int32_t> pool;
    for (const int32_t beam : beams)
      if (tree.ended(beam)) pool.push_back(beam);  // one that has turned out to be an end too
    for (const auto& children : steps) pool.insert(pool.end(), children.begin(), children.end());
    std::ranges::stable_sort(pool, std::greater(), [&](int32_t node) { return tree.value(node); });
    if (std::ssize(pool) > width) pool.resize(static_cast<size_t>(width));
    beams = std::move(pool);
  }
}

}  // namespace

std::vector<FoundSolution> sample_solutions(const SearchTools& tools, const steps::Problem& problem, int64_t n) {
  SearchCost cost;
  policy::Request request = whole_request(tools, problem, kSamplesRound, n);
  request.logprobs = tools.settings.logprobs;
  const policy::Response response = ask_all(tools, {&request, 1}, cost).front();
  std::vector<std::string> texts;
  std::vector<std::vector<std::string>> solutions;
  std::vector<double> lengths;
  for (const policy::Choice& choice : response.choices) {
    texts.push_back(tools.format.rollout_text(choice));
    solutions.push_back(steps_of(tools, texts.back()));
    lengths.push_back(static_cast<double>(texts.back().size() + 1));
  }
  SearchTree tree(tools, problem);
  const std::vector<int32_t> ends = tree.add(solutions);
  const std::vector<int64_t> scored = shared_out(tree.cost().scored_tokens, lengths);
  const double seconds = cost.seconds + tree.cost().seconds;
  const double total = std::accumulate(lengths.begin(), lengths.end(), 0.0);
  std::vector<FoundSolution> found;
  for (size_t i = 0; i < ends.size(); ++i) {
    found.push_back(tree.solution(ends[i]));
    found.back().answer = tools.format.answer(texts[i]);
    if (const std::vector<float>& logprobs = response.choices[i].logprobs; !logprobs.empty())
      found.back().mean_logprob =
          std::accumulate(logprobs.begin(), logprobs.end(), 0.0) / static_cast<double>(logprobs.size());
    found.back().cost = {.tokens = response.choices[i].tokens,
                         .scored_tokens = scored[i],
                         .requests = i == 0 ? 1 : 0,
                         .seconds = seconds * lengths[i] / total};
  }
  return found;
}

FoundSolution greedy_solution(const SearchTools& tools, const steps::Problem& problem) {
  SearchCost cost;
  policy::Request request = whole_request(tools, problem, kGreedyRound, 1);
  request.temperature = 0;
  const policy::Response response = ask_all(tools, {&request, 1}, cost).front();
  const std::string text = tools.format.rollout_text(response.choices.front());
  return {.steps = steps_of(tools, text), .scores = {}, .answer = tools.format.answer(text), .cost = cost};
}

FoundSolution search_steps(const SearchTools& tools, const steps::Problem& problem, SearchMethod method, int64_t n) {
  SearchTree tree(tools, problem);
  const int64_t width = std::min(tools.settings.width, n);
  const auto end = [&] {
    if (method == SearchMethod::kBeam) return beam_search(tree, width, n);
    if (method == SearchMethod::kParticles)
      return filter_particles(tree, n, {tools.settings.particle_weights, tools.settings.seed});
    return greedy_searches(tree, method == SearchMethod::kDvts ? n / width : 1, n);
  };
  FoundSolution found = tree.solution(end());
  found.cost = tree.cost();
  return found;
}

}  // namespace hrm::search
