#include "solving/solver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"
#include "formats/npy.h"
#include "solving/testing/scripted_backend.h"
#include "solving/trace.h"

namespace hrm::solving {
namespace {

using puzzles::Tokens;

constexpr std::string_view kGrid = "1234341221434321";
constexpr std::string_view kQuestions[] = {".234341221434321", "..34341221434321", "....341221434321"};

std::unique_ptr<puzzles::Family> small_sudoku() { return puzzles::guess_family(16, 6); }

Tokens tokens(std::string_view text) { return small_sudoku()->parse(text, "test").at(0); }

std::vector<Tokens> questions() {
  std::vector<Tokens> all;
  for (std::string_view question : kQuestions) all.push_back(tokens(question));
  return all;
}

// Fills as many of the blank cells in front as it has run segments; the others stay blank.
ScriptedSegment fill(std::span<const int32_t> inputs, int64_t segment, uint64_t) {
  ScriptedSegment played{.answer = {inputs.begin(), inputs.end()}};
  const Tokens grid = tokens(kGrid);
  std::copy_n(grid.begin(), segment, played.answer.begin());
  played.q_halt = played.answer == grid ? 3.f : -1.f;
  return played;
}

TEST(Solver, KeepsEverySegmentAndAsksTheRules) {
  ScriptedBackend backend(scripted_config(3), fill);
  const SolverResult result = solve(backend, *small_sudoku(), questions(), {.batch = 2, .progress = false});
  EXPECT_TRUE(result.complete);
  ASSERT_EQ(result.solutions.size(), 3u);
  const SolvedPuzzle& second = result.solutions[1];
  ASSERT_EQ(second.segments.size(), 2u);
  EXPECT_EQ(second.segments[0].answer, tokens("1.34341221434321"));
  EXPECT_EQ(second.answer(), tokens(kGrid));
  EXPECT_TRUE(second.finished && second.halted && second.rules.accepted);
  EXPECT_NEAR(second.confidence(), 1 / (1 + std::exp(-3.0)), 1e-7);
  EXPECT_FLOAT_EQ(second.segments[1].residual_H, 0.5f);
  EXPECT_TRUE(std::isnan(second.segments[0].participation.H));
  EXPECT_TRUE(result.pooled.empty());

  const SolvedPuzzle& third = result.solutions[2];  // needs four segments, may run three
  EXPECT_TRUE(third.finished);
  EXPECT_FALSE(third.halted);
  EXPECT_FALSE(third.rules.accepted);
  EXPECT_NE(third.rules.reason.find("row 1 column 4"), std::string::npos) << third.rules.reason;
}

TEST(Solver, LooksThroughSymmetriesUntilTheRulesAccept) {
  const auto some_views = [](std::span<const int32_t> inputs, int64_t, uint64_t) {
    ScriptedSegment played{.answer = {inputs.begin(), inputs.end()}, .q_halt = 1.f};
    if (std::ranges::count(inputs.first(4), 1) == 0) played.answer = small_sudoku()->solve(inputs)->answer;
    return played;  // blind to blanks in the first row
  };
  ScriptedBackend backend(scripted_config(2), some_views);
  const SolverResult plain = solve(backend, *small_sudoku(), questions(), {.progress = false});
  const SolverResult result = solve(backend, *small_sudoku(), questions(), {.views = 30, .progress = false});
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(plain.solutions[i].rules.accepted);
    const SolvedPuzzle& solution = result.solutions[i];
    EXPECT_TRUE(solution.rules.accepted) << i;
    EXPECT_GT(solution.view, 0);
    EXPECT_EQ(solution.question, questions()[i]);
    EXPECT_EQ(solution.answer(), tokens(kGrid)) << "mapped back";
  }
  const auto table = puzzles::guess_family(16, 7);  // no rules
  EXPECT_THROW(solve(backend, *table, questions(), {.views = 2, .progress = false}), Error);
  EXPECT_THROW(solve(backend, *small_sudoku(), questions(), {.views = 0, .progress = false}), Error);
}

TEST(Solver, NamesAGivenThatTheModelChanged) {
  ScriptedBackend backend(scripted_config(1), [](std::span<const int32_t>, int64_t, uint64_t) {
    return ScriptedSegment{.answer = tokens("2143432112343412")};  // a Sudoku, but not of this question
  });
  const SolverResult result = solve(backend, *small_sudoku(), questions(), {.progress = false});
  EXPECT_FALSE(result.solutions[0].rules.accepted);
  EXPECT_NE(result.solutions[0].rules.reason.find("given"), std::string::npos) << result.solutions[0].rules.reason;
}

TEST(Solver, JsonHasAnswersAndStepsAsText) {
  ScriptedBackend backend(scripted_config(3), fill);
  const auto family = small_sudoku();
  const Json json = to_json(solve(backend, *family, questions(), {.progress = false}).solutions[1], *family);
  EXPECT_EQ(json.at("question"), kQuestions[1]);
  EXPECT_EQ(json.at("answer"), kGrid);
  EXPECT_EQ(json.at("accepted"), true);
  EXPECT_EQ(json.at("segments"), 2);
  EXPECT_EQ(json.at("steps").at(0).at("answer"), "1.34341221434321");
  EXPECT_FALSE(json.at("steps").at(0).contains("participation_H"));
}

TEST(Solver, InterruptedItKeepsWhatIsFinished) {
  const InterruptScope scope;
  ScriptedBackend backend(scripted_config(3), [](std::span<const int32_t> inputs, int64_t segment, uint64_t history) {
    request_interrupt();
    return fill(inputs, segment, history);
  });
  const auto family = small_sudoku();
  const SolverResult result = solve(backend, *family, questions(), {.progress = false});
  EXPECT_FALSE(result.complete);
  EXPECT_TRUE(result.solutions[0].finished);
  EXPECT_FALSE(result.solutions[1].finished);
  EXPECT_FALSE(to_json(result.solutions[1], *family).contains("answer"));
  EXPECT_EQ(to_json(result.solutions[1], *family).at("steps").size(), 1u);
}

TEST(Solver, FamilyComesFromFlagModelOrSizes) {
  ModelFile model{.config = scripted_config(3)};
  const Json sudoku = {{"family", "sudoku"}, {"box_rows", 2}, {"box_columns", 2}};
  EXPECT_EQ(family_of(model, "", "m")->describe(), sudoku);
  EXPECT_EQ(family_of(model, "sudoku", "m")->describe(), sudoku);
  model.family = {{"family", "raw"}, {"length", 16}, {"vocabulary", 6}};
  EXPECT_EQ(family_of(model, "", "m")->describe(), model.family);
  EXPECT_EQ(family_of(model, "sudoku", "m")->describe(), sudoku);
  EXPECT_EQ(family_of(model, R"({"family": "maze", "height": 2, "width": 8})", "m")->seq_len(), 16);
  EXPECT_THROW(family_of(model, "chess", "m"), Error);
  EXPECT_THROW(family_of(model, "{", "m"), Error);
  EXPECT_THROW(family_of(model, R"({"family": "maze", "height": 3, "width": 8})", "m"), Error);
  EXPECT_THROW(family_of(model, R"({"family": "raw", "length": 16, "vocabulary": 7})", "m"), Error);
}

TEST(Trace, HoldsARowPerPuzzleAndSegment) {
  ScriptedBackend backend(scripted_config(3), fill);
  const auto family = small_sudoku();
  const SolverResult result = solve(backend, *family, questions(), {.participation = true, .progress = false});
  const TemporaryFolder folder;
  save_trace(folder.path() / "new", result, *family);
  const HostTensor index = load_npy(folder.path() / "new" / "index.npy");
  EXPECT_EQ(index.shape(), (Shape{6, 2}));
  EXPECT_EQ(std::vector<int32_t>(index.as<int32_t>().begin(), index.as<int32_t>().end()),
            (std::vector<int32_t>{1, 1, 2, 1, 2, 2, 3, 1, 3, 2, 3, 3}));
  const HostTensor answers = load_npy(folder.path() / "new" / "answers.npy");
  EXPECT_EQ(answers.shape(), (Shape{6, 16}));
  EXPECT_TRUE(std::ranges::equal(answers.as<int32_t>().subspan(32, 16), tokens(kGrid)));
  EXPECT_EQ(load_npy(folder.path() / "new" / "questions.npy").shape(), (Shape{3, 16}));
  const HostTensor measures = load_npy(folder.path() / "new" / "measures.npy");
  EXPECT_EQ(measures.shape(), (Shape{6, 6}));
  EXPECT_FLOAT_EQ(measures.as<float>()[2 * 6 + 2], 0.5f);    // puzzle 2, segment 2: residual_H
  EXPECT_NEAR(measures.as<float>()[2 * 6 + 4], 1.f, 1e-6f);  // one token apart from the others: a line
  const Json description = read_json(folder.path() / "new" / "trace.json");
  EXPECT_EQ(description.at("measures").size(), 6u);
  EXPECT_EQ(description.at("pooled").size(), 3u);
  EXPECT_EQ(description.at("pooled").at(2).at("puzzles"), 1);
  for (const char* plot : {"residuals.svg", "participation.svg"})
    EXPECT_NE(read_file(folder.path() / "new" / plot).find("<svg"), std::string::npos);
}

}  // namespace
}  // namespace hrm::solving
