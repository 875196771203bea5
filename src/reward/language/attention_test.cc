// Attention after a shared prefix equals its plain reference.
#include "language/attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace hrm::language {
namespace {

struct Shape {
  int64_t rows, heads, kv_heads, tokens, width, prefix, before;  // before: own tokens that were read earlier
};

// Rows 0, 1, .. have read one token more each than the row before, so that every row has its own mask.
TEST(Attention, BehindAPrefixEqualsItsPlainReference) {
  at::manual_seed(1);
  for (const Shape& s : {Shape{1, 2, 2, 1, 4, 1, 0}, Shape{5, 8, 8, 64, 32, 300, 0}, Shape{3, 6, 2, 7, 16, 45, 4},
                         Shape{4, 4, 1, 1, 8, 9, 13}, Shape{2, 3, 3, 40, 64, 700, 1}}) {
    SCOPED_TRACE(testing::Message() << s.rows << " rows of " << s.tokens << " tokens behind " << s.prefix);
    KvCache cache(1);
    const auto read = [&](int64_t rows, int64_t tokens, std::span<const int64_t> counts) {
      const KvCache::Step step = cache.begin(tokens, at::kCPU, at::kFloat);
      const auto some = [&] { return at::randn({rows, s.kv_heads, tokens, s.width}); };
      const KvCache::Layer layer = cache.append(0, some(), some(), step);
      cache.finish(counts);
      return std::pair(step, layer);
    };
    read(1, s.prefix, std::vector<int64_t>{s.prefix});
    cache = cache.branch(0, s.rows);
    std::vector<int64_t> counts;
    for (int64_t row = 0; row < s.rows; ++row) counts.push_back(std::min(row + 1, s.before));
    if (s.before > 0) read(s.rows, s.before, counts);
    const auto [step, layer] = read(s.rows, s.tokens, std::vector<int64_t>(static_cast<size_t>(s.rows), s.tokens));
    const at::Tensor q = at::randn({s.rows, s.tokens, s.heads, s.width}).transpose(1, 2);
    EXPECT_TRUE(at::allclose(attend(q, layer, step), attend_behind_prefix_plain(q, layer, step), 1e-5, 1e-5));
  }
}

// One token for each row, whose queries are grouped, equals the queries one by one.
TEST(Attention, GroupedQueriesOfOneTokenEqualSingleOnes) {
  at::manual_seed(2);
  for (const bool alike : {true, false}) {
    KvCache cache(3);
    const auto read = [&](int64_t tokens, std::span<const int64_t> counts) {
      const KvCache::Step step = cache.begin(tokens, at::kCPU, at::kFloat);
      const KvCache::Layer layer = cache.append(0, at::randn({3, 2, tokens, 8}), at::randn({3, 2, tokens, 8}), step);
      cache.finish(counts);
      return std::pair(step, layer);
    };
    if (alike)
      read(6, std::vector<int64_t>{6, 6, 6});
    else
      read(6, std::vector<int64_t>{2, 6, 0});
    const auto [step, layer] = read(1, std::vector<int64_t>{1, 1, 1});
    const at::Tensor q = at::randn({3, 6, 1, 8}), all = attend(q, layer, step);
    for (int64_t head = 0; head < 6; ++head) {
      const KvCache::Layer one{
          .prefix_k = {}, .prefix_v = {}, .k = layer.k.narrow(1, head / 3, 1), .v = layer.v.narrow(1, head / 3, 1)};
      EXPECT_TRUE(at::allclose(all.narrow(1, head, 1), attend(q.narrow(1, head, 1), one, step), 1e-5, 1e-6)) << head;
    }
  }
}

}  // namespace
}  // namespace hrm::language
