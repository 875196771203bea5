#include "language/text_scores.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>

#include "language/losses.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

constexpr int64_t kLogitRows = 1024;  // of one product with the output layer: a large vocabulary times many is memory

}  // namespace

std::vector<std::vector<float>> log_probabilities(const Decoder& decoder, std::span<const ScoredText> texts,
                                                  int64_t call_tokens) {
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
    for (int64_t i = 0; i < std::ssize(places); i += kLogitRows) {
      const int64_t count = std::min(kLogitRows, std::ssize(places) - i);
      const at::Tensor logits = decoder.logits(hidden.index_select(0, at.narrow(0, i, count)));
      const std::vector<float> part =
          torch::to_vector<float>(token_log_probabilities(logits, target.narrow(0, i, count)));
      found.insert(found.end(), part.begin(), part.end());
    }
    auto from = found.begin();
    for (size_t r = begin; r < end; ++r) {
      const ScoredText& text = texts[order[r]];
      const auto count =
          std::ssize(text.ids) -
          std::min<int64_t>(std::ssize(text.ids), std::max<int64_t>(static_cast<int64_t>(text.first), 1));
      all[order[r]].assign(from, from + count);
      from += count;
    }
  }
  return all;
}

}  // namespace hrm::language
