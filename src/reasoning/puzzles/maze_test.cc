#include "puzzles/maze.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/npy.h"
#include "formats/zst.h"
#include "puzzles/maze_text.h"

namespace hrm::puzzles {
namespace {

constexpr MazeShape kSmall{.height = 3, .width = 4};
constexpr std::string_view kMaze = "S  #\n # #\n   G\n";
constexpr std::string_view kSolvedMaze = "S  #\no# #\noooG\n";

Tokens small(std::string_view text) { return make_maze(kSmall, "test")->parse(text, "test").at(0); }

TEST(Maze, ReadsBlocksAndLinesAndDrawsThem) {
  const auto family = make_maze(kSmall, "test");
  const Tokens question = small(kMaze);
  EXPECT_EQ(question, (Tokens{3, 2, 2, 1, 2, 1, 2, 1, 2, 2, 2, 4}));
  EXPECT_EQ(family->to_line(question), "S  # # #   G");
  EXPECT_EQ(small(family->to_line(question)), question);
  EXPECT_EQ(family->render(question), kMaze);
  EXPECT_EQ(family->parse("S..#\r\n.#.#\r\n...G\r\n\r\n\r\nS  # # #   G\n", "test"), (std::vector{question, question}));
  EXPECT_EQ(family->render(small(kSolvedMaze), {.question = question, .previous = question}), "S  #\nO# #\nOOOG\n");
  // In color two characters per cell: gray walls, new path cells green, kept ones yellow.
  const std::string first =
      family->render(small(kSolvedMaze), {.question = question, .previous = question, .color = true});
  const std::string later = family->render(small(kSolvedMaze), {.question = question, .color = true});
  EXPECT_NE(first.find("\033[42m  \033[0m"), std::string::npos);
  EXPECT_EQ(first.find("\033[43m"), std::string::npos);
  EXPECT_NE(later.find("\033[43m  \033[0m"), std::string::npos);
  EXPECT_EQ(std::ranges::count(first, '\n'), 3);
  const std::string gone =
      family->render(question, {.question = question, .previous = small(kSolvedMaze), .color = true});
  EXPECT_NE(gone.find("\033[2m..\033[0m"), std::string::npos);
  EXPECT_EQ(measure_maze("\n" + std::string(kMaze) + "\nS", "test"), kSmall);
}

TEST(Maze, TextErrorsNameLineAndCell) {
  const auto fault = [](std::string_view text) -> std::string { return refusal([&] { small(text); }); };
  EXPECT_NE(fault("S  #\n # \n   G\n").find("line 2: 3 characters; expected 4"), std::string::npos);
  EXPECT_NE(fault("S  #\n #x#\n   G\n").find("line 2, row 2 column 3: 'x'"), std::string::npos);
  EXPECT_NE(fault("S  #\n # #\n").find("begins at line 1 has 2 of 3 rows"), std::string::npos);
  EXPECT_THROW(make_maze({.height = 1, .width = 1}, "test"), Error);
  EXPECT_THROW(make_maze({.height = int64_t{1} << 40, .width = int64_t{1} << 40}, "test"), Error);
}

TEST(Maze, OtherSymbolsAreReadWhereTheyLeaveNoDoubt) {
  const auto family = make_maze(kSmall, "test");
  const Tokens question = small(kMaze);
  for (const auto& [start, goal] : {std::pair("A", "B"), {"s", "g"}, {"S", "E"}, {"S", "F"}, {"s", "e"}})
    for (const char* wall : {"#", "\xE2\x96\x88"}) {
      std::string text;
      for (char c : kMaze)
        text += c == 'S' ? std::string(start) : c == 'G' ? std::string(goal) : c == '#' ? wall : std::string(1, c);
      EXPECT_EQ(family->parse(text, "t"), std::vector<Tokens>{question}) << text;
      EXPECT_EQ(family->parse("3 4\n" + text + "\n4x3\n" + text, "t"), (std::vector{question, question})) << text;
    }
  const std::string digits = "2001\n0101\n0003\n";
  EXPECT_THROW(family->parse(digits, "t"), Error) << "is 0 open or a wall?";
  EXPECT_EQ(family->parse(digits, TextPlace("t", 1, "1023")), std::vector<Tokens>{question});
  EXPECT_THROW(family->parse("9 9\n" + std::string(kMaze), "t"), Error);
  EXPECT_THROW(family->parse("S EG\n####\n####\n", "t"), Error);
  for (const char* bad : {"", "#", "# SGox", "# SS"}) EXPECT_THROW(family->check_symbols(bad), Error) << bad;
  family->check_symbols("10SG");
  EXPECT_TRUE(is_maze_a_line("S G \nG S \n", ""));
  EXPECT_FALSE(is_maze_a_line(kMaze, ""));
}

TEST(Maze, CellsMayStandApartOrInLists) {
  const auto family = make_maze(kSmall, "test");
  const Tokens question = small(kMaze);
  for (const char* text :
       {"2 0 0 1\n0 1 0 1\n0 0 0 3\n", "2,0,0,1\n0,1,0,1\n0,0,0,3\n", "2, 0, 0, 1,\n0, 1, 0, 1,\n0, 0, 0, 3,\n",
        "2\t0\t0\t1\n0\t1\t0\t1\n0\t0\t0\t3", "2,0,0,1,0,1,0,1,0,0,0,3", "2 0 0 1 0 1 0 1 0 0 0 3\n",
        "3 4\n2 0 0 1 \n0 1 0 1 \n0 0 0 3 \n", "[[2, 0, 0, 1],\n [0, 1, 0, 1],\n [0, 0, 0, 3]]\n",
        "[[2,0,0,1],[0,1,0,1],[0,0,0,3]]", "[[2 0 0 1]\n [0 1 0 1]\n [0 0 0 3]]", "[\"2001\", \"0101\", \"0003\"]"})
    EXPECT_EQ(family->parse(text, TextPlace("t", 1, "1023")), std::vector<Tokens>{question}) << text;
  for (const char* text :
       {"S . . #\n. # . #\n. . . G\n", "S     #\n  #   #\n      G\n",
        "[[\"S\", \" \", \" \", \"#\"], [\" \", \"#\", \" \", \"#\"], [\" \", \" \", \" \", \"G\"]]",
        "<table><tr><td>S</td><td></td><td/><td>#</td></tr>\n<tr><td> <td>#<td>&nbsp;<td>#\n<tr><td><td><td><td>G"})
    EXPECT_EQ(family->parse(text, "t"), std::vector<Tokens>{question}) << text;
  EXPECT_EQ(make_maze({2, 3}, "t")->parse("S G   ", "t").size(), 1u) << "all cells, open ones as spaces";
  // Where the size is not known, spaces separate only if nothing else can be meant.
  EXPECT_EQ(measure_maze("2 0 0 1\n0 1 0 1\n0 0 0 3\n", "t"), kSmall);
  EXPECT_EQ(measure_maze("2,0,0,1\n0,1,0,1\n0,0,0,3\n", "t"), kSmall);
  EXPECT_EQ(measure_maze("[[2,0,0,1],[0,1,0,1],[0,0,0,3]]", "t"), kSmall);
  EXPECT_EQ(measure_maze("# # # #\n# S G #\n# # # #\n", "t"), kSmall);
  EXPECT_EQ(measure_maze("S   #\n    #\n    G\n", "t"), (MazeShape{3, 5}));
}

TEST(Maze, AcceptsShortestPathsOnly) {
  const auto family = make_maze(kSmall, "test");
  const Tokens question = small(kMaze);
  const auto reason = [&](std::string_view answer) { return family->check_answer(question, small(answer)).reason; };
  EXPECT_EQ(reason(kSolvedMaze), "");
  EXPECT_EQ(reason("Soo#\n #o#\n  oG\n"), "");  // another of the same length
  EXPECT_NE(reason("Soo#\no#o#\noooG\n"), "");  // both at once: no simple path
  EXPECT_NE(reason(kMaze).find("does not lead"), std::string::npos);
  EXPECT_NE(reason("S o#\no# #\noooG\n").find("1 marked cells are not on one simple path"), std::string::npos);
  EXPECT_EQ(reason("S  #\noo #\noooG\n"), "row 2 column 2: a wall became a path cell");
  const auto open = make_maze({.height = 2, .width = 3}, "test");
  const auto wide = open->parse("S G   ", "test")[0];
  EXPECT_EQ(open->check_answer(wide, open->parse("S Gooo", "test")[0]).reason,
            "the path has 4 steps, the shortest has 2");
  EXPECT_EQ(family->check_question(small("S  #\n # #\n    \n")).reason, "0 cells are G, expected one");
  EXPECT_NE(family->solve(small("S# #\n## #\n   G\n"))->rules.reason.find("walls separate"), std::string::npos);
}

TEST(Maze, AugmentsByTheSymmetriesOfItsShape) {
  for (const auto& [shape, copies] : {std::pair(MazeShape{3, 4}, 4u), {MazeShape{4, 4}, 8u}}) {
    const auto family = make_maze(shape, "test");
    Tokens question(shape.cells(), kOpen);
    question[0] = kStart, question[1] = kWall, question[6] = kGoal;
    const Tokens answer = family->solve(question)->answer;
    std::set<Tokens> seen, classes;
    for (uint64_t seed = 0; seed < copies; ++seed) {
      Tokens q = question, a = answer;
      family->augmenter()->apply(seed, q, a);
      EXPECT_TRUE(family->check_answer(q, a).accepted);
      EXPECT_TRUE(seed != 0 || q == question);
      Tokens undone = q;
      family->augmenter()->undo(seed, undone);
      EXPECT_EQ(undone, question);
      seen.insert(q);
      classes.insert(family->canonical(q));
    }
    EXPECT_EQ(seen.size(), copies);
    EXPECT_EQ(family->augmenter()->distinct_maps(), copies);
    EXPECT_EQ(classes.size(), 1u);
  }
}

// The public data's convention, on all 1,500 mazes.
TEST(Maze, ParitySearchReproducesThePublicLabels) {
  const auto folder = shared_folder() / "data/maze";
  HRM_SKIP_WITHOUT(folder);
  const auto family = make_maze({30, 30}, "test");
  const auto load = [&](const std::string& name) {
    const auto path = folder / (name + ".npy.zst");
    const std::string bytes = read_maybe_zst(path);
    return parse_npy(std::as_bytes(std::span(bytes)), path.string()).to(DType::kI32);
  };
  size_t mazes = 0;
  for (const std::string split : {"train", "test"}) {
    const HostTensor inputs = load("maze_30x30_hard_" + split + "_inputs"),
                     labels = load("maze_30x30_hard_" + split + "_labels");
    const auto questions = inputs.as<int32_t>(), answers = labels.as<int32_t>();
    for (size_t at = 0; at < questions.size(); at += 900, ++mazes) {
      const auto question = questions.subspan(at, 900), answer = answers.subspan(at, 900);
      const auto solved = family->solve(question);
      ASSERT_TRUE(solved->rules.accepted) << split << " " << at / 900 << ": " << solved->rules.reason;
      ASSERT_TRUE(std::ranges::equal(solved->answer, answer)) << split << " " << at / 900;
      ASSERT_TRUE(family->check_answer(question, answer).accepted);
      ASSERT_GE(solved->rating, 109) << "paths of at least 110 cells";
    }
  }
  EXPECT_EQ(mazes, 1500u);
}

}  // namespace
}  // namespace hrm::puzzles
