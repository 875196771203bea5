#include "studies/compression_study.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/fields.h"
#include "base/rng.h"
#include "base/threads.h"
#include "tree/labeled.h"
#include "worlds/arithmetic_policy.h"
#include "worlds/solutions.h"

namespace hrm::studies {
namespace {

constexpr uint64_t kGrowthStream = 3, kNoiseStream = 4, kFinishStream = 5;

// A tree with the truth of each node.
struct Grown {
  steps::Tree tree;
  std::vector<LabeledState> truths;  // by node, without labels
  std::vector<uint8_t> breaks;       // by node: its step does
  int64_t tokens = 0;
};

// The answer to which one rollout from there leads.
std::optional<std::string> finished_answer(policy::Policy& policy, const std::string& prompt, worlds::Walk walk,
                                           uint64_t seed) {
  const policy::Reply reply = policy.complete({.prompt = prompt, .seed = seed});
  walk.take(std::get<policy::Response>(reply).choices.at(0).text);
  if (!walk.answer()) return std::nullopt;
  return fmt::format("{}", *walk.answer());
}

Grown grow(const worlds::ArithmeticProblem& problem, uint32_t index, const CompressionStudyOptions& options) {
  const auto question = worlds::find_question(problem.question).value();
  worlds::ArithmeticPolicy policy(options.policy);
  worlds::TrueValues values(question, options.policy);
  Grown grown{.tree = {.problem = {problem.id, problem.question, problem.answer}}};
  auto& nodes = grown.tree.nodes;
  std::vector<worlds::Walk> walks = {worlds::Walk(question)};
  std::vector<std::string> prompts = {worlds::prompt_of(problem.question, {})};
  nodes.push_back({.id = steps::root_id(grown.tree.problem)});
  grown.truths.push_back({.problem = index});
  grown.breaks.push_back(0);
  for (size_t at = 0; at < nodes.size(); ++at) {  // nodes are appended level by level
    if (nodes[at].terminal) continue;
    if (nodes[at].depth == options.depth) {
      if (options.finish)
        nodes[at].answer =
            finished_answer(policy, prompts[at], walks[at], derive_seed(options.seed, {kFinishStream, index, at}));
      continue;
    }
    const policy::Reply reply = policy.complete({.prompt = prompts[at],
                                                 .n = options.children,
                                                 .stop = {"\n"},
                                                 .seed = derive_seed(options.seed, {kGrowthStream, index, at})});
    int32_t ordinal = 0;
    for (const policy::Choice& choice : std::get<policy::Response>(reply).choices) {
      worlds::Walk walk = walks[at];
      const std::string text = choice.text + "\n";
      const worlds::StepTruth truth = walk.take(text);
      const auto value = values.success(walk);
      if (!value)
        throw bad_input("studies.study", "{}: too many states for exact values; use fewer operations",
                        problem.question);
      steps::Node node{.id = steps::child_id(nodes[at].id, ordinal, text),
                       .parent = static_cast<int32_t>(at),
                       .depth = nodes[at].depth + 1,
                       .ordinal = ordinal++,
                       .tokens = static_cast<int32_t>(choice.tokens),
                       .terminal = truth.terminal,
                       .text = text};
      if (walk.answer()) node.answer = fmt::format("{}", *walk.answer());
      grown.tokens += choice.tokens;
      nodes[at].children.push_back(static_cast<int32_t>(nodes.size()));
      nodes.push_back(std::move(node));
      grown.truths.push_back({.problem = index, .truth = *value, .on_track = truth.on_track, .valid = truth.valid});
      grown.breaks.push_back(truth.breaks);
      prompts.push_back(prompts[at] + text);
      walks.push_back(std::move(walk));
    }
  }
  return grown;
}

enum class View { kLeaves, kPolicy, kBeta, kHard, kCompressed, kNoise };
EnumNames<View> enum_names(View) {
  static constexpr std::pair<View, std::string_view> names[] = {
      {View::kLeaves, "leaves"}, {View::kPolicy, "policy"},         {View::kBeta, "beta"},
      {View::kHard, "hard"},     {View::kCompressed, "compressed"}, {View::kNoise, "noise"}};
  return names;
}

// The labeled states of one problem, or of all.
using States = std::map<View, std::vector<LabeledState>>;

struct Labeled {
  States views;
  uint64_t merged = 0, merged_repairs = 0, changed = 0;
  double change = 0;
  int64_t tokens = 0;
};

Labeled label(const Grown& grown, uint32_t index, const CompressionStudyOptions& options) {
  const steps::Tree& tree = grown.tree;
  const tree::LabelOptions label_options = tree::for_compression({.kind = tree::LabelKind::kMc});
  const tree::LabeledTree labeled = tree::label_tree(tree, label_options);
  const tree::LabeledView view = tree::compress(labeled, label_options, {.seed = options.seed});
  const auto& counts = labeled.counts;
  const tree::Values &leaves = labeled.labels, &compressed = view.labels;
  const tree::Values policy = tree::policy_labels(tree, counts), hard = tree::hard_labels(counts);
  Labeled result{.tokens = grown.tokens};
  const auto noisy = tree::with_equal_noise(leaves, compressed, Rng(options.seed, {kNoiseStream, index}));
  for (size_t i = 1; i < tree.nodes.size(); ++i) {
    if (tree.nodes[i].children.empty()) continue;
    const auto add = [&](View kind, double value) {
      result.views[kind].push_back(grown.truths[i]);
      result.views[kind].back().label = value;
    };
    add(View::kLeaves, leaves[i].value());
    add(View::kPolicy, policy[i].value());
    add(View::kBeta, (static_cast<double>(counts[i].correct) + 0.5) / (static_cast<double>(counts[i].total) + 1));
    add(View::kHard, hard[i].value());
    add(View::kCompressed, compressed[i].value());
    add(View::kNoise, noisy[i].value());
    if (const int32_t with = view.view.merged_with[i]; with >= 0) {
      LabeledState& merged = result.views[View::kCompressed].back();  // the merged step is valid when both parts are
      merged.valid = merged.valid && grown.truths[static_cast<size_t>(with)].valid;
      ++result.merged;
      result.merged_repairs += grown.breaks[static_cast<size_t>(with)] && merged.on_track;
    }
    const double change = std::abs(*compressed[i] - *leaves[i]);
    result.changed += change > 0;
    result.change += change;
  }
  return result;
}

CompressionStudyRow row_of(std::string_view view, std::vector<LabeledState> states, uint64_t seed) {
  CompressionStudyRow row{.view = std::string(view), .histogram = std::vector<double>(6, 0.0)};
  for (LabeledState& state : states) {
    state.positive = state.label >= 0.5;
    row.mean_label += state.label;
    const double place = state.label >= 1 ? 5 : std::ceil(4 * state.label);
    row.histogram[static_cast<size_t>(place)] += 1;
  }
  const auto n = static_cast<double>(states.size());
  row.mean_label /= n;
  for (double& share : row.histogram) share /= n;
  row.errors = label_errors(states, seed);
  return row;
}

}  // namespace

CompressionStudy study_compression(std::span<const worlds::ArithmeticProblem> problems,
                                   const CompressionStudyOptions& options) {
  for (int64_t size : {options.children, options.depth})
    if (size < 1 || size > 8) throw bad_input("studies.study", "children or depth {}: expected 1 to 8", size);
  CompressionStudy study{.policy = worlds::ArithmeticPolicy(options.policy).name(),
                         .children = options.children,
                         .depth = options.depth,
                         .finish = options.finish,
                         .problems = problems.size()};
  std::vector<Labeled> labeled(problems.size());
  parallel_for(problems.size(), options.threads, [&](size_t i) {
    const auto index = static_cast<uint32_t>(i);
    labeled[i] = label(grow(problems[i], index, options), index, options);
  });
  States views;
  int64_t tokens = 0;
  for (Labeled& one : labeled) {
    for (auto& [view, states] : one.views) std::ranges::move(states, std::back_inserter(views[view]));
    study.merged += one.merged;
    study.merged_repairs += one.merged_repairs;
    study.changed += one.changed;
    study.mean_change += one.change;
    tokens += one.tokens;
  }
  study.states = views[View::kLeaves].size();
  if (study.states == 0) throw bad_input("studies.study", "the trees contain no step that continues");
  if (study.changed > 0) study.mean_change /= static_cast<double>(study.changed);
  study.tokens_per_state = static_cast<double>(tokens) / static_cast<double>(study.states);
  const EnumNames<View> names = enum_names(View());
  study.rows.resize(names.size());
  parallel_for(names.size(), options.threads, [&](size_t i) {
    const auto& [view, name] = names[i];
    study.rows[i] = row_of(name, std::move(views.at(view)), options.seed);
  });
  return study;
}

}  // namespace hrm::studies
