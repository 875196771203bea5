#include "training/collective.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "training/testing/thread_collective.h"

namespace hrm::training {
namespace {

using testing::ThreadJob;

TEST(Collective, FromRootGivesTheResultOfProcessZeroAlone) {
  std::vector<std::string> results(3);
  ThreadJob(3).run(
      [&](Collective& all) { results[all.rank()] = from_root(all, [&] { return fmt::format("of {}", all.rank()); }); });
  EXPECT_EQ(results, std::vector<std::string>({"of 0", "of 0", "of 0"}));
}

TEST(Collective, AnErrorOfTheRootIsThrownByAll) {
  std::vector<std::string> messages(3);
  std::vector<int> codes(3);
  ThreadJob(3).run([&](Collective& all) {
    try {
      on_root(all, [] { throw bad_input("room.place", "a.txt: line 3: not\na number"); });
    } catch (const Error& error) {
      messages[all.rank()] = error.what();
      codes[all.rank()] = error.exit_code();
    }
  });
  for (size_t r = 0; r < 3; ++r) {
    EXPECT_EQ(messages[r], "[room.place] a.txt: line 3: not\na number") << r;
    EXPECT_EQ(codes[r], 2) << r;
  }
}

TEST(Collective, JsonKeepsItsBitsOnTheWay) {
  const Json json = {{"seed", UINT64_MAX}, {"third", 1.0 / 3}, {"none", Json()}, {"name", "\xff not UTF-8"}};
  std::vector<Json> results(2);
  ThreadJob(2).run([&](Collective& all) { results[all.rank()] = json_from_root(all, [&] { return json; }); });
  EXPECT_EQ(results[1], json);
}

TEST(Collective, TensorsOfTheRootReachAll) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const NamedTensors mine = {{"a", HostTensor::of<float>({2, 3}, values)}, {"empty", HostTensor(DType::kI64, {0, 4})}};
  std::vector<NamedTensors> results(3);
  ThreadJob(3).run(
      [&](Collective& all) { results[all.rank()] = tensors_from_root(all, all.is_root() ? mine : NamedTensors()); });
  for (const NamedTensors& result : results) EXPECT_EQ(result, mine);
}

// The rows of a tensor, split among any number of processes and put together again.
TEST(Collective, RowsComeTogetherInOrderOfRank) {
  std::vector<int32_t> values(21);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int32_t>(i);
  const NamedTensors whole = {{"slots", HostTensor::of<int32_t>({7, 3}, values)}};
  for (const size_t size : {1, 2, 4, 7}) {
    NamedTensors together;
    ThreadJob(size).run([&](Collective& all) {
      const Share share = share_of(all, 7);
      NamedTensors rows = rows_to_root(all, take_rows(whole, share.first, share.last));
      if (all.is_root()) together = std::move(rows);
    });
    EXPECT_EQ(together, whole) << size;
  }
}

TEST(Collective, MissingRowsAreRefused) {
  const NamedTensors few = {{"slots", HostTensor(DType::kF32, {3, 2})}};
  EXPECT_THROW(take_rows(few, 2, 4), Error);
}

TEST(Collective, SharesCoverAllAndDifferByOneAtMost) {
  for (const size_t count : {0, 1, 5, 8, 1000}) {
    std::vector<Share> shares(3);
    ThreadJob(3).run([&](Collective& all) { shares[all.rank()] = share_of(all, count); });
    EXPECT_EQ(shares[0].first, 0u);
    EXPECT_EQ(shares[0].last, shares[1].first);
    EXPECT_EQ(shares[1].last, shares[2].first);
    EXPECT_EQ(shares[2].last, count);
    for (const Share& share : shares) EXPECT_LE(share.size(), count / 3 + 1);
  }
}

}  // namespace
}  // namespace hrm::training
