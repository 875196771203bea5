#include "language/pick.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace hrm::language {
namespace {

// Of the ids in this order, the one at which the running sum exceeds `target`. Where rounding leaves the sum below it,
// the last one that can be drawn at all.
template <typename Ids>
int32_t at_sum(std::span<const float> probabilities, const Ids& ids, double target) {
  double sum = 0;
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

}  // namespace

void Sampling::validate() const {
  if (!(temperature >= 0 && temperature <= 1000))
    throw bad_input("language.sampling", "temperature = {}: expected 0 to 1000", temperature);
  if (top_k < 0) throw bad_input("language.sampling", "top_k = {}: expected 0 (all) or more", top_k);
  if (!(top_p >= 0 && top_p <= 1)) throw bad_input("language.sampling", "top_p = {}: expected 0 to 1", top_p);
}

int32_t Picker::pick(std::span<const float> probabilities, const Sampling& sampling, double u) {
  const auto size = std::ssize(probabilities);
  order_.resize(probabilities.size());
  std::iota(order_.begin(), order_.end(), 0);
  const int64_t k = sampling.top_k > 0 ? std::min<int64_t>(sampling.top_k, size) : size;
  if (k == size && sampling.top_p >= 1)
    return at_sum(probabilities, order_, u * std::accumulate(probabilities.begin(), probabilities.end(), 0.0));

  const auto likelier = [&](int32_t a, int32_t b) {
    const float p = probabilities[static_cast<size_t>(a)], q = probabilities[static_cast<size_t>(b)];
    return p > q || (p == q && a < b);
  };
  const auto sum_to = [&](int64_t end) {
    double sum = 0;
    for (int64_t i = 0; i < end; ++i) sum += probabilities[static_cast<size_t>(order_[static_cast<size_t>(i)])];
    return sum;
  };
  if (k < size) std::ranges::nth_element(order_, order_.begin() + k, likelier);
  const double wanted = sampling.top_p * sum_to(k);
  // Most of a large vocabulary is never near the front: sort only as far as the share asks for.
  int64_t sorted = 0;
  for (int64_t next = 64; sorted < k && sum_to(sorted) < wanted; next *= 4) {
    const int64_t end = std::min(next, k);
    std::ranges::partial_sort(order_.begin() + sorted, order_.begin() + end, order_.begin() + k, likelier);
    sorted = end;
  }
  if (sorted == 0) {
    sorted = 1;
    std::ranges::partial_sort(order_.begin(), order_.begin() + 1, order_.begin() + k, likelier);
  }
  int64_t kept = 0;
  double sum = 0;
  do sum += probabilities[static_cast<size_t>(order_[static_cast<size_t>(kept++)])];
  while (kept < sorted && sum < wanted);
  return at_sum(probabilities, std::span(order_).first(static_cast<size_t>(kept)), u * sum);
}

}  // namespace hrm::language
