#include "tree/labeled.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace hrm::tree {
namespace {

Values labels_of(const steps::Tree& tree, const std::vector<EndCounts>& counts, const LabelOptions& options) {
  if (options.kind == LabelKind::kPolicy) return policy_labels(tree, counts);
  if (options.kind == LabelKind::kHard) return hard_labels(counts);
  if (options.kind == LabelKind::kMc) return mc_labels(counts);
  Values values;
  for (const auto& interval : beta_labels(counts, options.prior))
    values.push_back(interval ? std::optional((interval->low + interval->high) / 2) : std::nullopt);
  return values;
}

}  // namespace

EnumNames<LabelKind> enum_names(LabelKind) {
  static constexpr std::pair<LabelKind, std::string_view> names[] = {
      {LabelKind::kMc, "mc"}, {LabelKind::kPolicy, "policy"}, {LabelKind::kHard, "hard"}, {LabelKind::kBeta, "beta"}};
  return names;
}

Json LabelOptions::to_json() const {
  return {{"labels", name_of_enum(kind)},
          {"profile", name_of_enum(profile)},
          {"evidence", name_of_enum(counting.evidence)},
          {"undecided", name_of_enum(counting.undecided)},
          {"sentinels", counting.sentinels_are_wrong ? "wrong" : "left-out"},
          {"prior", name_of_enum(prior)}};
}

LabelOptions for_compression(LabelOptions options) {
  options.counting.evidence = Evidence::kLeaves;
  return options;
}

LabeledTree label_tree(steps::Tree tree, const LabelOptions& options) {
  LabeledTree labeled{.tree = std::move(tree), .verdicts = {}, .counts = {}, .labels = {}};
  labeled.verdicts = grade_answers(labeled.tree, {options.profile});
  labeled.counts = count_ends(labeled.tree, labeled.verdicts, options.counting);
  labeled.labels = labels_of(labeled.tree, labeled.counts, options);
  return labeled;
}

LabeledView compress(const LabeledTree& labeled, const LabelOptions& options, const CompressionOptions& compression) {
  LabeledView result{.view = compress(labeled.tree, compression), .counts = {}, .labels = {}};
  result.counts = compressed_counts(labeled.tree, result.view, labeled.counts);
  result.labels = options.kind == LabelKind::kPolicy
                      ? compressed_policy_labels(labeled.tree, result.view, labeled.labels)
                      : labels_of(labeled.tree, result.counts, options);
  return result;
}

Values with_equal_noise(Values labels, const Values& changed, Rng rng) {
  std::vector<double> changes;
  std::vector<size_t> order;
  for (size_t i = 1; i < labels.size(); ++i) {
    if (!labels[i]) continue;
    if (*labels[i] > 0 && *labels[i] < 1) order.push_back(i);
    if (changed[i] && *changed[i] != *labels[i]) changes.push_back(std::abs(*changed[i] - *labels[i]));
  }
  rng.shuffle(std::span(order));
  for (size_t i = 0; i < std::min(changes.size(), order.size()); ++i) {
    double& label = *labels[order[i]];
    const double sign = rng.chance(0.5) ? 1 : -1, there = label + sign * changes[i], back = label - sign * changes[i];
    label = there >= 0 && there <= 1 ? there : std::clamp(back, 0.0, 1.0);
  }
  return labels;
}

}  // namespace hrm::tree
