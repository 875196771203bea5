#include "tree/growing_tree.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"

namespace hrm::tree {
namespace {

// A round that stands for a text: adopted children take no place in the order of requests.
uint32_t round_of(const steps::NodeId& child) { return kAdoptedRounds | static_cast<uint32_t>(child.low); }

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

Sample sample_of(steps::Step step, int64_t tokens) {
  return {.tokens = static_cast<int32_t>(tokens),
          .terminal = step.terminal,
          .text = std::move(step.text),
          .answer = std::move(step.answer)};
}

using steps::at;

}  // namespace

GrowingTree::GrowingTree(const GrowContext& context, steps::Problem problem)
    : context_(context),
      problem_(std::move(problem)),
      root_(root_id(problem_)),
      grader_(problem_.gold, context.settings.grade_options()) {
  nodes_.push_back(steps::Node{.id = root_});
  for (RequestRecord& record : context_.store.requests(root_)) {
    const Key key{record.node, record.kind, record.round};
    const auto [known, fresh] = requests_.try_emplace(key, record);
    if (!fresh && encode(record) < encode(known->second)) known->second = std::move(record);
  }
}

std::vector<int32_t> GrowingTree::expand(int32_t node) {
  if (ended(node)) return {};
  const steps::NodeId id = this->node(node).id;
  const RequestRecord& record = fetch({id, steps::RequestKind::kExpansion, 0}, node, context_.settings.children);
  const std::lock_guard lock(mutex_);
  for (const Sample& sample : record.samples) child_of(node, sample);
  return nodes_[at(node)].children;
}

const std::vector<Sample>& GrowingTree::rollouts(int32_t node, uint32_t round, int64_t n) {
  const steps::NodeId id = this->node(node).id;
  return fetch({id, steps::RequestKind::kRollouts, round}, node, n).samples;
}

int32_t GrowingTree::adopt(int32_t node, const std::string& text, bool last, uint64_t seed) {
  const std::lock_guard lock(mutex_);
  const steps::NodeId parent = nodes_[at(node)].id, id = child_id(parent, 0, text);
  for (const int32_t child : nodes_[at(node)].children)
    if (nodes_[at(child)].text == text) return child;
  const std::string before = joined(path_locked(node));
  const Sample sample = sample_of(context_.format.take_step(text, last, {.before = before}), 0);
  const Key key{parent, steps::RequestKind::kExpansion, round_of(id)};
  const auto known = requests_.find(key);
  if (known == requests_.end()) {
    keep(key, {.root = root_, .node = parent, .round = round_of(id), .seed = seed, .samples = {sample}});
    ++context_.counts.nodes;
  }
  return child_of(node, sample);
}

std::vector<std::string> GrowingTree::path(int32_t node) const {
  const std::lock_guard lock(mutex_);
  return path_locked(node);
}

std::vector<std::string> GrowingTree::path_locked(int32_t node) const {
  std::vector<std::string> texts;
  for (int32_t i = node; i > 0; i = nodes_[at(i)].parent) texts.push_back(nodes_[at(i)].text);
  std::ranges::reverse(texts);
  return texts;
}

steps::Node GrowingTree::node(int32_t node) const {
  const std::lock_guard lock(mutex_);
  return nodes_[at(node)];
}

bool GrowingTree::ended(int32_t node) const {
  const std::lock_guard lock(mutex_);
  return nodes_[at(node)].terminal || nodes_[at(node)].depth >= context_.settings.depth;
}

steps::AnswerVerdict GrowingTree::verdict(const std::optional<std::string>& answer) {
  const std::lock_guard lock(mutex_);
  return grader_(answer);
}

const RequestRecord& GrowingTree::fetch(const Key& key, int32_t node, int64_t n) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = requests_.find(key); known != requests_.end()) return known->second;
  }
  RequestRecord record = ask(key, node, n);
  const std::lock_guard lock(mutex_);
  return keep(key, std::move(record));
}

const RequestRecord& GrowingTree::keep(const Key& key, RequestRecord record) {
  context_.store.append(record);
  return requests_.emplace(key, std::move(record)).first->second;
}

RequestRecord GrowingTree::ask(const Key& key, int32_t node, int64_t n) {
  if (interrupted()) throw RequestFailed{"interrupted"};
  const auto& [id, kind, round] = key;
  const bool steps = kind == steps::RequestKind::kExpansion;
  const GrowSettings& settings = context_.settings;
  const std::vector<std::string> texts = path(node);
  const policy::Request request = step_request(settings, context_.format,
                                               {.question = problem_.question,
                                                .steps = {texts.begin(), texts.end()},
                                                .node = id,
                                                .kind = kind,
                                                .round = round,
                                                .n = n});
  ++context_.counts.requests;
  policy::Reply reply = context_.policy.complete(request);
  if (const auto* fault = std::get_if<policy::PolicyFault>(&reply)) {
    ++context_.counts.failed;
    context_.answered();
    throw RequestFailed{fault->message};
  }
  auto& response = std::get<policy::Response>(reply);
  end_at_own_stops(settings, response);
  // What the server broke off says nothing of the node.
  std::erase_if(response.choices, [](const auto& choice) { return choice.finish == policy::Finish::kBroken; });
  if (response.choices.empty()) {
    ++context_.counts.failed;
    context_.answered();
    throw RequestFailed{"the server broke off every choice, by an abort or a content filter"};
  }
  RequestRecord record{.kind = kind,
                       .root = root_,
                       .node = id,
                       .round = round,
                       .seed = request.seed,
                       .prompt_tokens = response.prompt_tokens};
  const std::string before = joined(texts);
  const steps::StepPlace place{.before = before, .steps = std::ssize(texts), .most = settings.depth};
  for (const policy::Choice& choice : response.choices) {
    if (steps) {
      record.samples.push_back(sample_of(context_.format.read_step(choice, place), choice.tokens));
      record.samples.back().ordinal = static_cast<int32_t>(record.samples.size()) - 1;
      continue;
    }
    std::string text = context_.format.rollout_text(choice);
    auto answer = context_.format.answer_behind(before, text);
    record.samples.push_back(
        {.tokens = static_cast<int32_t>(choice.tokens), .text = std::move(text), .answer = answer});
  }
  if (steps && settings.merge) merge_identical(record.samples);
  (steps ? context_.counts.nodes : context_.counts.rollouts) += static_cast<int64_t>(record.samples.size());
  context_.answered();
  return record;
}

void GrowingTree::merge_identical(std::vector<Sample>& samples) const {
  std::vector<Sample> merged;
  for (Sample& sample : samples) {
    const auto same = std::ranges::find_if(merged, [&](const Sample& s) { return s.text == sample.text; });
    if (same != merged.end()) {
      ++same->multiplicity;
      same->terminal |= sample.terminal;
      continue;
    }
    sample.ordinal = 0;
    merged.push_back(std::move(sample));
  }
  samples = std::move(merged);
}

int32_t GrowingTree::child_of(int32_t node, const Sample& sample) {
  const steps::NodeId id = child_id(nodes_[at(node)].id, sample.ordinal, sample.text);
  for (const int32_t child : nodes_[at(node)].children)
    if (nodes_[at(child)].id == id) return child;
  const auto index = static_cast<int32_t>(nodes_.size());
  nodes_.push_back({.id = id,
                    .parent = node,
                    .depth = nodes_[at(node)].depth + 1,
                    .ordinal = sample.ordinal,
                    .tokens = sample.tokens,
                    .multiplicity = sample.multiplicity,
                    .terminal = sample.terminal,
                    .text = sample.text,
                    .answer = sample.answer});
  nodes_[at(node)].children.push_back(index);
  return index;
}

}  // namespace hrm::tree
