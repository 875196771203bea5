#include "tree/tree_json.h"

namespace hrm::tree {
namespace {

Json answer_json(const std::optional<std::string>& answer) { return answer ? Json(*answer) : Json(nullptr); }

Json node_json(const steps::Node& node) {
  Json json = {{"id", to_text(node.id)}, {"parent", node.parent}, {"depth", node.depth}, {"text", node.text}};
  json["answer"] = answer_json(node.answer);
  json["terminal"] = node.terminal;
  if (node.unfinished) json["unfinished"] = true;
  if (node.sentinel) json["failed"] = true;
  json["ordinal"] = node.ordinal;
  json["multiplicity"] = node.multiplicity;
  json["tokens"] = node.tokens;
  return json;
}

template <typename T>
T field_or(const Json& json, std::string_view field, T otherwise, std::string_view source) {
  return json.is_object() && json.contains(field) && !json[field].is_null() ? json_field<T>(json, field, source)
                                                                            : otherwise;
}

std::optional<std::string> answer_of(const Json& json, std::string_view source) {
  if (!json.contains("answer") || json["answer"].is_null()) return std::nullopt;
  return json_field<std::string>(json, "answer", source);
}

int32_t count_field(const Json& json, std::string_view field, int32_t otherwise, std::string_view source) {
  const auto value = field_or<int64_t>(json, field, otherwise, source);
  if (value < 0 || value > 1'000'000'000)
    throw bad_input("tree.json", "{}: field '{}' is {}, expected 0 to 1000000000", source, field, value);
  return static_cast<int32_t>(value);
}

steps::Node read_node(const Json& json, int64_t index, const std::string& source) {
  steps::Node node;
  const auto parent = json_field<int64_t>(json, "parent", source);
  if (index == 0 ? parent != -1 : parent < 0 || parent >= index)
    throw bad_input("tree.json", "{}: parent is {}; expected {}", source, parent,
                    index == 0 ? "-1 for the root" : "the position of an earlier node");
  node.parent = static_cast<int32_t>(parent);
  node.text = json_field<std::string>(json, "text", source);
  node.answer = answer_of(json, source);
  node.terminal = field_or(json, "terminal", false, source);
  node.unfinished = field_or(json, "unfinished", false, source);
  node.sentinel = field_or(json, "failed", false, source);
  node.multiplicity = count_field(json, "multiplicity", 1, source);
  if (node.multiplicity < 1) throw bad_input("tree.json", "{}: multiplicity is 0; expected at least 1", source);
  node.tokens = count_field(json, "tokens", 0, source);
  return node;
}

steps::Rollout read_rollout(const Json& json, size_t nodes, const std::string& source) {
  steps::Rollout rollout;
  rollout.node = count_field(json, "node", 0, source);
  if (static_cast<size_t>(rollout.node) >= nodes)
    throw bad_input("tree.json", "{}: node is {}, the tree has {}", source, rollout.node, nodes);
  rollout.seed = field_or<uint64_t>(json, "seed", 0, source);
  rollout.tokens = count_field(json, "tokens", 0, source);
  rollout.text = json_field<std::string>(json, "text", source);
  rollout.answer = answer_of(json, source);
  return rollout;
}

std::string problem_id(const Json& json, std::string_view source) {
  for (const std::string_view field : {"id", "tree"})
    if (json.contains(field)) return json[field].is_string() ? json[field].get<std::string>() : printable(json[field]);
  throw bad_input("tree.json", "{}: field 'id' is missing", source);
}

const Json& array_field(const Json& json, std::string_view field, std::string_view source) {
  const auto at = json.find(field);
  if (at == json.end() || !at->is_array())
    throw bad_input("tree.json", "{}: field '{}' is missing or not a list", source, field);
  return *at;
}

}  // namespace

Json tree_json(const steps::Tree& tree) {
  Json json = {{"id", tree.problem.id}, {"question", tree.problem.question}, {"gold", tree.problem.gold}};
  json["nodes"] = Json::array();
  for (const steps::Node& node : tree.nodes) json["nodes"].push_back(node_json(node));
  json["rollouts"] = Json::array();
  for (const steps::Rollout& rollout : tree.rollouts)
    json["rollouts"].push_back({{"node", rollout.node},
                                {"seed", rollout.seed},
                                {"tokens", rollout.tokens},
                                {"text", rollout.text},
                                {"answer", answer_json(rollout.answer)}});
  return json;
}

steps::Tree tree_from_json(const Json& json, std::string_view source) {
  steps::Tree tree;
  tree.problem.question = json_field<std::string>(json, "question", source);
  tree.problem.gold = json_field<std::string>(json, "gold", source);
  tree.problem.id = problem_id(json, source);
  const Json& nodes = array_field(json, "nodes", source);
  if (nodes.empty()) throw bad_input("tree.json", "{}: a tree without nodes; expected at least the root", source);
  for (size_t i = 0; i < nodes.size(); ++i) {
    const std::string place = fmt::format("{}: node {}", source, i);
    steps::Node node = read_node(nodes[i], static_cast<int64_t>(i), place);
    if (i == 0) {
      node.id = root_id(tree.problem);
    } else {
      steps::Node& parent = tree.nodes[static_cast<size_t>(node.parent)];
      node.ordinal = count_field(nodes[i], "ordinal", static_cast<int32_t>(parent.children.size()), place);
      node.id = child_id(parent.id, node.ordinal, node.text);
      parent.children.push_back(static_cast<int32_t>(i));
    }
    tree.nodes.push_back(std::move(node));
  }
  if (json.contains("rollouts")) {
    const Json& rollouts = array_field(json, "rollouts", source);
    for (size_t i = 0; i < rollouts.size(); ++i)
      tree.rollouts.push_back(read_rollout(rollouts[i], nodes.size(), fmt::format("{}: rollout {}", source, i)));
  }
  sort_breadth_first(tree);
  return tree;
}

}  // namespace hrm::tree
