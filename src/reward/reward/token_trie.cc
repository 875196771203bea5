#include "reward/token_trie.h"

#include <algorithm>
#include <compare>

namespace hrm::reward {
namespace {

class Builder {
 public:
  Builder(std::span<const PlacedText> texts, int64_t worth) : texts_(texts), worth_(worth) {
    int32_t results = 0;
    for (const PlacedText& text : texts) {
      if (!text.places.empty()) order_.push_back(static_cast<int32_t>(first_result_.size()));
      first_result_.push_back(results);
      results += static_cast<int32_t>(text.places.size());
    }
    std::ranges::sort(order_, [&](int32_t a, int32_t b) {
      const std::span<const int64_t> one = ids(a), other = ids(b);
      const auto order = std::lexicographical_compare_three_way(one.begin(), one.end(), other.begin(), other.end());
      return order == 0 ? a < b : order < 0;
    });
  }

  std::vector<TrieNode> forest() {
    std::vector<TrieNode> all;
    for_each_branch(0, order_.size(), 0, [&](size_t low, size_t high) { add(low, high, 0, all); });
    return all;
  }

 private:
  const std::vector<int64_t>& places(int32_t text) const { return texts_[static_cast<size_t>(text)].places; }
  std::span<const int64_t> ids(int32_t text) const {  // up to the last place
    return std::span(texts_[static_cast<size_t>(text)].ids).first(static_cast<size_t>(places(text).back()) + 1);
  }

  // Runs of equal ids at `place` among the ordered texts [low, high), all of which are longer than that.
  void for_each_branch(size_t low, size_t high, int64_t place, auto&& use) const {
    const auto at = static_cast<size_t>(place);
    for (size_t from = low; from < high;) {
      size_t to = from + 1;
      while (to < high && ids(order_[to])[at] == ids(order_[from])[at]) ++to;
      use(from, to);
      from = to;
    }
  }

  // Where all of [low, high) have continued alike from `begin`, up to the first place.
  int64_t end_of_edge(size_t low, size_t high, int64_t begin) const {
    const auto from = static_cast<size_t>(begin);
    const auto first = ids(order_[low]).subspan(from), last = ids(order_[high - 1]).subspan(from);
    int64_t end = begin + (std::ranges::mismatch(first, last).in1 - first.begin());  // sorted: these differ most
    for (size_t i = low; i < high; ++i) end = std::min(end, *std::ranges::lower_bound(places(order_[i]), begin) + 1);
    return end;
  }

  std::vector<TrieNode::Read> reads_at(size_t low, size_t high, int64_t place) const {
    std::vector<TrieNode::Read> reads;
    for (size_t i = low; i < high; ++i) {
      const std::vector<int64_t>& all = places(order_[i]);
      int32_t result = first_result_[static_cast<size_t>(order_[i])];
      auto at = std::ranges::lower_bound(all, place);
      for (result += static_cast<int32_t>(at - all.begin()); at != all.end() && *at == place; ++at)
        reads.push_back({place, result++});
    }
    std::ranges::sort(reads, {}, &TrieNode::Read::result);
    return reads;
  }

  // The edge that begins at `begin`, where all of [low, high) continue alike; or, where it is not worth being one, its
  // children with its tokens before theirs.
  void add(size_t low, size_t high, int64_t begin, std::vector<TrieNode>& to) const {
    const int64_t end = end_of_edge(low, high, begin);
    TrieNode node{
        .text = order_[low], .begin = begin, .end = end, .reads = reads_at(low, high, end - 1), .children = {}};
    while (low < high && std::ssize(ids(order_[low])) == end) ++low;
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

  std::span<const PlacedText> texts_;
  int64_t worth_;
  std::vector<int32_t> first_result_;  // by text
  std::vector<int32_t> order_;         // of the texts with a place
};

}  // namespace

std::vector<TrieNode> token_trie(std::span<const PlacedText> texts, int64_t worth) {
  return Builder(texts, worth).forest();
}

int64_t token_count(std::span<const TrieNode> forest) {
  int64_t count = 0;
  for (const TrieNode& node : forest) count += node.length() + token_count(node.children);
  return count;
}

}  // namespace hrm::reward
