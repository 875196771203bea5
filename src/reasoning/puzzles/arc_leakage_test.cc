#include "puzzles/arc_leakage.h"

#include <gtest/gtest.h>

#include <set>

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

// A swap of two colors would map more pairs than the identity does: the leak counts all the same.
TEST(ArcLeakageTest, ATestPairAmongItsOwnDemonstrationsCountsBesideALargerSymmetry) {
  const auto pair = [](uint8_t color, int size) {
    const ArcGrid grid{.rows = 1, .columns = size, .cells = std::vector<uint8_t>(static_cast<size_t>(size), color)};
    return ArcPair{grid, grid};
  };
  ArcTask task{.name = "own", .origin = "own.json", .train = {}, .test = {}};
  task.train = {pair(1, 1), pair(2, 1), pair(1, 2)};
  task.test = {pair(1, 1), pair(2, 2)};
  const auto found = leaks_of({{&task, ArcRole::kEvaluation}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("1 of 2 test pairs are among its own demonstrations"), std::string::npos) << found[0];
}

TEST(ArcLeakageTest, RepeatsAmongTrainingTasks) {
  const ArcTask a = random_arc_task("a", {.seed = 1}), b = random_arc_task("b", {.seed = 2});
  const ArcTask c = mapped(a, "c", parse_arc_name("x|||t5|||0123459876").map);
  const std::vector<ArcTaskRef> refs = {{&a, ArcRole::kTraining}, {&b, ArcRole::kTraining}, {&c, ArcRole::kTraining}};
  EXPECT_EQ(find_arc_repeats(refs), (std::vector<std::pair<size_t, size_t>>{{2, 0}}));
}

// The numbers are those of an independent count (numpy) over the same files.
class PublicArcTest : public testing::Test {
 protected:
  struct Found {
    ArcReading reading;
    size_t tasks = 0;  // evaluation tasks that leak
    std::string text;
  };
  static std::filesystem::path folder() { return shared_folder() / "data" / "arc"; }
  static Found find(const std::vector<std::string>& sets) {
    std::vector<ArcSourceSpec> specs;
    for (const std::string& set : sets)
      specs.push_back({folder() / fmt::format("arc-agi_{}_challenges.json.zst", set), std::nullopt});
    Found found{.reading = read_arc_sources(specs, {.skip_bad = true})};
    std::vector<ArcTaskRef> refs;
    for (const ArcSource& source : found.reading.sources)
      for (const ArcTask& task : source.tasks) refs.push_back({&task, source.role});
    std::set<size_t> leaking;
    for (const ArcLeak& leak : find_arc_leaks(refs)) {
      leaking.insert(leak.evaluation);
      found.text += to_text(leak, refs) + "\n";
    }
    found.tasks = leaking.size();
    return found;
  }
};

TEST_F(PublicArcTest, TasksUnderOtherNames) {
  HRM_SKIP_WITHOUT(folder());
  const Found first = find({"training", "evaluation"});
  EXPECT_EQ(first.tasks, 2u);
  EXPECT_NE(
      first.text.find("evaluation task 070dd51e: 1 of 1 test pairs and 2 of 2 demonstrations are in training task "
                      "40853293"),
      std::string::npos)
      << first.text;
  EXPECT_NE(first.text.find("evaluation task 50a16a69: 1 of 1 test pairs"), std::string::npos) << first.text;
  EXPECT_EQ(find({"training2", "evaluation2_head20250515"}).tasks, 0u);
  const Found both = find({"evaluation", "evaluation2_head20250515"});
  EXPECT_EQ(both.reading.repeated, 6u);
  EXPECT_NE(both.text.find("evaluation task db695cfb: 0 of 1 test pairs and 5 of 5 demonstrations are among the "
                           "demonstrations of evaluation task 55783887"),
            std::string::npos)
      << both.text;
}

TEST_F(PublicArcTest, EvaluationTasksOfTheFirstSetAreTrainingTasksOfTheSecond) {
  HRM_SKIP_WITHOUT(folder());
  const Found mixed = find({"evaluation", "training2"});
  ASSERT_EQ(mixed.reading.skipped.size(), 1u);
  EXPECT_NE(mixed.reading.skipped[0].find("task ac0c5833: "), std::string::npos) << mixed.reading.skipped[0];
  EXPECT_NE(mixed.reading.skipped[0].find("row "), std::string::npos) << mixed.reading.skipped[0];
  EXPECT_EQ(mixed.tasks, 375u);
}

}  // namespace
}  // namespace hrm::puzzles
