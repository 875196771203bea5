#include "tree/grow_methods.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tree/labels.h"

namespace hrm::tree {
namespace {

bool is_right(GrowingTree& tree, const std::optional<std::string>& answer) {
  return tree.verdict(answer) == grading::Verdict::kCorrect;
}

class TreeSearch {
 public:
  explicit TreeSearch(GrowingTree& tree) : tree_(tree), c_(tree.settings().exploration) {}

  void simulate() {
    std::vector<int32_t> way = {0};
    const double value = run(way);
    for (const int32_t node : way) {
      ++stats_[node].visits;
      stats_[node].wins += value;
    }
  }

 private:
  struct Stats {
    double visits = 0, wins = 0;
    uint32_t rollouts = 0;
    bool expanded = false;
    std::vector<std::pair<int32_t, double>> children;  // with their prior
  };

  // The value of where the way ends.
  double run(std::vector<int32_t>& way) {
    for (;;) {
      const int32_t node = way.back();
      if (tree_.ended(node)) return is_right(tree_, tree_.node(node).answer) ? 1 : 0;
      const bool fresh = !stats_[node].expanded;
      if (fresh) expand(node);
      if (stats_[node].children.empty()) return 0;
      const int32_t child = choose(stats_[node]);
      way.push_back(child);
      if (!fresh || tree_.ended(child)) continue;
      const auto& ends = tree_.rollouts(child, stats_[child].rollouts++, 1);
      return !ends.empty() && is_right(tree_, ends.front().answer) ? 1 : 0;
    }
  }

  void expand(int32_t node) {
    double total = 0;
    std::vector<std::pair<int32_t, double>> children;
    for (const int32_t child : tree_.expand(node)) {
      children.emplace_back(child, tree_.node(child).multiplicity);
      total += children.back().second;
    }
    for (auto& child : children) child.second /= total;
    stats_[node].children = std::move(children);
    stats_[node].expanded = true;
  }

  int32_t choose(const Stats& parent) {
    int32_t best = -1;
    double best_score = 0;
    for (const auto& [child, prior] : parent.children) {
      const Stats& stats = stats_[child];
      const double mean = stats.visits > 0 ? stats.wins / stats.visits : 0;
      const double score = mean + c_ * prior * std::sqrt(parent.visits + 1) / (1 + stats.visits);
      if (best < 0 || score > best_score) {
        best = child;
        best_score = score;
      }
    }
    return best;
  }

  GrowingTree& tree_;
  double c_;
  std::map<int32_t, Stats> stats_;
};

class FirstError {
 public:
  explicit FirstError(GrowingTree& tree) : tree_(tree) {}

  void run() {
    probe(0);
    for (int64_t i = 0; i < tree_.settings().simulations && !candidates_.empty(); ++i) search(take_best());
  }

 private:
  struct Candidate {
    int32_t node;
    double mc, words;
    std::string text;
  };

  // Rolls out from the node; its wrong ends are candidates where others are right.
  bool probe(int32_t node) {
    if (const auto known = mc_.find(node); known != mc_.end()) return known->second > 0;
    const auto& ends = tree_.rollouts(node, 0, tree_.settings().rollouts);
    int64_t right = 0;
    for (const Sample& end : ends) right += is_right(tree_, end.answer);
    const double mc = ends.empty() ? 0 : static_cast<double>(right) / static_cast<double>(ends.size());
    mc_[node] = mc;
    std::set<std::string> seen;
    if (mc > 0 && mc < 1)
      for (const Sample& end : ends)
        if (!is_right(tree_, end.answer) && seen.insert(end.text).second)
          candidates_.push_back({node, mc, static_cast<double>(std::ranges::count(end.text, ' ') + 1), end.text});
    return mc > 0;
  }

  Candidate take_best() {
    const double c = tree_.settings().exploration;
    const auto score = [&](const Candidate& candidate) {
      const double worth = std::pow(0.5, 1 - candidate.mc) * std::pow(0.9, candidate.words / 500);
      const auto visits = visits_.find(candidate.node);
      return worth + c * std::sqrt(all_visits_) / (1 + (visits == visits_.end() ? 0 : visits->second));
    };
    const auto best = std::ranges::max_element(candidates_, {}, score);
    Candidate taken = std::move(*best);
    candidates_.erase(best);
    ++visits_[taken.node];
    ++all_visits_;
    return taken;
  }

  // Nothing is grown below an answer, though the policy may have written on.
  std::vector<std::string> steps_to_answer(const Candidate& candidate) {
    std::string before;
    for (const std::string& step : tree_.path(candidate.node)) before += step;
    std::vector<std::string> steps = tree_.format().split(candidate.text);
    for (size_t i = 0; i < steps.size(); before += steps[i++])
      if (tree_.format().take_step(steps[i], false, {.before = before}).terminal) steps.resize(i + 1);
    return steps;
  }

  void search(const Candidate& candidate) {
    const std::vector<std::string> steps = steps_to_answer(candidate);
    std::vector<int32_t> way = {candidate.node};
    const auto reach = [&](size_t length) {
      while (way.size() <= length) {
        const bool last = way.size() == steps.size();
        way.push_back(tree_.adopt(way.back(), steps[way.size() - 1], last, 0));
      }
      return way[length];
    };
    size_t good = 0, bad = steps.size();
    while (bad - good > 1) {
      const size_t middle = good + (bad - good) / 2;
      const int32_t node = reach(middle);
      (!tree_.node(node).terminal && probe(node) ? good : bad) = middle;
    }
    if (bad > 0) reach(bad);
  }

  GrowingTree& tree_;
  std::vector<Candidate> candidates_;
  std::map<int32_t, double> mc_, visits_;
  double all_visits_ = 0;
};

void roll_out_until_right(GrowingTree& tree, int32_t node) {
  for (int64_t round = 0; round < tree.settings().rollouts; ++round)
    for (const Sample& end : tree.rollouts(node, static_cast<uint32_t>(round), 1))
      if (is_right(tree, end.answer)) return;
}

void roll_out_until_narrow(GrowingTree& tree, int32_t node) {
  constexpr int64_t kRound = 4;
  EndCounts counts;
  for (uint32_t round = 0; counts.total < tree.settings().rollouts; ++round) {
    const auto& ends = tree.rollouts(node, round, std::min(kRound, tree.settings().rollouts - counts.total));
    if (ends.empty()) return;
    for (const Sample& end : ends) counts.correct += is_right(tree, end.answer);
    counts.total += static_cast<int64_t>(ends.size());
    const Interval interval = beta_interval(counts, BetaPrior::kJeffreys);
    if (interval.high - interval.low <= tree.settings().width) return;
  }
}

}  // namespace

void grow_breadth_first(const std::shared_ptr<GrowingTree>& tree, int32_t node, const Spawn& spawn) {
  for (const int32_t child : tree->expand(node))
    if (!tree->ended(child)) spawn([=] { grow_breadth_first(tree, child, spawn); });
}

void grow_by_tree_search(GrowingTree& tree) {
  TreeSearch search(tree);
  for (int64_t i = 0; i < tree.settings().simulations; ++i) search.simulate();
}

void grow_by_first_error(GrowingTree& tree) { FirstError(tree).run(); }

void grow_by_rollouts(const std::shared_ptr<GrowingTree>& tree, const Spawn& spawn) {
  std::set<int32_t> nodes;  // solutions may begin alike
  for (const Sample& solution : tree->rollouts(0, 0, tree->settings().children)) {
    const std::vector<std::string> steps = tree->format().split(solution.text);
    int32_t node = 0;
    for (size_t i = 0; i < steps.size() && !tree->node(node).terminal; ++i) {
      node = tree->adopt(node, steps[i], i + 1 == steps.size(), 0);
      nodes.insert(node);
    }
  }
  const bool adaptive = tree->settings().method == GrowMethod::kAdaptive;
  for (const int32_t node : nodes)
    if (!tree->node(node).terminal)
      spawn([=] { adaptive ? roll_out_until_narrow(*tree, node) : roll_out_until_right(*tree, node); });
}

void grow_solutions(GrowingTree& tree) { tree.rollouts(0, 0, tree.settings().children); }

void grow_tree(const std::shared_ptr<GrowingTree>& tree, const Spawn& spawn) {
  switch (tree->settings().method) {
    case GrowMethod::kBreadth:
      return grow_breadth_first(tree, 0, spawn);
    case GrowMethod::kMcts:
      return grow_by_tree_search(*tree);
    case GrowMethod::kFirstError:
      return grow_by_first_error(*tree);
    case GrowMethod::kRollouts:
    case GrowMethod::kAdaptive:
      return grow_by_rollouts(tree, spawn);
    case GrowMethod::kSolutions:
      return grow_solutions(*tree);
  }
}

}  // namespace hrm::tree
