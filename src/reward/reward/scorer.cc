#include "reward/scorer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "rows/step_text.h"

namespace hrm::reward {
namespace {

constexpr std::string_view kInScorer = "reward.score";

int64_t longest_edge(auto&& rows) {
  int64_t length = 0;
  for (const auto& row : rows) length = std::max(length, row.node->length());
  return length;
}

}  // namespace

struct Scorer::Walk {
  std::span<const PlacedText> texts;
  std::vector<double> results;
};

Scorer::Scorer(RewardModel model, const ScorerOptions& options)
    : model_(std::move(model)),
      options_(options),
      decoder_(model_.bundle.model.config, model_.bundle.model.parameters, {.compute = options.compute}),
      head_(model_.bundle.model.head, model_.bundle.model.config, model_.bundle.model.parameters),
      reader_(model_.config.layout, model_.bundle.tokenizer) {
  if (const std::vector<double> weights = read_weights(model_.config.weights, name()); !weights.empty())
    weights_ = at::tensor(weights, at::kFloat).to(decoder_.device());
  const language::DecoderConfig& config = model_.bundle.model.config;
  bytes_per_token_ = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim *
                     static_cast<int64_t>(at::elementSize(options.compute));
}

// [M,D] -> [M]
at::Tensor Scorer::scores(const at::Tensor& hidden) const {
  const at::Tensor outputs = head_(decoder_, hidden);
  switch (model_.config.score) {
    case ScoreKind::kTokens:
      return language::two_token_score(outputs, reader_.good(), reader_.bad());
    case ScoreKind::kRaw:
      return outputs.squeeze(-1);
    case ScoreKind::kSigmoid:
      return outputs.squeeze(-1).sigmoid();
    case ScoreKind::kClass:
      return at::softmax(outputs, -1).select(-1, 1);
    case ScoreKind::kClasses:
      return at::matmul(at::softmax(outputs, -1), weights_);
    case ScoreKind::kSigmoids:
      return at::matmul(outputs.sigmoid(), weights_);
    case ScoreKind::kOutputs:
      return at::matmul(outputs, weights_);
    case ScoreKind::kBeta:
      break;
  }
  const at::Tensor shapes = at::softplus(outputs) + 1e-3;  // as the loss takes them: the second is that of successes
  return shapes.select(-1, 1) / shapes.sum(-1);
}

void Scorer::check_length(std::span<const PlacedText> texts) const {
  for (const PlacedText& text : texts)
    if (const auto tokens = text.longer_than(longest()))
      throw bad_input(kInScorer, "a text of {} tokens exceeds the limit of {} tokens of {} ({})", *tokens, longest(),
                      name(), model_.bundle.model.config.length_key());
}

// One call: the rows' tokens after what `cache` has read, and then what comes after them.
void Scorer::read(const language::KvCache& cache, std::span<const Row> rows, Walk& walk) {
  const int64_t b = std::ssize(rows), t = longest_edge(rows);
  const bool siblings = std::ranges::all_of(rows, [&](const Row& row) { return row.parent == rows[0].parent; });
  std::vector<int64_t> parents, counts, flat;
  std::vector<int32_t> results;
  at::Tensor ids = at::zeros({b, t}, at::kLong);
  for (int64_t r = 0; r < b; ++r) {
    const TrieNode& node = *rows[static_cast<size_t>(r)].node;
    const std::vector<int64_t>& text = walk.texts[static_cast<size_t>(node.text)].ids;
    std::copy(text.begin() + node.begin, text.begin() + node.end, ids.data_ptr<int64_t>() + r * t);
    for (const TrieNode::Read& read : node.reads) {
      flat.push_back(r * t + read.place - node.begin);
      results.push_back(read.result);
    }
    parents.push_back(rows[static_cast<size_t>(r)].parent);
    counts.push_back(node.length());
    work_.read_tokens += node.length();
  }
  ++work_.calls;
  language::KvCache own = siblings ? cache.branch(parents[0], b) : cache;
  if (!siblings) own.keep(parents);
  const at::Tensor hidden = decoder_.hidden(ids.to(decoder_.device()), counts, own).flatten(0, 1);
  if (!flat.empty()) {
    const at::Tensor at = at::tensor(flat, at::kLong).to(hidden.device());
    const at::Tensor values = scores(hidden.index_select(0, at)).to(at::kCPU, at::kDouble).contiguous();
    for (size_t i = 0; i < results.size(); ++i)
      walk.results[static_cast<size_t>(results[i])] = values.data_ptr<double>()[i];
  }
  std::vector<Row> below;
  std::vector<int64_t> kept;
  for (int64_t r = 0; r < b; ++r) {
    const TrieNode& node = *rows[static_cast<size_t>(r)].node;
    for (const TrieNode& child : node.children) below.push_back({&child, std::ssize(kept)});
    if (!node.children.empty()) kept.push_back(r);
  }
  if (below.empty()) return;
  if (std::ssize(kept) < b) own.keep(kept);
  descend(own, below, walk);
}

// Cuts what comes next into calls: the children of one row alone where they are enough, else of several rows, as many
// as the limits allow. Rows of like length share a call where the order is free.
void Scorer::descend(const language::KvCache& cache, std::span<const Row> rows, Walk& walk) {
  std::vector<Row> shared;
  for (size_t from = 0, to; from < rows.size(); from = to) {
    int64_t tokens = 0;
    for (to = from; to < rows.size() && rows[to].parent == rows[from].parent; ++to) tokens += rows[to].node->length();
    const bool own = tokens >= options_.branch_tokens || (from == 0 && to == rows.size());
    for (size_t at = from; own && at < to;) {
      size_t end = at;
      for (int64_t most = 0; end < to; ++end) {
        most = std::max(most, rows[end].node->length());
        const int64_t cells = most * static_cast<int64_t>(end + 1 - at);
        if (end > at && (cells > options_.call_tokens || cells * bytes_per_token_ > options_.cache_bytes)) break;
      }
      read(cache, rows.subspan(at, end - at), walk);
      at = end;
    }
    if (!own)
      shared.insert(shared.end(), rows.begin() + static_cast<int64_t>(from), rows.begin() + static_cast<int64_t>(to));
  }
  std::ranges::stable_sort(shared, std::greater(), [](const Row& row) { return row.node->length(); });
  for (size_t at = 0, end; at < shared.size(); at = end) {
    const int64_t most = shared[at].node->length();
    int64_t held = 0, padding = 0;
    for (end = at; end < shared.size(); ++end) {
      held = std::max(held, cache.length(shared[end].parent) - cache.prefix() + most);
      padding += most - shared[end].node->length();
      const auto count = static_cast<int64_t>(end + 1 - at);
      if (end > at && (most * count > options_.call_tokens || held * count * bytes_per_token_ > options_.cache_bytes ||
                       padding > options_.branch_tokens))
        break;
    }
    read(cache, std::span(shared).subspan(at, end - at), walk);
  }
}

std::vector<double> Scorer::score_texts(std::span<const PlacedText> texts) {
  check_length(texts);
  const at::NoGradGuard no_grad;
  size_t count = 0;
  for (const PlacedText& text : texts) {
    count += text.places.size();
    work_.text_tokens += text.token_count();
  }
  work_.texts += static_cast<int64_t>(count);
  Walk walk{.texts = texts, .results = std::vector<double>(count)};
  const std::vector<TrieNode> forest = token_trie(texts, options_.worth);
  std::vector<Row> rows;
  for (const TrieNode& node : forest) rows.push_back({&node, 0});
  descend(language::KvCache(1), rows, walk);
  return std::move(walk.results);
}

std::vector<double> Scorer::score_alone(std::span<const PlacedText> texts) {
  check_length(texts);
  const at::NoGradGuard no_grad;
  std::vector<double> results;
  for (const PlacedText& text : texts)
    for (const int64_t place : text.places) {
      const at::Tensor ids =
          at::tensor(at::IntArrayRef(text.ids).slice(0, static_cast<size_t>(place) + 1), at::kLong).unsqueeze(0);
      results.push_back(scores(decoder_.hidden(ids.to(decoder_.device())).select(1, -1)).item<double>());
    }
  return results;
}

std::vector<double> Scorer::score(const steps::Tree& tree, std::span<const int32_t> nodes) {
  return score_texts(texts(tree, nodes));
}

std::vector<PlacedText> Scorer::texts(const steps::Tree& tree, std::span<const int32_t> nodes) {
  std::vector<PlacedText> texts;
  for (const int32_t node : nodes) {
    const std::vector<std::string_view> path = steps::path_texts(tree, node);
    if (path.empty()) throw bad_input(kInScorer, "the root of a tree is not a step and has no score");
    std::vector<std::string> steps(path.begin(), path.end());
    // A policy with stop strings leaves the next step's heading at the end of a node, which no published model has
    // seen.
    if (model_.config.layout.form == Form::kSteps) steps = rows::tidy_steps(steps);
    texts.push_back(placed_at_end(reader_.step(tree.problem.question, steps)));
  }
  return texts;
}

std::vector<PlacedText> Scorer::texts(const SolutionText& solution) {
  const auto& [question, steps] = solution;
  std::vector<PlacedText> all;
  if (model_.config.layout.form == Form::kSteps) {
    all.push_back(reader_.solution(question, *steps));
    return all;
  }
  for (auto end = steps->begin(); end != steps->end();)
    all.push_back(placed_at_end(reader_.step(question, {steps->begin(), ++end})));
  return all;
}

std::vector<std::vector<double>> Scorer::score(std::span<const SolutionText> solutions) {
  std::vector<PlacedText> all;
  for (const SolutionText& solution : solutions)
    for (PlacedText& text : texts(solution)) all.push_back(std::move(text));
  const std::vector<double> flat = score_texts(all);
  std::vector<std::vector<double>> scores;
  auto at = flat.begin();
  for (const SolutionText& solution : solutions) {
    scores.emplace_back(at, at + std::ssize(*solution.steps));
    at += std::ssize(*solution.steps);
  }
  return scores;
}

}  // namespace hrm::reward
