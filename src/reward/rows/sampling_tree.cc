#include "rows/sampling_tree.h"

namespace hrm::rows {
namespace {

// What does not depend on the view.
PathTree labeled_nodes(const steps::Tree& tree, const NodeFacts& facts) {
  PathTree result{.question = tree.problem.question, .nodes = {}};
  result.nodes.resize(tree.nodes.size());
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    PathNode& node = result.nodes[i];
    node.label = facts.labels[i];
    node.usable = !tree.nodes[i].sentinel;
    const steps::AnswerVerdict verdict = facts.verdicts.nodes[i];
    const bool decided = verdict == grading::Verdict::kCorrect || verdict == grading::Verdict::kWrong;
    if (tree.nodes[i].children.empty() && decided) node.outcome = verdict == grading::Verdict::kCorrect;
  }
  return result;
}

}  // namespace

PathTree path_tree(const steps::Tree& tree, const NodeFacts& facts, Mode mode) {
  PathTree result = labeled_nodes(tree, facts);
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    const steps::Node& own = tree.nodes[i];
    PathNode& node = result.nodes[i];
    node.parent = own.parent;
    node.depth = own.depth;
    node.children = own.children;
    if (mode == Mode::kSound) node.text = own.text;
    if (mode == Mode::kSound || own.parent < 0) continue;
    node.path = result.nodes[static_cast<size_t>(own.parent)].path;  // parents stand before their children
    node.path.push_back(own.text);
  }
  return result;
}

PathTree path_tree(const steps::Tree& tree, const tree::Compression& view, const NodeFacts& facts, Mode mode) {
  PathTree result = labeled_nodes(tree, facts);
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    const auto index = static_cast<int32_t>(i);
    PathNode& node = result.nodes[i];
    node.parent = view.parent[i];
    node.depth = view.depth[i];
    node.children = view.children[i];
    if (mode == Mode::kSound)
      node.text = tree::step_text(tree, view, index);
    else
      node.path = tree::path_texts(tree, view, index);
  }
  return result;
}

}  // namespace hrm::rows
