// The interface as a program outside sees it, with models/sudoku9. Includes nothing of the source but the test folder.
#include <gtest/gtest.h>
#include <hrm/evaluator.h>
#include <hrm/hrm.h>
#include <hrm/reward.h>
#include <hrm/solver.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/testing/paths.h"

namespace {

const std::string kEasy = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const std::string kMiddle = "...26.7.168..7..9.19...45..82.1...4...46.29...5...3.28..93...74.4..5..367.3.18...";
const std::string kHard = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......";

std::string model_path() { return (hrm::source_folder() / "models/sudoku9").string(); }

// Status and text of a call that fails.
std::pair<hrm_status, std::string> fault_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const hrm::Error& error) {
    return {error.status(), error.what()};
  }
  return {HRM_OK, "accepted"};
}

void expect_fault(const std::function<void()>& call, std::string_view part, hrm_status status = HRM_BAD_INPUT) {
  const auto [given, text] = fault_of(call);
  EXPECT_EQ(given, status) << text;
  EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

class LibraryTest : public testing::Test {
 protected:
  hrm::Puzzles read(const std::string& text, bool keep_going = false) const {
    hrm::Puzzles puzzles(model_.family(), "", keep_going);
    puzzles.add_text(text, "argument 1");
    return puzzles;
  }

  const hrm::Model model_{model_path()};
};

TEST_F(LibraryTest, SegmentsComeOneByOne) {
  hrm_solve_options options = HRM_SOLVE_OPTIONS;
  options.segments = 3;
  options.halting = 0;
  options.confidence = 1;
  hrm::Run run = model_.begin(read(kEasy + "\n" + kHard), options);
  EXPECT_EQ(run.solutions()[0]->answer, nullptr) << "nothing has run";
  std::vector<int> last(2);
  for (int64_t segment = 1; segment <= 3; ++segment) {
    std::vector<size_t> puzzles;
    EXPECT_TRUE(run.next([&](const hrm_segment& event) {
      puzzles.push_back(event.puzzle);
      EXPECT_EQ(event.segment, segment);
      EXPECT_EQ(event.last, segment == 3);
      for (int cell = 0; cell < 81; ++cell) {
        EXPECT_GT(event.confidence[cell], 0);
        EXPECT_LE(event.confidence[cell], 1);
      }
      EXPECT_TRUE(std::isfinite(event.residual_H));
    }));
    std::ranges::sort(puzzles);
    EXPECT_EQ(puzzles, (std::vector<size_t>{0, 1}));
  }
  EXPECT_FALSE(run.next());
  EXPECT_FALSE(run.next()) << "it stays at its end";
  EXPECT_EQ(run.solutions()[0]->segments, 3);
}

TEST_F(LibraryTest, CompletionProvesTheNumberOfSolutions) {
  hrm_solve_options options = HRM_SOLVE_OPTIONS;
  options.segments = 1;
  options.complete = 1;
  const hrm::Run run = model_.solve(read(kHard + "\n" + std::string(81, '.')), options);
  const auto solutions = run.solutions();
  ASSERT_EQ(solutions.size(), 2u);
  EXPECT_STREQ(solutions[0]->solutions, "one");
  ASSERT_NE(solutions[0]->completed, nullptr);
  EXPECT_EQ(model_.family().fault(solutions[0]->question, solutions[0]->completed), "");
  EXPECT_STREQ(solutions[1]->solutions, "several");
  EXPECT_NE(std::string(solutions[1]->completion_reason).find("may be"), std::string::npos);
}

TEST_F(LibraryTest, ACallbackAndAFlagStopARun) {
  hrm_solve_options options = HRM_SOLVE_OPTIONS;
  options.segments = 1000;
  options.halting = 0;
  const hrm::Puzzles puzzles = read(kHard);
  int seen = 0;
  hrm_run* run = nullptr;
  char* error = nullptr;
  const hrm_on_segment second = [](const hrm_segment* segment, void* user) {
    ++*static_cast<int*>(user);
    return static_cast<int>(segment->segment == 2);
  };
  EXPECT_EQ(hrm_solve(model_.get(), puzzles.get(), &options, second, &seen, &run, &error), HRM_STOPPED);
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(run, nullptr);
  EXPECT_STREQ(error, "stopped");
  hrm_free(error);

  hrm::Stop stop;
  options.stop = stop.get();
  hrm::Run stepwise = model_.begin(puzzles, options);
  EXPECT_TRUE(stepwise.next());
  stop.set();
  expect_fault([&] { stepwise.next(); }, "stopped", HRM_STOPPED);
  EXPECT_EQ(stepwise.solutions()[0]->answer, nullptr);
  EXPECT_EQ(nlohmann::json::parse(stepwise.json())["complete"], false);
}

TEST_F(LibraryTest, BadInputIsOneLine) {
  expect_fault([] { hrm::Model("/nonexistent"); }, "/nonexistent");
  expect_fault([&] { read("1.3"); }, "argument 1");
  expect_fault([&] { read("55" + kEasy.substr(2)); }, "no puzzle that can be solved");
  expect_fault([&] { model_.begin(read("")); }, "no puzzle");
  expect_fault([&] { read(kEasy).add_file("/nonexistent.csv"); }, "/nonexistent.csv");
  expect_fault([&] { hrm::Puzzles(model_.family(), "ab"); }, "ab");
  expect_fault([&] { hrm::Family("{\"family\": \"chess\"}"); }, "chess");
  expect_fault([&] { hrm::Family("{"); }, "family");
  expect_fault([&] { hrm::evaluate(model_, "/nonexistent"); }, "/nonexistent");
  const hrm::Puzzles puzzles = read(kEasy);
  const auto with = [&](auto change) {
    hrm_solve_options options = HRM_SOLVE_OPTIONS;
    change(options);
    return [&model = model_, &puzzles, options] { model.begin(puzzles, options); };
  };
  expect_fault(with([](auto& options) { options.segments = -1; }), "segments -1");
  expect_fault(with([](auto& options) { options.views = 0; }), "views 0");
  expect_fault(with([](auto& options) { options.batch = 0; }), "batch 0");
  expect_fault(with([](auto& options) { options.halt_margin = NAN; }), "halt_margin");
  expect_fault(with([](auto& options) { options.size = 8; }), "size 8");
  const hrm::Family other("{\"family\": \"sudoku\", \"box_rows\": 2, \"box_columns\": 2}");
  expect_fault([&] { model_.begin(hrm::Puzzles(other)); }, "but the model solves");
}

TEST_F(LibraryTest, NullIsRefusedOrIgnored) {
  char* error = nullptr;
  hrm_model* model = nullptr;
  EXPECT_EQ(hrm_model_open(nullptr, nullptr, &model, &error), HRM_BAD_INPUT);
  EXPECT_NE(std::string(error).find("path is NULL"), std::string::npos);
  hrm_free(error);
  EXPECT_EQ(hrm_model_open("/nonexistent", nullptr, &model, nullptr), HRM_BAD_INPUT) << "no text is wanted";
  EXPECT_EQ(hrm_puzzles_add_text(nullptr, "x", nullptr, nullptr), HRM_BAD_INPUT);
  EXPECT_EQ(hrm_run_next(nullptr, nullptr, nullptr, nullptr), HRM_BAD_INPUT);
  EXPECT_EQ(hrm_run_solution(nullptr, 0), nullptr);
  EXPECT_EQ(hrm_puzzles_count(nullptr), 0u);
  hrm_model_close(nullptr);
  hrm_puzzles_free(nullptr);
  hrm_run_end(nullptr);
  hrm_family_close(nullptr);
  hrm_scorer_close(nullptr);
  hrm_free(nullptr);
}

TEST_F(LibraryTest, ArraysAndSkippedPuzzles) {
  std::vector<int32_t> digits;
  for (const char cell : kEasy) digits.push_back(cell == '.' ? 0 : cell - '0');
  hrm::Puzzles puzzles(model_.family(), "", true);
  puzzles.add_cells(digits);
  digits[1] = 5;
  puzzles.add_cells(digits, HRM_CELLS_DIGITS, "second");
  EXPECT_EQ(puzzles.size(), 1u);
  EXPECT_EQ(model_.family().line(hrm_puzzles_tokens(puzzles.get(), 0)), kEasy);
  EXPECT_EQ(hrm_puzzles_tokens(puzzles.get(), 1), nullptr);
  ASSERT_EQ(puzzles.skipped(), 1u);
  EXPECT_EQ(puzzles.skipped_source(0), "second");
  digits.pop_back();
  expect_fault([&] { puzzles.add_cells(digits); }, "80 numbers");
  const hrm::Run run = model_.solve(puzzles);
  EXPECT_EQ(run.solutions().size(), 1u);
}

TEST_F(LibraryTest, ThreadsShareAModel) {
  const hrm::Puzzles puzzles = read(kEasy + "\n" + kMiddle);
  const std::string expected = model_.solve(puzzles).json();
  std::vector<std::string> found(4);
  std::vector<std::thread> threads;
  for (std::string& json : found)
    threads.emplace_back([&] { json = model_.solve(read(kEasy + "\n" + kMiddle)).json(); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& json : found) EXPECT_EQ(json, expected);
}

TEST_F(LibraryTest, HandlesOutliveTheirModel) {
  auto model = std::make_unique<hrm::Model>(model_path());
  auto puzzles = std::make_unique<hrm::Puzzles>(model->family());
  puzzles->add_text(kEasy);
  hrm::Run run = model->begin(*puzzles);
  model.reset();
  puzzles.reset();
  while (run.next()) {
  }
  EXPECT_EQ(run.solutions()[0]->accepted, 1);
}

TEST_F(LibraryTest, MessagesWaitForTheirReader) {
  hrm_free(hrm_take_messages());
  testing::internal::CaptureStderr();
  hrm::Puzzles puzzles(hrm::Family(R"({"family": "sudoku", "box_rows": 4, "box_columns": 4})"));
  puzzles.add_text("0123456789ABCDEF" + std::string(240, '.'), "two\nlines");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  char* messages = hrm_take_messages();
  ASSERT_NE(messages, nullptr);
  EXPECT_NE(std::string(messages).find("digits are read as"), std::string::npos) << messages;
  EXPECT_EQ(std::string(messages).find('\n'), std::string::npos) << messages;
  hrm_free(messages);
  EXPECT_EQ(hrm_take_messages(), nullptr);
}

TEST(LibraryScores, TruthJudgesStepsAndSharesThem) {
  expect_fault([] { hrm::Scorer("/nonexistent"); }, "/nonexistent");
  expect_fault([] { hrm::Scorer("truth:of=nothing"); }, "nothing");
  const hrm::Scorer scorer("truth");
  EXPECT_EQ(scorer.name(), "truth");
  const auto scores =
      scorer.score("(7+12)*3=?", {{"7+12=19;19*3\n"}, {"7+12=18;18*3\n"}, {"7+12=19;19*3\n", "#### 57"}});
  ASSERT_EQ(scores.size(), 3u);
  EXPECT_GT(scores[0][0], scores[1][0]);
  EXPECT_EQ(scores[0][0], scores[2][0]);
  expect_fault([&] { scorer.score("(7+12)*3=?", {{}}); }, "has no step");
  expect_fault([&] { scorer.score("(7+12)*3=?", {{"7+12=19;19*3\n", ""}}); }, "step 2 is empty");
  EXPECT_TRUE(scorer.score("(7+12)*3=?", {}).empty());
  EXPECT_EQ(hrm::grade("1/2", "0.5"), hrm::Grade::kCorrect);
  EXPECT_EQ(hrm::grade("1/2", "0.4"), hrm::Grade::kWrong);
}

}  // namespace
