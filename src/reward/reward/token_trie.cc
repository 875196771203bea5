#include "reward/token_trie.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace hrm::reward {
namespace {

class Builder {
 public:
  Builder(std::span<const std::vector<int64_t>> sequences, int64_t worth) : sequences_(sequences), worth_(worth) {
    order_.resize(sequences.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::ranges::sort(order_, [&](int32_t a, int32_t b) { return of(a) == of(b) ? a < b : of(a) < of(b); });
  }

  std::vector<TrieNode> forest() {
    std::vector<TrieNode> all;
    for_each_branch(0, order_.size(), 0, [&](size_t low, size_t high) { add(low, high, 0, all); });
    return all;
  }

 private:
  const std::vector<int64_t>& of(int32_t sequence) const { return sequences_[static_cast<size_t>(sequence)]; }

  // Runs of equal ids at `place` among the ordered sequences [low, high), all of which are longer than that.
  void for_each_branch(size_t low, size_t high, int64_t place, auto&& use) const {
    const auto at = static_cast<size_t>(place);
    for (size_t from = low; from < high;) {
      size_t to = from + 1;
      while (to < high && of(order_[to])[at] == of(order_[from])[at]) ++to;
      use(from, to);
      from = to;
    }
  }

  // The edge that begins at `begin`, where all of [low, high) continue alike; or, where it is not worth being one, its
  // children with its tokens before theirs.
  void add(size_t low, size_t high, int64_t begin, std::vector<TrieNode>& to) const {
    const std::vector<int64_t>&first = of(order_[low]), &last = of(order_[high - 1]);
    const auto end = std::ranges::mismatch(first, last).in1 - first.begin();  // sorted: the outer two differ most
    TrieNode node{.sequence = order_[low], .begin = begin, .end = end, .reads = {}, .children = {}};
    for (; low < high && std::ssize(of(order_[low])) == end; ++low) node.reads.push_back({end - 1, order_[low]});
    for_each_branch(low, high, end, [&](size_t from, size_t until) { add(from, until, end, node.children); });
    const auto ways = std::ssize(node.children);
    if (ways == 0 || (ways > 1 && node.length() * (ways - 1) > worth_)) {
      to.push_back(std::move(node));
      return;
    }
    TrieNode& heir = node.children.front();
    heir.reads.insert(heir.reads.begin(), node.reads.begin(), node.reads.end());
    for (TrieNode& child : node.children) {
      child.begin = begin;
      to.push_back(std::move(child));
    }
  }

  std::span<const std::vector<int64_t>> sequences_;
  int64_t worth_;
  std::vector<int32_t> order_;
};

}  // namespace

std::vector<TrieNode> token_trie(std::span<const std::vector<int64_t>> sequences, int64_t worth) {
  return Builder(sequences, worth).forest();
}

int64_t token_count(std::span<const TrieNode> forest) {
  int64_t count = 0;
  for (const TrieNode& node : forest) count += node.length() + token_count(node.children);
  return count;
}

}  // namespace hrm::reward
