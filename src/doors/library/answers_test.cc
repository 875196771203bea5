// The answers of the C interface against those of the solver itself.
#include <gtest/gtest.h>
#include <hrm/hrm.h>

#include <string>
#include <vector>

#include "backends/backend_factory.h"
#include "base/json.h"
#include "base/testing/paths.h"
#include "puzzles/questions.h"
#include "solving/model_file.h"
#include "solving/solve_json.h"
#include "solving/solver.h"

namespace hrm::library {
namespace {

constexpr const char* kPuzzles =
    "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79\n"
    "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......\n"
    "...26.7.168..7..9.19...45..82.1...4...46.29...5...3.28..93...74.4..5..367.3.18...\n";

class AnswersTest : public testing::Test {
 protected:
  AnswersTest() : path_((source_folder() / "models/sudoku9").string()) {}

  // What hrm solve --json prints, on one line.
  std::string program(const solving::SolverOptions& options) const {
    solving::ModelFile file = solving::load_model(path_);
    const auto family = solving::family_of(file, "", path_);
    const auto backend = backends::make_backend(file.config, {});
    backend->set_weights(file.weights);
    puzzles::QuestionReader reader(*family, "", false);
    reader.read_text(kPuzzles, "argument 1");
    const puzzles::Questions questions = reader.take();
    std::vector<puzzles::Tokens> tokens;
    for (const puzzles::Question& question : questions.good) tokens.push_back(question.tokens);
    const solving::SolverResult solved = solving::solve(*backend, *family, tokens, options);
    return printable(solving::solve_json(solved.solutions, questions, *family, {.model = path_}));
  }

  std::string interface(const hrm_solve_options& options) const {
    hrm_model* model = nullptr;
    hrm_puzzles* puzzles = nullptr;
    hrm_run* run = nullptr;
    char* json = nullptr;
    EXPECT_EQ(hrm_model_open(path_.c_str(), nullptr, &model, nullptr), HRM_OK);
    EXPECT_EQ(hrm_puzzles_new(hrm_model_family(model), nullptr, 0, &puzzles, nullptr), HRM_OK);
    EXPECT_EQ(hrm_puzzles_add_text(puzzles, kPuzzles, "argument 1", nullptr), HRM_OK);
    EXPECT_EQ(hrm_solve(model, puzzles, &options, nullptr, nullptr, &run, nullptr), HRM_OK);
    EXPECT_EQ(hrm_run_json(run, 1, &json, nullptr), HRM_OK);
    const std::string text = json ? json : "";
    hrm_free(json);
    hrm_run_end(run);
    hrm_puzzles_free(puzzles);
    hrm_model_close(model);
    return text;
  }

  const std::string path_;
};

TEST_F(AnswersTest, AreThoseOfTheSolver) {
  hrm_solve_options options = HRM_SOLVE_OPTIONS;
  EXPECT_EQ(interface(options), program({.progress = false}));
  options.segments = 6;
  options.views = 3;
  options.batch = 2;
  EXPECT_EQ(interface(options), program({.segments = 6, .views = 3, .progress = false}));
  options.halting = 0;
  options.views = 1;
  options.confidence = 1;
  EXPECT_EQ(interface(options), program({.segments = 6, .halting = false, .progress = false}));
}

}  // namespace
}  // namespace hrm::library
