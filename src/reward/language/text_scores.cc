#include "language/text_scores.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "language/losses.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

constexpr int64_t kLogitRows = 1024;  // of one product with the output layer: a large vocabulary times many is memory

// [n,V] and the ids that follow, [n], to the numbers of each of the n places, as many as `columns`.
struct Measure {
  int64_t columns = 1, rows = kLogitRows;
  at::Tensor (*of)(const at::Tensor& logits, const at::Tensor& next);
};

at::Tensor confidence_of(const at::Tensor& logits, const at::Tensor& next) {
  const at::Tensor logprobs = at::log_softmax(logits.to(at::kFloat), -1);
  const at::Tensor entropy = -(logprobs.exp() * logprobs).sum(-1);
  const at::Tensor certainty = -logprobs.mean(-1) - std::log(static_cast<double>(logits.size(-1)));
  return at::stack({logprobs.gather(-1, next.unsqueeze(-1)).squeeze(-1), entropy, certainty}, -1);
}

// Text by text, the numbers of its places one after another.
std::vector<std::vector<float>> measured(const Decoder& decoder, std::span<const ScoredText> texts, int64_t call_tokens,
                                         const Measure& measure) {
  const at::NoGradGuard no_grad;
  std::vector<std::vector<float>> all(texts.size());
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return texts[i].ids.size(); });
  for (size_t begin = 0, end; begin < order.size(); begin = end) {
    for (end = begin + 1; end < order.size(); ++end)
      if (std::ssize(texts[order[end]].ids) * static_cast<int64_t>(end + 1 - begin) > call_tokens) break;
    const int64_t rows = static_cast<int64_t>(end - begin), length = std::ssize(texts[order[end - 1]].ids);
    std::vector<int64_t> ids(static_cast<size_t>(rows * length), 0), places, next;
    for (size_t r = 0; r < end - begin; ++r) {
      const ScoredText& text = texts[order[begin + r]];
      const size_t at = r * static_cast<size_t>(length);
      std::ranges::copy(text.ids, ids.begin() + static_cast<ptrdiff_t>(at));
      for (size_t t = std::max<size_t>(text.first, 1); t < text.ids.size(); ++t) {
        places.push_back(static_cast<int64_t>(at + t) - 1);
        next.push_back(text.ids[t]);
      }
    }
    const auto tensor = [&](const std::vector<int64_t>& v, at::IntArrayRef shape) {
      return torch::to_aten(std::span<const int64_t>(v), shape, decoder.device());
    };
    const at::Tensor hidden = decoder.hidden(tensor(ids, {rows, length})).flatten(0, 1);
    std::vector<float> found;
    const at::Tensor at = tensor(places, {std::ssize(places)}), target = tensor(next, {std::ssize(next)});
    for (int64_t i = 0; i < std::ssize(places); i += measure.rows) {
      const int64_t count = std::min(measure.rows, std::ssize(places) - i);
      const at::Tensor logits = decoder.logits(hidden.index_select(0, at.narrow(0, i, count)));
      const std::vector<float> part =
          torch::to_vector<float>(measure.of(logits, target.narrow(0, i, count)).contiguous());
      found.insert(found.end(), part.begin(), part.end());
    }
    auto from = found.begin();
    for (size_t r = begin; r < end; ++r) {
      const ScoredText& text = texts[order[r]];
      const auto count = measure.columns * (std::ssize(text.ids) -
                                            std::min<int64_t>(std::ssize(text.ids),
                                                              std::max<int64_t>(static_cast<int64_t>(text.first), 1)));
      all[order[r]].assign(from, from + count);
      from += count;
    }
  }
  return all;
}

}  // namespace

std::vector<std::vector<float>> log_probabilities(const Decoder& decoder, std::span<const ScoredText> texts,
                                                  int64_t call_tokens) {
  return measured(decoder, texts, call_tokens, {.of = token_log_probabilities});
}

std::vector<std::vector<TokenConfidence>> token_confidences(const Decoder& decoder, std::span<const ScoredText> texts,
                                                            int64_t call_tokens) {
  std::vector<std::vector<TokenConfidence>> all;
  for (const std::vector<float>& flat :
       measured(decoder, texts, call_tokens, {.columns = 3, .rows = kLogitRows / 4, .of = confidence_of})) {
    auto& of_text = all.emplace_back();
    for (size_t i = 0; i < flat.size(); i += 3) of_text.push_back({flat[i], flat[i + 1], flat[i + 2]});
  }
  return all;
}

}  // namespace hrm::language
