// Whatever way tokens are read into a cache, what is known of a row equals reading its text alone.
#include "language/kv_cache.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "language/decoder.h"
#include "language/model_io.h"

namespace hrm::language {
namespace {

[[maybe_unused]] const bool one_thread = (at::set_num_threads(1), true);

using Text = std::vector<int64_t>;
constexpr int64_t kVocabulary = 30;

class KvCacheTest : public testing::Test {
 protected:
  KvCacheTest()
      : model_(initial_model({.hidden_size = 32,
                              .intermediate_size = 48,
                              .num_hidden_layers = 2,
                              .num_attention_heads = 4,
                              .num_key_value_heads = 2,
                              .head_dim = 8,
                              .vocab_size = kVocabulary,
                              .max_position_embeddings = 128,
                              .tie_word_embeddings = true},
                             HeadKind::kLanguage, 0, {.seed = 1})),
        decoder_(model_.config, model_.parameters) {}

  Text text(size_t length) {
    Text ids(length);
    for (int64_t& id : ids) id = static_cast<int64_t>(rng_.below(kVocabulary));
    return ids;
  }

  // Reads news[b] at the end of row b, padded with other tokens, and compares what comes out with reading the whole
  // row alone. texts: what the rows hold, brought up to date.
  void read(KvCache& cache, std::vector<Text>& texts, const std::vector<Text>& news) {
    size_t longest = 0;
    std::vector<int64_t> counts;
    for (const Text& each : news) {
      longest = std::max(longest, each.size());
      counts.push_back(std::ssize(each));
    }
    std::vector<int64_t> flat;
    for (const Text& each : news) {
      flat.insert(flat.end(), each.begin(), each.end());
      for (const int64_t id : text(longest - each.size())) flat.push_back(id);
    }
    const at::Tensor ids = at::tensor(flat, at::kLong).view({std::ssize(news), static_cast<int64_t>(longest)});
    const at::Tensor hidden = decoder_.hidden(ids, counts, cache);
    for (size_t row = 0; row < news.size(); ++row) {
      texts[row].insert(texts[row].end(), news[row].begin(), news[row].end());
      EXPECT_EQ(cache.length(static_cast<int64_t>(row)), std::ssize(texts[row]));
      if (news[row].empty()) continue;
      const at::Tensor alone = decoder_.hidden(at::tensor(texts[row], at::kLong).unsqueeze(0))[0];
      const at::Tensor mine = hidden[static_cast<int64_t>(row)].narrow(0, 0, counts[row]);
      EXPECT_TRUE(at::allclose(mine, alone.narrow(0, alone.size(0) - counts[row], counts[row]), 1e-4, 1e-5))
          << "row " << row << " of length " << texts[row].size();
    }
  }

  const at::NoGradGuard no_grad_;
  LanguageModel model_;
  Decoder decoder_;
  Rng rng_{3};
};

TEST_F(KvCacheTest, RowsOfDifferentLengths) {
  KvCache cache(4);
  std::vector<Text> texts(4);
  read(cache, texts, {text(7), text(1), text(12), text(4)});
  read(cache, texts, {text(1), text(1), text(1), text(1)});
  read(cache, texts, {text(3), text(20), text(0), text(1)});
  read(cache, texts, {text(0), text(2), text(9), text(0)});
  for (int i = 0; i < 20; ++i) read(cache, texts, {text(1), text(1), text(1), text(1)});
}

TEST_F(KvCacheTest, RowsOfOneLengthAndThenNot) {
  KvCache cache(2);
  std::vector<Text> texts(2);
  read(cache, texts, {text(5), text(5)});
  read(cache, texts, {text(1), text(1)});
  read(cache, texts, {text(4), text(4)});
  read(cache, texts, {text(4), text(2)});
  read(cache, texts, {text(1), text(1)});
}

TEST_F(KvCacheTest, BranchesShareAPrefixAndLeaveTheirOriginAsItWas) {
  KvCache root(2);
  std::vector<Text> texts(2);
  read(root, texts, {text(6), text(9)});
  KvCache children = root.branch(1, 3);
  EXPECT_EQ(children.prefix(), 9);
  EXPECT_EQ(children.rows(), 3);
  std::vector<Text> below(3, texts[1]);
  read(children, below, {text(4), text(2), text(0)});
  read(children, below, {text(1), text(3), text(5)});
  KvCache grandchildren = children.branch(0, 2);
  EXPECT_EQ(grandchildren.prefix(), 14);
  std::vector<Text> deeper(2, below[0]);
  read(grandchildren, deeper, {text(2), text(6)});
  read(children, below, {text(1), text(1), text(1)});
  read(root, texts, {text(3), text(1)});
  KvCache unread = KvCache(1).branch(0, 2);
  std::vector<Text> fresh(2);
  read(unread, fresh, {text(3), text(2)});
}

TEST_F(KvCacheTest, KeptRowsAreReorderedAndDoubled) {
  KvCache cache(3);
  std::vector<Text> texts(3);
  read(cache, texts, {text(5), text(2), text(8)});
  const std::vector<int64_t> rows = {2, 0, 2, 2};
  cache.keep(rows);
  texts = {texts[2], texts[0], texts[2], texts[2]};
  EXPECT_EQ(cache.rows(), 4);
  read(cache, texts, {text(1), text(4), text(3), text(2)});
  KvCache children = cache.branch(1, 3);
  std::vector<Text> below(3, texts[1]);
  const std::vector<int64_t> one = {1};
  children.keep(one);
  below.resize(1);
  read(children, below, {text(4)});
  read(cache, texts, {text(2), text(2), text(2), text(2)});
}

TEST_F(KvCacheTest, AdoptedRowsMayBeLongerThanWhatThereIs) {
  KvCache cache(3);
  std::vector<Text> texts(3);
  read(cache, texts, {text(4), text(2), text(3)});
  for (const std::vector<int64_t>& slots : {std::vector<int64_t>{1}, std::vector<int64_t>{3, 0}}) {
    KvCache other(std::ssize(slots));
    std::vector<Text> read_there(slots.size());
    std::vector<Text> news;
    for (size_t i = 0; i < slots.size(); ++i) news.push_back(text(30 * slots.size() + i));
    read(other, read_there, news);
    cache.adopt(other, slots);
    texts.resize(static_cast<size_t>(cache.rows()));
    for (size_t i = 0; i < slots.size(); ++i) texts[static_cast<size_t>(slots[i])] = read_there[i];
    std::vector<Text> one;
    for (size_t row = 0; row < texts.size(); ++row) one.push_back(text(1));
    read(cache, texts, one);
  }
  EXPECT_EQ(cache.rows(), 4);
}

TEST_F(KvCacheTest, WhatWasTruncatedIsForgotten) {
  KvCache cache(3);
  std::vector<Text> texts(3);
  read(cache, texts, {text(10), text(6), text(8)});
  const auto cut = [&](KvCache& of, std::vector<Text>& held, int64_t row, int64_t length) {
    of.truncate(row, length);
    held[static_cast<size_t>(row)].resize(static_cast<size_t>(length));
    EXPECT_EQ(of.length(row), length);
  };
  cut(cache, texts, 0, 3);
  cut(cache, texts, 2, 0);
  read(cache, texts, {text(2), text(1), text(5)});
  cut(cache, texts, 1, 7);
  read(cache, texts, {text(1), text(1), text(1)});
  KvCache children = cache.branch(1, 2);
  std::vector<Text> below(2, texts[1]);
  read(children, below, {text(5), text(5)});
  cut(children, below, 0, children.prefix());
  read(children, below, {text(3), text(1)});
}

}  // namespace
}  // namespace hrm::language
