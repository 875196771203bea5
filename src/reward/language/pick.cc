#include "language/pick.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <ranges>

#include "base/error.h"

namespace hrm::language {
namespace {

// Of the ids in this order, the one at which the running sum, which is `sum` before them, exceeds `target`. Where
// rounding leaves it below, the last one that can be drawn at all.
template <typename Ids>
int32_t at_sum(std::span<const float> probabilities, const Ids& ids, double target, double sum = 0) {
  int32_t last = 0;
  for (const int32_t id : ids) {
    const float p = probabilities[static_cast<size_t>(id)];
    if (!(p > 0)) continue;
    sum += p;
    last = id;
    if (sum > target) break;
  }
  return last;
}

double sum_of(std::span<const float> values) {
  std::array<double, 8> sums{};  // side by side, because one addition waits for the one before it
  size_t i = 0;
  for (; i + sums.size() <= values.size(); i += sums.size())
    for (size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += values[i + lane];
  return std::accumulate(values.begin() + static_cast<ptrdiff_t>(i), values.end(),
                         std::accumulate(sums.begin(), sums.end(), 0.0));
}

// In the order of ids, by blocks: only that of the drawn token is searched.
int32_t draw_from_all(std::span<const float> probabilities, double u) {
  constexpr size_t kBlock = 512;
  const auto block = [&](size_t from) {
    return probabilities.subspan(from, std::min(kBlock, probabilities.size() - from));
  };
  const double target = u * sum_of(probabilities);
  double before = 0;
  size_t last = 0;  // the last block with anything to draw
  double before_last = 0;
  for (size_t from = 0; from < probabilities.size() && before <= target; from += kBlock) {
    const double sum = sum_of(block(from));
    if (!(sum > 0)) continue;
    last = from;
    before_last = before;
    before += sum;
  }
  const auto first = static_cast<int32_t>(last);
  return at_sum(probabilities, std::views::iota(first, first + static_cast<int32_t>(block(last).size())), target,
                before_last);
}

}  // namespace

void Sampling::validate() const {
  if (!(temperature >= 0 && temperature <= 1000))
    throw bad_input("language.sampling", "temperature = {}: expected 0 to 1000", temperature);
  if (top_k < 0) throw bad_input("language.sampling", "top_k = {}: expected 0 (all) or more", top_k);
  if (!(top_p >= 0 && top_p <= 1)) throw bad_input("language.sampling", "top_p = {}: expected 0 to 1", top_p);
}

int32_t Picker::pick(std::span<const float> probabilities, const Sampling& sampling, double u) {
  const auto size = std::ssize(probabilities);
  const int64_t k = sampling.top_k > 0 ? std::min<int64_t>(sampling.top_k, size) : size;
  if (k == size && sampling.top_p >= 1) return draw_from_all(probabilities, u);

  // Tokens of less than an equal share of what top_p leaves out are never among those that it keeps. The factor is
  // for the rounding of sums.
  const double total = sum_of(probabilities);
  const double floor = k == size ? (1 - sampling.top_p) * total / static_cast<double>(size) * 0.999 : 0;
  order_.clear();
  for (int32_t id = 0; id < size; ++id)
    if (probabilities[static_cast<size_t>(id)] >= floor) order_.push_back(id);
  const auto candidates = std::min(k, std::ssize(order_));
  const auto likelier = [&](int32_t a, int32_t b) {
    const float p = probabilities[static_cast<size_t>(a)], q = probabilities[static_cast<size_t>(b)];
    return p > q || (p == q && a < b);
  };
  const auto sum_to = [&](int64_t end) {
    double sum = 0;
    for (int64_t i = 0; i < end; ++i) sum += probabilities[static_cast<size_t>(order_[static_cast<size_t>(i)])];
    return sum;
  };
  if (k < size) std::ranges::partial_sort(order_, order_.begin() + k, likelier);
  const double wanted = sampling.top_p * (k < size ? sum_to(k) : total);
  // Sorted only as far as the share asks for.
  int64_t sorted = k < size ? k : 0;
  for (int64_t next = 64; sorted < candidates && (sorted == 0 || sum_to(sorted) < wanted); next *= 4) {
    const int64_t end = std::min(next, candidates);
    std::ranges::partial_sort(order_.begin() + sorted, order_.begin() + end, order_.end(), likelier);
    sorted = end;
  }
  int64_t kept = 0;
  double sum = 0;
  do sum += probabilities[static_cast<size_t>(order_[static_cast<size_t>(kept++)])];
  while (kept < sorted && sum < wanted);
  return at_sum(probabilities, std::span(order_).first(static_cast<size_t>(kept)), u * sum);
}

}  // namespace hrm::language
