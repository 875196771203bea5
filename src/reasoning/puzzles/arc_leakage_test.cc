#include "puzzles/arc_leakage.h"

#include <gtest/gtest.h>

#include "base/testing/paths.h"
#include "puzzles/arc_map.h"
#include "puzzles/testing/arc_tasks.h"

namespace hrm::puzzles {
namespace {

ArcTask mapped(const ArcTask& task, const std::string& name, const ArcMap& map) {
  ArcTask result = task;
  result.name = name;
  for (auto* pairs : {&result.train, &result.test})
    for (ArcPair& pair : *pairs) pair = {map.apply(pair.input), map.apply(pair.output)};
  return result;
}

std::vector<std::string> leaks_of(const std::vector<std::pair<const ArcTask*, ArcRole>>& tasks) {
  std::vector<ArcTaskRef> refs;
  for (const auto& [task, role] : tasks) refs.push_back({task, role});
  std::vector<std::string> texts;
  for (const ArcLeak& leak : find_arc_leaks(refs)) texts.push_back(to_text(leak, refs));
  return texts;
}

TEST(ArcLeakageTest, ContentIsFoundUnderAnyNameOrderSymmetryAndColors) {
  const ArcTask task = random_arc_task("held", {.seed = 3, .train = 3, .test = 1});
  Rng rng(4);
  for (int i = 0; i < 30; ++i) {
    ArcMap map = ArcMap::draw(rng);
    std::swap(map.colors[0], map.colors[1 + rng.below(9)]);  // black may be renamed too
    ArcTask other = mapped(task, "other", map);
    std::swap(other.train[0], other.test[0]);
    const auto found = leaks_of({{&task, ArcRole::kEvaluation}, {&other, ArcRole::kTraining}});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(
        found[0].find("evaluation task held: 1 of 1 test pairs and 3 of 3 demonstrations are in training task other"),
        std::string::npos)
        << found[0];
  }
}

TEST(ArcLeakageTest, OneRenamingMustServeAllPairs) {
  const ArcTask task = random_arc_task("held", {.seed = 3, .train = 2, .test = 1});
  ArcTask other = task;
  other.name = "other";
  const ArcMap renaming = parse_arc_name("x|||t0|||0234567891").map;
  other.train[0] = {renaming.apply(task.train[0].input), renaming.apply(task.train[0].output)};
  const auto found = leaks_of({{&task, ArcRole::kEvaluation}, {&other, ArcRole::kTraining}});
  ASSERT_EQ(found.size(), 1u);  // the other demonstration and the test pair, as they are
  EXPECT_NE(found[0].find("1 of 1 test pairs and 1 of 2 demonstrations"), std::string::npos) << found[0];
  EXPECT_EQ(found[0].find("up to symmetry"), std::string::npos) << found[0];
}

TEST(ArcLeakageTest, ChangedCellsAndOtherTasksDoNotLeak) {
  const ArcTask task = random_arc_task("held", {.seed = 3, .train = 2, .test = 1});
  ArcTask other = task;
  for (auto* pairs : {&other.train, &other.test})
    for (ArcPair& pair : *pairs) {
      pair.output.rows = 1;
      pair.output.columns = 1;
      pair.output.cells = {3};
    }
  const ArcTask unlike = random_arc_task("unlike", {.seed = 8});
  EXPECT_TRUE(
      leaks_of({{&task, ArcRole::kEvaluation}, {&other, ArcRole::kTraining}, {&unlike, ArcRole::kTraining}}).empty());
}

TEST(ArcLeakageTest, TestPairsOfEvaluationTasksAreNotTrainedOn) {
  const ArcTask task = random_arc_task("held", {.seed = 3, .train = 2, .test = 2});
  ArcTask other = task;
  other.name = "twin";
  other.train = random_arc_task("x", {.seed = 9}).train;  // only the test pairs are shared
  EXPECT_TRUE(leaks_of({{&task, ArcRole::kEvaluation}, {&other, ArcRole::kEvaluation}}).empty());
  ArcTask own = task;
  own.train.push_back(own.test[1]);
  const auto found = leaks_of({{&own, ArcRole::kEvaluation}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("1 of 2 test pairs are among its own demonstrations"), std::string::npos) << found[0];
}

TEST(ArcLeakageTest, RepeatsAmongTrainingTasks) {
  const ArcTask a = random_arc_task("a", {.seed = 1}), b = random_arc_task("b", {.seed = 2});
  const ArcTask c = mapped(a, "c", parse_arc_name("x|||t5|||0123459876").map);
  const std::vector<ArcTaskRef> refs = {{&a, ArcRole::kTraining}, {&b, ArcRole::kTraining}, {&c, ArcRole::kTraining}};
  EXPECT_EQ(find_arc_repeats(refs), (std::vector<std::pair<size_t, size_t>>{{2, 0}}));
}

// The public sets: 376 of the 400 ARC-1 evaluation tasks are ARC-2 training tasks, others hide under other names.
TEST(ArcLeakageTest, PublicSets) {
  const std::filesystem::path folder = shared_folder() / "data" / "arc";
  HRM_SKIP_WITHOUT(folder);
  const auto read = [&](const std::string& name) {
    return ArcSourceSpec{folder / fmt::format("arc-agi_{}_challenges.json.zst", name), std::nullopt};
  };
  const auto leaks = [](const ArcReading& reading) {
    std::vector<ArcTaskRef> refs;
    for (const ArcSource& source : reading.sources)
      for (const ArcTask& task : source.tasks) refs.push_back({&task, source.role});
    std::string all;
    for (const ArcLeak& leak : find_arc_leaks(refs)) all += to_text(leak, refs) + "\n";
    return all;
  };
  const ArcReading first = read_arc_sources({read("training"), read("evaluation")}, {});
  EXPECT_NE(leaks(first).find("evaluation task 070dd51e: 1 of 1 test pairs and 2 of 2 demonstrations are in training "
                              "task 40853293"),
            std::string::npos);
  const ArcReading second = read_arc_sources({read("training2"), read("evaluation2_head20250515")}, {});
  const std::string text = leaks(second);
  EXPECT_NE(text.find("evaluation task db695cfb: "), std::string::npos) << text;
  EXPECT_NE(text.find("training task 55783887"), std::string::npos) << text;

  const ArcReading mixed = read_arc_sources({read("evaluation"), read("training2")}, {.skip_bad = true});
  size_t shared = 0;
  for (const ArcTask& task : mixed.sources[0].tasks)
    shared += std::ranges::count(mixed.sources[1].tasks, task.name, &ArcTask::name) > 0;
  EXPECT_GE(shared + mixed.skipped.size(), 376u);
}

}  // namespace
}  // namespace hrm::puzzles
