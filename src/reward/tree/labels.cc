#include "tree/labels.h"

#include <algorithm>
#include <array>
#include <map>
#include <ranges>

#include "base/beta.h"

namespace hrm::tree {
namespace {

constexpr int64_t kMost = int64_t{1} << 62;

int64_t add(int64_t a, int64_t b) { return a > kMost - b ? kMost : a + b; }

void add_times(EndCounts& to, const EndCounts& counts, int64_t weight) {
  to.total = add(to.total, saturating_product(counts.total, weight));
  to.correct = add(to.correct, saturating_product(counts.correct, weight));
  to.undecided = add(to.undecided, saturating_product(counts.undecided, weight));
}

EndCounts one_end(steps::AnswerVerdict verdict, Undecided undecided) {
  if (verdict == grading::Verdict::kUndecided) return {undecided == Undecided::kWrong ? 1 : 0, 0, 1};
  return {1, verdict == grading::Verdict::kCorrect ? 1 : 0, 0};
}

class Counting {
 public:
  Counting(const steps::Tree& tree, const steps::Verdicts& verdicts, const CountOptions& options)
      : tree_(tree), verdicts_(verdicts), options_(options) {}

  std::vector<EndCounts> leaves() const {
    std::vector<EndCounts> counts(tree_.nodes.size());
    for (size_t i = 0; i < counts.size(); ++i) {
      const steps::Node& node = tree_.nodes[i];
      if (node.is_leaf() && (!node.sentinel || options_.sentinels_are_wrong)) counts[i] = end_of(i);
    }
    for (size_t i = counts.size(); i-- > 1;) add_times(counts[parent_of(i)], counts[i], tree_.nodes[i].multiplicity);
    return counts;
  }

  std::vector<EndCounts> rollouts() const {
    std::vector<EndCounts> counts = own_rollouts();
    for (size_t i = 0; i < counts.size(); ++i)
      if (tree_.nodes[i].answer && counts[i].total == 0) counts[i] = end_of(i);
    return counts;
  }

  std::vector<EndCounts> through() const {
    std::vector<EndCounts> counts = own_rollouts();
    for (size_t i = counts.size(); i-- > 1;) add_times(counts[parent_of(i)], counts[i], 1);
    return counts;
  }

 private:
  EndCounts end_of(size_t node) const { return one_end(verdicts_.nodes[node], options_.undecided); }
  size_t parent_of(size_t node) const { return static_cast<size_t>(tree_.nodes[node].parent); }

  std::vector<EndCounts> own_rollouts() const {
    std::vector<EndCounts> counts(tree_.nodes.size());
    for (size_t i = 0; i < tree_.rollouts.size(); ++i)
      add_times(counts[static_cast<size_t>(tree_.rollouts[i].node)], one_end(verdicts_.rollouts[i], options_.undecided),
                1);
    return counts;
  }

  const steps::Tree& tree_;
  const steps::Verdicts& verdicts_;
  const CountOptions& options_;
};

constexpr std::array<std::pair<Evidence, std::string_view>, 4> kEvidence = {{{Evidence::kAuto, "auto"},
                                                                             {Evidence::kLeaves, "leaves"},
                                                                             {Evidence::kRollouts, "rollouts"},
                                                                             {Evidence::kThrough, "through"}}};
constexpr std::array<std::pair<Undecided, std::string_view>, 2> kUndecided = {
    {{Undecided::kLeftOut, "left-out"}, {Undecided::kWrong, "wrong"}}};
constexpr std::array<std::pair<BetaPrior, std::string_view>, 2> kPrior = {
    {{BetaPrior::kJeffreys, "jeffreys"}, {BetaPrior::kUniform, "uniform"}}};

}  // namespace

int64_t saturating_product(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) || product > kMost ? kMost : product;
}

EnumNames<Evidence> enum_names(Evidence) { return kEvidence; }
EnumNames<Undecided> enum_names(Undecided) { return kUndecided; }
EnumNames<BetaPrior> enum_names(BetaPrior) { return kPrior; }

std::vector<EndCounts> count_ends(const steps::Tree& tree, const steps::Verdicts& verdicts,
                                  const CountOptions& options) {
  const Counting counting(tree, verdicts, options);
  switch (options.evidence) {
    case Evidence::kLeaves:
      return counting.leaves();
    case Evidence::kRollouts:
      return counting.rollouts();
    case Evidence::kThrough:
      return counting.through();
    case Evidence::kAuto:
      break;
  }
  std::vector<EndCounts> counts = counting.leaves();
  if (tree.rollouts.empty()) return counts;
  const std::vector<EndCounts> rollouts = counting.rollouts();
  for (size_t i = 0; i < counts.size(); ++i)
    if (rollouts[i].total > 0) counts[i] = rollouts[i];
  return counts;
}

Values mc_labels(std::span<const EndCounts> counts) {
  Values values(counts.size());
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i].total > 0) values[i] = static_cast<double>(counts[i].correct) / static_cast<double>(counts[i].total);
  return values;
}

Values hard_labels(std::span<const EndCounts> counts) {
  Values values(counts.size());
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i].total > 0) values[i] = counts[i].correct > 0 ? 1 : 0;
  return values;
}

Values policy_labels(const steps::Tree& tree, std::span<const EndCounts> counts) {
  Values values = mc_labels(counts);
  for (size_t i = tree.nodes.size(); i-- > 0;) {
    double sum = 0, weight = 0;
    for (const int32_t child : tree.nodes[i].children) {
      const auto& value = values[static_cast<size_t>(child)];
      const double times = tree.nodes[static_cast<size_t>(child)].multiplicity;
      if (!value) continue;
      sum += times * *value;
      weight += times;
    }
    if (weight > 0) values[i] = sum / weight;
  }
  return values;
}

Interval beta_interval(const EndCounts& counts, BetaPrior prior, double confidence) {
  const double before = prior == BetaPrior::kJeffreys ? 0.5 : 1;
  const double a = before + static_cast<double>(counts.correct);
  const double b = before + static_cast<double>(counts.total - counts.correct);
  const double tail = (1 - confidence) / 2;
  return {beta_quantile(tail, a, b), beta_quantile(1 - tail, a, b)};
}

std::vector<std::optional<Interval>> beta_labels(std::span<const EndCounts> counts, BetaPrior prior,
                                                 double confidence) {
  std::vector<std::optional<Interval>> intervals(counts.size());
  std::map<std::pair<int64_t, int64_t>, Interval> known;  // few pairs of counts occur in a tree
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i].total == 0) continue;
    const auto [at, fresh] = known.try_emplace({counts[i].total, counts[i].correct});
    if (fresh) at->second = beta_interval(counts[i], prior, confidence);
    intervals[i] = at->second;
  }
  return intervals;
}

}  // namespace hrm::tree
