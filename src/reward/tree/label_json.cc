#include "tree/label_json.h"

#include <string>
#include <string_view>

namespace hrm::tree {
namespace {

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string_view verdict_name(steps::AnswerVerdict verdict) {
  using enum grading::Verdict;
  return !verdict ? "none" : *verdict == kCorrect ? "correct" : *verdict == kWrong ? "wrong" : "undecided";
}

}  // namespace

Json node_json(const LabeledTree& labeled, size_t i, const std::optional<Interval>& interval) {
  const steps::Node& node = labeled.tree.nodes[i];
  Json json = {{"problem", labeled.tree.problem.id},
               {"node", i},
               {"id", to_text(node.id)},
               {"parent", node.parent},
               {"depth", node.depth},
               {"label", number(labeled.labels[i])},
               {"total", labeled.counts[i].total},
               {"correct", labeled.counts[i].correct},
               {"undecided", labeled.counts[i].undecided},
               {"low", interval ? Json(interval->low) : Json(nullptr)},
               {"high", interval ? Json(interval->high) : Json(nullptr)},
               {"multiplicity", node.multiplicity}};
  if (node.answer) {
    json["answer"] = *node.answer;
    json["verdict"] = verdict_name(labeled.verdicts.nodes[i]);
  }
  if (node.unfinished) json["unfinished"] = true;
  json["text"] = node.text;
  return json;
}

Json view_json(const steps::Tree& tree, const LabeledView& labeled, const CompressionOptions& options) {
  const Compression& view = labeled.view;
  Json json = {{"problem", tree.problem.id},
               {"mode", name_of_enum(options.mode)},
               {"p", options.p},
               {"min_children", options.min_children},
               {"seed", options.seed},
               {"moved", view.moved}};
  json["merged_with"] = Json::array();
  json["texts"] = Json::object();
  for (const int32_t node : view.moved) {
    json["merged_with"].push_back(view.merged_with[static_cast<size_t>(node)]);
    json["texts"][std::to_string(node)] = path_texts(tree, view, node);
  }
  json["draws"] = Json::array();
  json["draw_child"] = Json::array();
  for (const Draw& draw : view.draws) {
    json["draws"].push_back(draw.u);
    json["draw_child"].push_back(draw.child);
  }
  json["parent"] = view.parent;
  json["depth"] = view.depth;
  json["children"] = view.children;
  json["labels"] = Json::array();
  for (const auto& value : labeled.labels) json["labels"].push_back(number(value));
  return json;
}

LabelSummary summary_of(const Values& labels) {
  LabelSummary summary;
  double sum = 0;
  for (size_t i = 1; i < labels.size(); ++i) {
    if (!labels[i]) {
      ++summary.none;
      continue;
    }
    ++summary.labels;
    sum += *labels[i];
    summary.at_0 += *labels[i] == 0;
    summary.at_1 += *labels[i] == 1;
  }
  if (summary.labels > 0) summary.mean = sum / static_cast<double>(summary.labels);
  return summary;
}

}  // namespace hrm::tree
