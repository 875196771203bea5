#include "puzzles/arc_task.h"

#include <gtest/gtest.h>

#include "puzzles/arc_map.h"
#include "puzzles/arc_source.h"
#include "puzzles/testing/arc_tasks.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2) << error.what();
    return error.what();
  }
  return "nothing was refused";
}

std::vector<ArcTask> read(std::string_view text, std::optional<std::string> solutions = std::nullopt) {
  std::vector<ArcTask> tasks;
  const ArcText mine{.text = text, .source = "t.json", .name = "one"};
  const ArcText theirs{.text = solutions ? std::string_view(*solutions) : "", .source = "s.json", .name = {}};
  read_arc_tasks(mine, solutions ? &theirs : nullptr,
                 {.task = [&](ArcTask task) { tasks.push_back(std::move(task)); }, .fault = nullptr});
  return tasks;
}

void expect_task_refused(std::string_view text, std::string_view part,
                         std::optional<std::string> solutions = std::nullopt) {
  const std::string message = refusal([&] { read(text, solutions); });
  EXPECT_NE(message.find(part), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST(ArcGridTest, TokensFollowTheAuthorsLayout) {
  const ArcGrid grid{.rows = 2, .columns = 3, .cells = {0, 1, 2, 7, 8, 9}};
  std::vector<int32_t> tokens(25, 77);
  encode_arc(grid, {1, 1}, 5, tokens);
  EXPECT_EQ(tokens, (std::vector<int32_t>{0, 0, 0,  0,  0,  //
                                          0, 2, 3,  4,  1,  //
                                          0, 9, 10, 11, 1,  //
                                          0, 1, 1,  1,  0,  //
                                          0, 0, 0,  0,  0}));
  EXPECT_EQ(decode_arc(tokens, 5, find_arc(tokens, 5)), grid);
  encode_arc(grid, {3, 2}, 5, tokens);  // no room for EOS
  EXPECT_EQ(std::ranges::count(tokens, 1), 0);
  EXPECT_EQ(decode_arc(tokens, 5, {3, 2}), grid);
}

TEST(ArcGridTest, DecodingTakesTheLargestRectangleWhoseColumnsOnlyShrink) {
  // Rows of 4, 2 and 2 colors: 1x4 = 4 and 3x2 = 6. A later long row does not widen it again.
  const std::vector<int32_t> tokens = {2, 2, 2, 2,  //
                                       3, 3, 1, 3,  //
                                       4, 4, 4, 4,  //
                                       0, 5, 5, 5};
  const ArcGrid grid = decode_arc(tokens, 4);
  EXPECT_EQ(grid.rows, 3);
  EXPECT_EQ(grid.columns, 2);
  EXPECT_EQ(grid.cells, (std::vector<uint8_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_TRUE(decode_arc(std::vector<int32_t>{1, 2, 2, 2}, 2).empty());
  const std::vector<int32_t> tie = {2, 2, 3, 1};  // 1x2 and 2x1: the one with fewer rows
  EXPECT_EQ(decode_arc(tie, 2).rows, 1);
}

TEST(ArcMapTest, EveryMapIsUndoneAndItsNameReadBack) {
  Rng rng(5);
  for (int i = 0; i < 200; ++i) {
    const ArcMap map = ArcMap::draw(rng);
    EXPECT_EQ(map.colors[0], 0);
    const ArcGrid grid = random_arc_grid(rng, 1 + static_cast<int>(rng.below(30)), 1 + static_cast<int>(rng.below(30)));
    EXPECT_EQ(map.undo(map.apply(grid)), grid);
    for (const ArcNames style : {ArcNames::kHrm, ArcNames::kTrm}) {
      const ArcIdentity identity = parse_arc_name(map.name("a_b|c", style));
      EXPECT_EQ(identity.task, "a_b|c");
      EXPECT_EQ(identity.map, map);
      EXPECT_FALSE(identity.original);
    }
  }
  for (const char* name : {"9172f3a0", "x_t8_0123456789", "x_t3_0123456788", "x|||t1|||012345678", "_t1_0123456789"})
    EXPECT_TRUE(parse_arc_name(name).original) << name;
}

TEST(ArcMapTest, ColorsComeFirstThenGeometry) {
  const ArcIdentity identity = parse_arc_name("x|||t1|||0213456789");  // colors 1 and 2 swapped, a quarter turn left
  const ArcGrid grid{.rows = 1, .columns = 3, .cells = {1, 2, 3}};
  EXPECT_EQ(identity.map.apply(grid), (ArcGrid{.rows = 3, .columns = 1, .cells = {3, 1, 2}}));
}

TEST(ArcTaskTest, OneTaskAndManyWithSolutionsAreRead) {
  const auto one =
      read(R"({"train": [{"input": [[1]], "output": [[2, 3]]}], "test": [{"input": [[4]], "output": [[5]]}]})");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].name, "one");
  EXPECT_EQ(one[0].train[0].output.columns, 2);
  const auto many = read(
      "\xEF\xBB\xBF{\"a\": {\"train\": [{\"input\": [[1]], \"output\": [[2]]}],"
      "\"test\": [{\"input\": [[4]]}]}\n}",
      R"({"a": [[[6], [7]]]})");
  ASSERT_EQ(many.size(), 1u);
  EXPECT_EQ(many[0].test[0].output.rows, 2);
  EXPECT_EQ(read(printable(to_json(many[0])))[0].test, many[0].test);
}

TEST(ArcTaskTest, FaultsNameFileTaskPairAndCell) {
  const auto pair = [](std::string_view input) {
    return fmt::format(
        R"({{"k": {{"train": [{{"input": {}, "output": [[1]]}}], "test": [{{"input": [[1]], "output": [[1]]}}]}}}})",
        input);
  };
  expect_task_refused(pair("[[1, 2], [3]]"), "t.json: task k, train pair 1, input, row 2: 1 cells, row 1 has 2");
  expect_task_refused(pair("[[1, 2], [3, 10]]"), "row 2 column 2: 10 is not a color from 0 to 9");
  expect_task_refused(pair("[[-1]]"), "row 1 column 1: -1 is not a color");
  expect_task_refused(pair("[[1.0]]"), "1.0 is not a color");
  expect_task_refused(pair("[[true]]"), "true is not a color");
  expect_task_refused(pair("[[\"1\"]]"), "\"1\" is not a color");
  expect_task_refused(pair("[]"), "train pair 1, input: 0 rows");
  expect_task_refused(pair("[[]]"), "row 1: 0 cells");
  expect_task_refused(pair("[1]"), "row 1: found 1");
  expect_task_refused(pair("7"), "input: found 7");
  std::string wide = "[[0", tall = "[[0]";
  for (int i = 0; i < 30; ++i) {
    wide += ",0";
    tall += ",[0]";
  }
  expect_task_refused(pair(wide + "]]"), "row 1: 31 cells; expected a list of 1 to 30 colors");
  expect_task_refused(pair(tall + "]"), "31 rows");
  expect_task_refused(R"({"k": {"train": [], "test": []}})", "task k: \"train\" is []");
  expect_task_refused(R"({"k": {"train": [{"input": [[1]], "output": [[1]]}]}})", "\"test\" is missing");
  expect_task_refused(R"({"k": {"train": [{"input": [[1]]}], "test": [{"input": [[1]], "output": [[1]]}]}})",
                      "task k, train pair 1: has no output");
  expect_task_refused(R"({"k": {"train": [{"input": [[1]], "output": [[1]]}], "test": [{"input": [[1]]}]}})",
                      "test pair 1: has no output");
  expect_task_refused("[1, 2]", "expected an object");
  expect_task_refused("{\"k\": ", "line 1, column");
  expect_task_refused("", "not valid JSON");
  expect_task_refused("{\"k\": {}} x", "not valid JSON");
}

TEST(ArcTaskTest, SolutionsMustFitTheirTasks) {
  const std::string two = R"({"k": {"train": [{"input": [[1]], "output": [[1]]}],
                                    "test": [{"input": [[1]]}, {"input": [[2]], "output": [[2]]}]}})";
  expect_task_refused(two, "t.json: task k: s.json lacks this task", "{}");
  expect_task_refused(two, "task k: 2 test inputs, but s.json has 1 outputs", R"({"k": [[[1]]]})");
  expect_task_refused(two, "test pair 2: its output differs from that in s.json", R"({"k": [[[1]], [[3]]]})");
  expect_task_refused(two, "s.json, output 2, row 1 column 1: 11 is not a color", R"({"k": [[[1]], [[11]]]})");
  expect_task_refused(two, "occurs 2 times in s.json", R"({"k": [[[1]], [[2]]], "k": [[[1]], [[2]]]})");
  EXPECT_EQ(read(two, R"({"other": 3, "k": [[[1]], [[2]]]})").size(), 1u);
}

TEST(ArcTaskTest, ANameThatOccursTwiceInAFileIsAFault) {
  const std::string task =
      R"({"train": [{"input": [[1]], "output": [[1]]}], "test": [{"input": [[1]], "output": [[1]]}]})";
  expect_task_refused(fmt::format("{{\"k\": {},\n\"k\": {}}}", task, task), "task k: occurs twice, in lines 1 and 2");
}

class ArcSourceTest : public testing::Test {
 protected:
  fs::path folder(const std::string& name) const { return root_.path() / name; }
  ArcReading read(const std::vector<std::string>& names, bool skip_bad = false) const {
    std::vector<ArcSourceSpec> specs;
    for (const std::string& name : names) specs.push_back({folder(name), std::nullopt});
    return read_arc_sources(specs, {.skip_bad = skip_bad});
  }
  TemporaryFolder root_;
};

TEST_F(ArcSourceTest, FoldersAndCombinedFilesReadAlike) {
  Json challenges = Json::object(), solutions = Json::object();
  for (const char* name : {"b", "a", "c"}) {
    const ArcTask task = random_arc_task(name, {.seed = static_cast<uint64_t>(name[0]), .test = 2});
    write_arc_task(folder("data/training"), task);
    Json json = to_json(task);
    solutions[name] = Json::array();
    for (Json& pair : json["test"]) {
      solutions[name].push_back(pair["output"]);
      pair.erase("output");
    }
    challenges[name] = json;
  }
  write_arc_task(folder("data/evaluation"), random_arc_task("d", {.seed = 4}));
  write_json(folder("all/x_training_challenges.json"), challenges);
  write_json(folder("all/x_training_solutions.json"), solutions);
  const ArcReading folders = read({"data"}), combined = read({"all"}), file = read({"all/x_training_challenges.json"});
  ASSERT_EQ(folders.sources.size(), 2u);
  EXPECT_EQ(folders.sources[0].role, ArcRole::kEvaluation);
  EXPECT_EQ(folders.sources[1].role, ArcRole::kTraining);
  ASSERT_EQ(combined.sources.size(), 1u);
  ASSERT_EQ(file.sources.size(), 1u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(folders.sources[1].tasks[i].name, combined.sources[0].tasks[i].name);
    EXPECT_EQ(folders.sources[1].tasks[i].all(), combined.sources[0].tasks[i].all());
    EXPECT_EQ(folders.sources[1].tasks[i].all(), file.sources[0].tasks[i].all());
  }
}

TEST_F(ArcSourceTest, RolesAreToldByWords) {
  EXPECT_EQ(arc_role_of("arc-agi_evaluation2_head20250515_challenges"), ArcRole::kEvaluation);
  EXPECT_EQ(arc_role_of("Evaluation"), ArcRole::kEvaluation);
  EXPECT_EQ(arc_role_of("arc-agi_test_challenges"), ArcRole::kEvaluation);
  EXPECT_EQ(arc_role_of("training"), ArcRole::kTraining);
  EXPECT_EQ(arc_role_of("testing-ground"), ArcRole::kTraining);
  EXPECT_EQ(arc_role_of("AboveBelow"), ArcRole::kTraining);
}

TEST_F(ArcSourceTest, FoldersInsideEvaluationAndFilesNamedOneByOneKeepItsRole) {
  write_arc_task(folder("evaluation/easy"), random_arc_task("a", {.seed = 1}));
  write_arc_task(folder("evaluation/easy"), random_arc_task("b", {.seed = 2}));
  EXPECT_EQ(read({"evaluation"}).sources.at(0).role, ArcRole::kEvaluation);
  write_arc_task(folder("evaluation"), random_arc_task("c", {.seed = 3}));
  write_arc_task(folder("evaluation"), random_arc_task("d", {.seed = 4}));
  const ArcReading single = read({"evaluation/d.json", "evaluation/c.json"});
  ASSERT_EQ(single.sources.size(), 1u);
  EXPECT_EQ(single.sources[0].role, ArcRole::kEvaluation);
  ASSERT_EQ(single.sources[0].tasks.size(), 2u);
  EXPECT_EQ(single.sources[0].tasks[0].name, "c");
  EXPECT_EQ(read({"evaluation/d.json", "evaluation/d.json"}).sources[0].tasks.size(), 1u);
}

TEST_F(ArcSourceTest, WhatLiesBesideChallengesIsNoTask) {
  write_json(folder("k/arc_training_challenges.json"), Json{{"a", to_json(random_arc_task("a", {.seed = 1}))}});
  write_json(folder("k/sample_submission.json"), Json{{"a", Json::array()}});
  EXPECT_EQ(read({"k"}).sources.size(), 1u);
}

TEST_F(ArcSourceTest, EqualNamesMustMeanEqualPairsInAnyOrder) {
  ArcTask task = random_arc_task("same", {.seed = 7, .train = 3});
  write_arc_task(folder("a"), task);
  std::swap(task.train[0], task.train[2]);
  std::swap(task.train[1], task.test[0]);
  write_arc_task(folder("b"), task);
  EXPECT_EQ(read({"a", "b"}).repeated, 1u);
  uint8_t& cell = task.train[1].output.cells[0];
  cell = static_cast<uint8_t>((cell + 1) % 10);
  write_arc_task(folder("c"), task);
  const std::string message = refusal([&] { read({"a", "c"}); });
  EXPECT_NE(message.find("task same: train pair 2 differs from the task of the same name in"), std::string::npos);
  EXPECT_NE(message.find("output, row 1 column 1:"), std::string::npos) << message;
  const ArcReading skipping = read({"a", "c"}, true);
  EXPECT_EQ(skipping.skipped.size(), 1u);
  EXPECT_EQ(skipping.sources[0].tasks.size(), 1u);
  EXPECT_TRUE(skipping.sources[1].tasks.empty());
}

TEST_F(ArcSourceTest, SkipBadListsFaultsAndKeepsTheRest) {
  write_arc_task(folder("t"), random_arc_task("good", {.seed = 1}));
  write_file_atomic(folder("t") / "bad.json", std::string_view("{\"train\": [], \"test\": []}"));
  write_file_atomic(folder("t") / "cut.json", std::string_view("{\"train\": ["));
  EXPECT_NE(refusal([&] { read({"t"}); }).find("bad.json: task bad: \"train\""), std::string::npos);
  const ArcReading reading = read({"t"}, true);
  ASSERT_EQ(reading.skipped.size(), 2u);
  EXPECT_EQ(reading.sources.at(0).tasks.size(), 1u);
}

TEST_F(ArcSourceTest, WhatHoldsNoTasksIsRefused) {
  fs::create_directories(folder("empty"));
  EXPECT_NE(refusal([&] { read({"empty"}); }).find("no task found"), std::string::npos);
  EXPECT_NE(refusal([&] { read({"absent"}); }).find("no such file or folder"), std::string::npos);
  write_json(folder("x_solutions.json"), Json::object());
  EXPECT_NE(refusal([&] { read({"x_solutions.json"}); }).find("give the file with the challenges"), std::string::npos);
}

}  // namespace
}  // namespace hrm::puzzles
