#include "puzzles/sampler.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/paths.h"
#include "formats/npy.h"
#include "puzzles/dataset_writer.h"
#include "puzzles/sudoku.h"

namespace hrm::puzzles {
namespace {

// Groups of 1, 2 and 3 puzzles; puzzle p has 1 + p % 2 examples: 9 examples, 6 puzzles.
Dataset uneven(const std::filesystem::path& folder) {
  const auto family = make_sudoku({2, 2}, "test");
  SplitPlan plan{.originals = 9, .ratings = std::vector<int32_t>(9, -1)};
  plan.fill = [](int64_t, int64_t, std::span<int32_t> inputs, std::span<int32_t> labels) {
    std::ranges::fill(inputs, 1);
    std::ranges::fill(labels, 2);
  };
  write_split(folder / "train", *family, plan, 1);
  const auto save = [&](std::string_view field, const std::vector<int32_t>& v) {
    save_npy(folder / "train" / fmt::format("all__{}.npy", field),
             HostTensor::of<int32_t>({static_cast<int64_t>(v.size())}, v));
  };
  save("puzzle_identifiers", {0, 1, 2, 3, 4, 5});
  save("puzzle_indices", {0, 1, 3, 4, 6, 7, 9});
  save("group_indices", {0, 1, 3, 6});
  Json json = read_json(folder / "train/dataset.json");
  json["num_puzzle_identifiers"] = 6;
  json["total_groups"] = 3;
  json["mean_puzzle_examples"] = 1.5;
  write_json(folder / "train/dataset.json", json);
  return Dataset::open(folder, "train");
}

class SamplerTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  Dataset set_ = uneven(folder_.path());

  int64_t group_of(int64_t example) const {
    const int64_t puzzle = set_.puzzle_of(example);
    return puzzle < 1 ? 0 : puzzle < 3 ? 1 : 2;
  }
};

TEST_F(SamplerTest, EachEpochShufflesTheGroupsAndDrawsOnePuzzleOfEach) {
  // Batches of one example: what does not fit is passed over, so an epoch is exactly three batches.
  Sampler sampler(set_, {.batch = 1, .epochs_per_stretch = 400, .seed = 3});
  std::map<std::vector<int64_t>, int> orders;
  std::map<int64_t, int> drawn;
  std::set<uint64_t> seeds;
  for (int epoch = 0; epoch < 1200; ++epoch) {
    std::vector<int64_t> order;
    for (int i = 0; i < 3; ++i) {
      const ExampleRef ref = sampler.next().at(0);
      EXPECT_EQ(ref.identifier, set_.puzzle_of(ref.example));
      order.push_back(group_of(ref.example));
      ++drawn[ref.example];
      seeds.insert(ref.seed);
    }
    ++orders[order];
    std::ranges::sort(order);
    ASSERT_EQ(order, (std::vector<int64_t>{0, 1, 2})) << "every group once an epoch";
  }
  EXPECT_EQ(orders.size(), 6u);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 200, 60);
  EXPECT_EQ(drawn[0], 1200);
  EXPECT_NEAR(drawn[1], 300, 70);  // puzzle 1 has half of group 1's draws, and two examples
  EXPECT_NEAR(drawn[3], 600, 90);
  EXPECT_NEAR(drawn[4], 200, 60);
  EXPECT_EQ(seeds.size(), 3600u);
  EXPECT_FALSE(seeds.contains(0));
}

TEST_F(SamplerTest, BatchesCrossEpochsAndOnlyTheLastPartialOneIsDropped) {
  // Three epochs deal 9 groups; counting the examples of each stretch bounds its batches.
  Sampler sampler(set_, {.batch = 4, .epochs_per_stretch = 3, .seed = 5});
  uint64_t stretch = 0;
  std::vector<int> batches(200, 0);
  for (;;) {
    const auto batch = sampler.next();
    ASSERT_EQ(batch.size(), 4u);
    stretch = sampler.state()["stretch"].get<uint64_t>();
    if (stretch >= batches.size()) break;
    ++batches[stretch];
  }
  for (int count : batches)
    EXPECT_TRUE(count >= 2 && count <= 3) << count;  // 9 to 15 examples, less what is passed over
  EXPECT_GT(std::ranges::count(batches, 3), 0);
}

TEST_F(SamplerTest, ResumesAnywhereAndDependsOnTheSeed) {
  const SamplerOptions options{.batch = 4, .epochs_per_stretch = 3, .seed = 11};
  const auto same = [](const std::vector<ExampleRef>& a, const std::vector<ExampleRef>& b) {
    return std::ranges::equal(a, b, [](const ExampleRef& x, const ExampleRef& y) {
      return x.example == y.example && x.identifier == y.identifier && x.seed == y.seed;
    });
  };
  Sampler sampler(set_, options);
  Sampler other(set_, {.batch = 4, .epochs_per_stretch = 3, .seed = 12});
  bool differs = false;
  for (int step = 0; step < 40; ++step) {
    const Json state = parse_json(sampler.state().dump(), "state");
    EXPECT_LT(state.dump().size(), 150u);
    const auto batch = sampler.next();
    Sampler resumed(set_, options);
    resumed.set_state(state);
    EXPECT_TRUE(same(resumed.next(), batch)) << step;
    differs = differs || !same(other.next(), batch);
  }
  EXPECT_TRUE(differs);
  EXPECT_THROW(other.set_state(sampler.state()), Error) << "another seed";
  Json state = sampler.state();
  state["position"] = 1000;
  EXPECT_THROW(sampler.set_state(state), Error);
}

TEST_F(SamplerTest, RefusesStretchesShorterThanABatch) {
  EXPECT_THROW(Sampler(set_, {.batch = 6, .epochs_per_stretch = 1}), Error);  // at most 5 examples an epoch
  EXPECT_NO_THROW(Sampler(set_, {.batch = 6, .epochs_per_stretch = 2}).next());
  EXPECT_THROW(Sampler(set_, {.batch = 0}), Error);
}

TEST_F(SamplerTest, TotalStepsFollowTheFormula) {
  EXPECT_EQ(Sampler::total_steps(set_.metadata(), 100, 4), 112u);  // floor(100 * 3 * 1.5 / 4)
  const DatasetMetadata published{.total_groups = 1000, .mean_puzzle_examples = 1};
  EXPECT_EQ(Sampler::total_steps(published, 20'000, 384), 52'083u);
}

}  // namespace
}  // namespace hrm::puzzles
