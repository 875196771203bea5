#include "rows/read_openr.h"

#include <algorithm>
#include <compare>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "rows/record_fields.h"

namespace hrm::rows {
namespace {

LabeledSolution problem_of(const Json& record, std::string_view place) {
  LabeledSolution solution;
  solution.question = need_text(record, {"question"}, place);
  solution.gold = find_text(record, {"final_answer"}).value_or("");
  solution.id = find_text(record, {"question_id"}).value_or("");
  return solution;
}

void append_step(LabeledSolution& path, std::string_view text, double value) {
  path.steps.emplace_back(strip(text));
  path.labels.emplace_back(value);
}

// The path so far is a solution; the next one shares its first `kept` steps.
void emit_leaf(LabeledSolution& path, size_t kept, const SolutionSink& emit) {
  emit(LabeledSolution(path));
  path.context = kept;
}

struct Prefix {
  std::string text;  // after the question
  double value = 0;
  auto operator<=>(const Prefix&) const = default;
};

std::vector<Prefix> read_prefixes(const Json& record, const LabeledSolution& problem, std::string_view place,
                                  ConversionCounts& counts) {
  std::vector<Prefix> prefixes;
  const Json& list = need_field(record, "reasoning_steps", place);
  if (!list.is_array()) throw bad_input("rows.read", "{}: field 'reasoning_steps' is not a list", place);
  for (const Json& entry : list) {
    std::string text = need_text(entry, {"solution_prefix"}, place);
    const double value = need_unit(need_field(entry, "mc_value", place), "mc_value", place);
    if (!text.starts_with(problem.question)) {
      counts.drop("prefix that does not begin with the question");
      continue;
    }
    text.erase(0, problem.question.size());
    if (strip(text).empty())
      counts.drop("value of the question alone");
    else
      prefixes.push_back({std::move(text), value});
  }
  std::ranges::sort(prefixes);  // of equal texts the lowest value is kept
  const auto repeated = std::ranges::unique(prefixes, {}, &Prefix::text);
  counts.drop("prefix that repeats another", repeated.size());
  prefixes.erase(repeated.begin(), repeated.end());
  return prefixes;
}

void walk(const Json& node, LabeledSolution& path, std::string_view place, const SolutionSink& emit) {
  const Json* children = find_field(node, "children");
  if (!children || !children->is_array() || children->empty()) {
    if (!path.steps.empty()) emit_leaf(path, path.steps.size(), emit);
    return;
  }
  const size_t depth = path.steps.size();
  for (const Json& child : *children) {
    append_step(path, need_text(child, {"text"}, place),
                need_unit(need_field(child, "mc_value", place), "mc_value", place));
    walk(child, path, place, emit);
    path.steps.resize(depth);
    path.labels.resize(depth);
    path.context = depth;
  }
}

}  // namespace

void read_openr_flat(const Json& record, std::string_view place, ConversionCounts& counts, const SolutionSink& emit) {
  LabeledSolution path = problem_of(record, place);
  const std::vector<Prefix> prefixes = read_prefixes(record, path, place, counts);
  // In order of text a prefix comes right before those that continue it.
  std::vector<size_t> ancestors;
  for (size_t i = 0; i < prefixes.size(); ++i) {
    while (!ancestors.empty() && !prefixes[i].text.starts_with(prefixes[ancestors.back()].text)) ancestors.pop_back();
    path.steps.resize(ancestors.size());
    path.labels.resize(ancestors.size());
    path.context = std::min(path.context, ancestors.size());
    const size_t known = ancestors.empty() ? 0 : prefixes[ancestors.back()].text.size();
    append_step(path, std::string_view(prefixes[i].text).substr(known), prefixes[i].value);
    ancestors.push_back(i);
    const bool continues = i + 1 < prefixes.size() && prefixes[i + 1].text.starts_with(prefixes[i].text);
    if (!continues) emit_leaf(path, path.steps.size(), emit);
  }
}

void read_openr_tree(const Json& record, std::string_view place, const SolutionSink& emit) {
  LabeledSolution path = problem_of(record, place);
  const Json& root = need_field(record, "reasoning_steps", place);
  if (!root.is_object()) throw bad_input("rows.read", "{}: field 'reasoning_steps' is not a tree", place);
  walk(root, path, place, emit);
}

}  // namespace hrm::rows
