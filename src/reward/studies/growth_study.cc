#include "studies/growth_study.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/threads.h"
#include "tree/labels.h"
#include "worlds/arithmetic_policy.h"
#include "worlds/arithmetic_value.h"

namespace hrm::studies {
namespace {

constexpr std::array<std::string_view, 6> kGrowthViews = {"soft", "beta", "hard", "leaves", "through", "policy"};

// By node of the tree, in the order of kGrowthViews.
std::array<tree::Values, kGrowthViews.size()> labels_of(const steps::Tree& tree) {
  using tree::Evidence;
  const steps::Verdicts verdicts = steps::grade_answers(tree);
  const auto counts = [&](Evidence evidence) { return tree::count_ends(tree, verdicts, {.evidence = evidence}); };
  const std::vector<tree::EndCounts> ends = counts(Evidence::kAuto);
  tree::Values beta(ends.size());
  for (size_t i = 0; i < ends.size(); ++i)
    if (ends[i].total > 0)
      beta[i] = (static_cast<double>(ends[i].correct) + 0.5) / (static_cast<double>(ends[i].total) + 1);
  return {tree::mc_labels(ends),
          std::move(beta),
          tree::hard_labels(ends),
          tree::mc_labels(counts(Evidence::kLeaves)),
          tree::mc_labels(counts(Evidence::kThrough)),
          tree::policy_labels(tree, ends)};
}

struct LabeledTree {
  std::array<std::vector<LabeledState>, kGrowthViews.size()> views;
  tree::Spent spent;
};

LabeledTree label(const tree::StoreReader& store, size_t problem, const std::optional<worlds::SlipSettings>& policy) {
  const tree::BuiltTree built = store.load(problem);
  const steps::Tree& tree = built.tree;
  const auto question = worlds::find_question(tree.problem.question);
  if (!question)
    throw bad_input("studies.growth", "{}: problem '{}' is not of the arithmetic world: expected (7+12)*3-15=?",
                    store.path().string(), tree.problem.id);
  std::optional<worlds::TrueValues> values;
  if (policy) values.emplace(*question, *policy);
  const auto labels = labels_of(tree);
  LabeledTree result{.views = {}, .spent = built.spent};
  std::vector<worlds::Walk> walks = {worlds::Walk(*question)};
  for (size_t i = 1; i < tree.nodes.size(); ++i) {  // parents stand before their children
    worlds::Walk& walk = walks.emplace_back(walks[static_cast<size_t>(tree.nodes[i].parent)]);
    const worlds::StepTruth truth = walk.take(tree.nodes[i].text);
    const auto labeled = [&](const tree::Values& view) { return view[i].has_value(); };
    if (truth.terminal || std::ranges::none_of(labels, labeled)) continue;
    LabeledState state{
        .problem = static_cast<uint32_t>(problem), .truth = {}, .on_track = truth.on_track, .valid = truth.valid};
    if (values && !(state.truth = values->success(walk)))
      throw bad_input("studies.growth", "{}: problem '{}' has too many states for exact values; use fewer operations",
                      store.path().string(), tree.problem.id);
    for (size_t v = 0; v < kGrowthViews.size(); ++v) {
      if (!labels[v][i]) continue;
      state.label = *labels[v][i];
      state.positive = state.label >= 0.5;
      result.views[v].push_back(state);
    }
  }
  return result;
}

// Empty if several settings grew the store, or none.
Json settings_of(const tree::StoreReader& store) {
  const auto& all = store.contents().settings;
  return all.size() == 1 && all[0].contains("policy") ? all[0] : Json::object();
}

GrowthStudyStore study_store(const std::filesystem::path& path, const GrowthStudyOptions& options) {
  const tree::StoreReader store(path);
  GrowthStudyStore result{
      .name = path.filename().string(), .settings = settings_of(store), .problems = store.contents().problems.size()};
  std::optional<worlds::SlipSettings> policy;
  if (!result.settings.empty())
    policy = worlds::arithmetic_policy_settings(result.settings["policy"].get<std::string>());
  std::vector<LabeledTree> problems(result.problems);
  parallel_for(problems.size(), options.threads, [&](size_t i) { problems[i] = label(store, i, policy); });
  std::array<std::vector<LabeledState>, kGrowthViews.size()> views;
  for (LabeledTree& problem : problems) {
    for (size_t v = 0; v < kGrowthViews.size(); ++v) std::ranges::move(problem.views[v], std::back_inserter(views[v]));
    result.spent.requests += problem.spent.requests;
    result.spent.prompt_tokens += problem.spent.prompt_tokens;
    result.spent.tokens += problem.spent.tokens;
  }
  std::array<LabelErrors, kGrowthViews.size()> errors;
  parallel_for(kGrowthViews.size(), options.threads,
               [&](size_t v) { errors[v] = label_errors(views[v], options.seed); });
  for (size_t v = 0; v < kGrowthViews.size(); ++v)
    if (errors[v].states > 0) result.rows.push_back({std::string(kGrowthViews[v]), errors[v]});
  if (result.rows.empty())
    throw bad_input("studies.growth", "{}: contains no step with a label; grow its trees first", path.string());
  return result;
}

}  // namespace

GrowthStudy study_growth(std::span<const std::filesystem::path> stores, const GrowthStudyOptions& options) {
  GrowthStudy study;
  for (const auto& path : stores) study.stores.push_back(study_store(path, options));
  return study;
}

}  // namespace hrm::studies
