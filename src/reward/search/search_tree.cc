#include "search/search_tree.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/utf8.h"

namespace hrm::search {

std::vector<policy::Response> ask_all(const SearchTools& tools, std::span<const policy::Request> requests,
                                      SearchCost& cost) {
  std::vector<policy::Response> responses;
  for (policy::TimedReply& timed : tools.scheduler.complete(requests)) {
    if (const auto* fault = std::get_if<policy::PolicyFault>(&timed.reply)) throw SearchFailed{fault->message};
    responses.push_back(std::get<policy::Response>(std::move(timed.reply)));
    steps::end_at_own_stops(tools.settings, responses.back());
    ++cost.requests;
    cost.seconds += timed.seconds;
    for (const policy::Choice& choice : responses.back().choices) cost.tokens += choice.tokens;
  }
  return responses;
}

SearchTree::SearchTree(const SearchTools& tools, const steps::Problem& problem)
    : tools_(tools),
      tree_{.problem = problem, .nodes = {{.id = steps::root_id(problem)}}, .rollouts = {}},
      scores_(1) {}

std::vector<std::vector<std::optional<int32_t>>> SearchTree::expand_each(std::span<const Ask> asks) {
  std::vector<policy::Request> requests;
  for (const Ask& ask : asks)
    requests.push_back(steps::step_request(tools_.settings, tools_.format,
                                           {.question = tree_.problem.question,
                                            .steps = steps::path_texts(tree_, ask.node),
                                            .node = at(ask.node).id,
                                            .kind = steps::RequestKind::kExpansion,
                                            .round = ask.branch,
                                            .n = ask.n}));
  const std::vector<policy::Response> responses = ask_all(tools_, requests, cost_);
  std::vector<std::vector<std::optional<int32_t>>> all;
  for (size_t i = 0; i < asks.size(); ++i) {
    auto& ways = all.emplace_back();
    std::string before;
    for (const std::string_view step : steps::path_texts(tree_, asks[i].node)) before += step;
    const steps::StepPlace place{.before = before, .steps = at(asks[i].node).depth, .most = tools_.settings.depth};
    for (const policy::Choice& choice : responses[i].choices) {
      const steps::Step step = tools_.format.read_step(choice, place);
      if (step.terminal && strip(step.text).empty())
        ways.emplace_back();
      else
        ways.emplace_back(child_of(asks[i].node, step.text, step.terminal));
    }
    if (std::ranges::none_of(ways, &std::optional<int32_t>::has_value)) at(asks[i].node).terminal = true;
  }
  score_new();
  return all;
}

std::vector<std::vector<int32_t>> SearchTree::expand(std::span<const Ask> asks) {
  std::vector<std::vector<int32_t>> all;
  for (const auto& ways : expand_each(asks)) {
    auto& children = all.emplace_back();
    for (const std::optional<int32_t>& way : ways)
      if (way && std::ranges::find(children, *way) == children.end()) children.push_back(*way);
  }
  return all;
}

std::vector<int32_t> SearchTree::add(const std::vector<std::vector<std::string>>& solutions) {
  std::vector<int32_t> ends;
  for (const std::vector<std::string>& steps : solutions) {
    int32_t node = 0;
    for (const std::string& step : steps) node = child_of(node, step, false);
    ends.push_back(node);
  }
  score_new();
  return ends;
}

int32_t SearchTree::child_of(int32_t parent, const std::string& text, bool terminal) {
  const int32_t child = steps::child_with(tree_, parent, text);
  at(child).terminal |= terminal;
  return child;
}

void SearchTree::score_new() {
  std::vector<int32_t> fresh;
  for (size_t node = scores_.size(); node < tree_.nodes.size(); ++node) fresh.push_back(static_cast<int32_t>(node));
  if (fresh.empty()) return;
  try {
    const BatchScorer::Scored scored = tools_.batch_scorer.score(tree_, fresh);
    scores_.insert(scores_.end(), scored.scores.begin(), scored.scores.end());
    cost_.scored_tokens += scored.tokens;
    cost_.seconds += scored.seconds;
  } catch (const Error& error) {
    throw SearchFailed{error.what()};
  }
}

std::vector<double> SearchTree::path_scores(int32_t node) const {
  std::vector<double> scores;
  for (; node > 0; node = at(node).parent) scores.push_back(score(node));
  std::ranges::reverse(scores);
  return scores;
}

double SearchTree::value(int32_t node) const {
  if (node == 0) return -std::numeric_limits<double>::infinity();
  return aggregate(path_scores(node), tools_.settings.aggregate);
}

FoundSolution SearchTree::solution(int32_t node) const {
  FoundSolution found{.scores = path_scores(node)};
  std::string whole;
  for (const std::string_view step : steps::path_texts(tree_, node)) {
    found.steps.emplace_back(step);
    whole += step;
  }
  found.answer = tools_.format.answer(whole);
  return found;
}

}  // namespace hrm::search
