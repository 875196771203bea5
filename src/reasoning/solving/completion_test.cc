#include "solving/completion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"
#include "solving/completion_study.h"
#include "solving/probabilities.h"
#include "solving/rating_bands.h"
#include "solving/testing/scripted_backend.h"
#include "solving/testing/sudoku_data.h"

namespace hrm::solving {
namespace {

using puzzles::Answers;
using puzzles::Tokens;

constexpr std::string_view kSolved = "1234341221434321";

std::unique_ptr<puzzles::Family> small_sudoku() { return puzzles::guess_family(16, 6); }
Tokens tokens(std::string_view text) { return small_sudoku()->parse(text, "test").at(0); }

// Knows kGrid's first row and nothing else.
ScriptedSegment first_row(std::span<const int32_t> inputs, int64_t, uint64_t) {
  ScriptedSegment played{.answer = {inputs.begin(), inputs.end()}};
  std::ranges::copy_n(tokens(kSolved).begin(), 4, played.answer.begin());
  return played;
}

CompletionResult complete_all(model::Backend& backend, const std::vector<Tokens>& questions, int64_t model_runs = 8) {
  const SolverOptions solver{.probabilities = true, .progress = false};
  const auto family = small_sudoku();
  return complete(backend, *family, solve(backend, *family, questions, solver).solutions,
                  {.solver = solver, .model_runs = model_runs});
}

TEST(Completion, KeepsWhatTheModelSolvedApartFromWhatTheSearchCompleted) {
  ScriptedBackend backend(scripted_config(1), first_row);
  const CompletionResult result =
      complete_all(backend, {tokens("..34341221434321"), tokens("12343...21....2."), tokens("1...3...2.....2.")});
  ASSERT_TRUE(result.complete);
  const Completion &own = result.completions[0], &rest = result.completions[1];
  EXPECT_TRUE(own.by_model);
  EXPECT_EQ(own.search.answers, Answers::kOne);
  EXPECT_EQ(own.search.answer, tokens(kSolved));
  EXPECT_FALSE(rest.by_model);
  EXPECT_EQ(rest.search.answer, tokens(kSolved));
  const CompletionTotals totals = totals_of(result.completions);
  EXPECT_EQ(totals.by_model, 1u);
  EXPECT_EQ(totals.by_search, 2u);
  EXPECT_EQ(totals.none + totals.undecided, 0u);
  EXPECT_NE(in_words(own).find("solved by the model; the only solution"), std::string::npos) << in_words(own);
  EXPECT_NE(in_words(rest).find("completed by search"), std::string::npos) << in_words(rest);
}

TEST(Completion, SeveralSolutionsAndNoneAreProved) {
  ScriptedBackend backend(scripted_config(1), [](std::span<const int32_t>, int64_t, uint64_t) {
    return ScriptedSegment{.answer = tokens(kSolved)};
  });
  // The model's answer solves the first; it cannot solve the second, which has no solution.
  const CompletionResult result = complete_all(backend, {tokens("1..............."), tokens("123....4........")});
  const Completion &several = result.completions[0], &none = result.completions[1];
  EXPECT_TRUE(several.by_model);
  EXPECT_EQ(several.search.answers, Answers::kSeveral);
  EXPECT_EQ(several.search.answer, tokens(kSolved)) << "the model's own";
  EXPECT_NE(in_words(several).find("may be"), std::string::npos) << in_words(several);
  EXPECT_EQ(none.search.answers, Answers::kNone);
  EXPECT_TRUE(none.search.answer.empty());
  const auto family = small_sudoku();
  EXPECT_EQ(to_json(none, *family).at("answer"), nullptr);
  EXPECT_EQ(to_json(none, *family).at("by"), nullptr);
  EXPECT_EQ(to_json(none, *family).at("solutions"), "none");
  EXPECT_EQ(to_json(several, *family).at("by"), "model");
  const CompletionTotals totals = totals_of(result.completions);
  EXPECT_EQ(totals.none, 1u);
  EXPECT_EQ(totals.several, 1u);
}

TEST(Completion, TheModelSeesReducedPuzzlesAndNoMoreThanItMay) {
  const Tokens question = tokens("1...............");
  std::vector<Tokens> seen;
  ScriptedBackend backend(scripted_config(1), [&](std::span<const int32_t> inputs, int64_t, uint64_t) {
    seen.emplace_back(inputs.begin(), inputs.end());
    return ScriptedSegment{.answer = Tokens(16, 2)};  // no Sudoku
  });
  const CompletionResult result = complete_all(backend, {question}, 3);
  EXPECT_EQ(result.completions[0].search.guides, 3);
  ASSERT_EQ(seen.size(), 4u);
  for (size_t run = 1; run < seen.size(); ++run) {
    EXPECT_EQ(seen[run][0], question[0]);
    EXPECT_LT(std::ranges::count(seen[run], 1), std::ranges::count(seen[run - 1], 1));
  }
  seen.clear();
  EXPECT_EQ(complete_all(backend, {question}, 0).completions[0].search.guides, 0);
  EXPECT_EQ(seen.size(), 1u);
}

TEST(Completion, InterruptedPuzzlesAreUndecided) {
  const InterruptScope scope;
  ScriptedBackend backend(scripted_config(1), first_row);
  const auto family = small_sudoku();
  const SolverResult solved = solve(backend, *family, std::vector<Tokens>{tokens("1...............")},
                                    {.probabilities = true, .progress = false});
  request_interrupt();
  const CompletionResult result = complete(backend, *family, solved.solutions, {.solver = {.progress = false}});
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.completions[0].search.answers, Answers::kUndecided);
  EXPECT_EQ(totals_of(result.completions).undecided, 1u);
}

TEST(Completion, TablesAreRefused) {
  try {
    check_completable(*puzzles::guess_family(16, 7));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no rules"), std::string::npos) << error.what();
  }
}

TEST(Probabilities, FollowTheLossOfTheModel) {
  model::ModelConfig config = scripted_config(1);
  config.data.vocab_size = 7;  // one more than the family has
  std::vector<float> logits(2 * 16 * 7, 0.f);
  logits[16 * 7 + 3] = 2;
  logits[16 * 7 + 4] = -3;
  const auto family = small_sudoku();
  config.arch.loss.loss_type = model::LossType::kStablemax;  // s: 5 zeros are 1, 2 is 3, -3 is 1/4
  const std::vector<float> stable = log_probabilities_of(config, logits, 1, *family);
  ASSERT_EQ(stable.size(), 16u * 6);
  EXPECT_NEAR(std::exp(stable[3]), 3 / 8.25, 1e-6);
  EXPECT_NEAR(std::exp(stable[4]), 0.25 / 8.25, 1e-6);
  EXPECT_NEAR(std::exp(stable[6]), 1 / 7.0, 1e-6);  // the next cell
  config.arch.loss.loss_type = model::LossType::kSoftmax;
  const std::vector<float> soft = log_probabilities_of(config, logits, 1, *family);
  EXPECT_NEAR(std::exp(soft[3]), std::exp(2) / (5 + std::exp(2) + std::exp(-3)), 1e-6);
}

TEST(RatingBands, AreDecimal) {
  EXPECT_EQ(band_name(band_of(0)), "0");
  EXPECT_EQ(band_name(band_of(9)), "1-9");
  EXPECT_EQ(band_name(band_of(100)), "100-999");
  EXPECT_EQ(band_name(band_of(-1)), "unknown");
  EXPECT_TRUE(group_by_rating({std::nullopt, -1}).empty());
  EXPECT_EQ(group_by_rating({12, std::nullopt, 0, 99}).begin()->second, (std::vector<int64_t>{2}));
}

TEST(CompletionStudy, SetsTheModelBesideTheSearchWithoutIt) {
  const TemporaryFolder folder;
  write_sudoku_data(folder.path() / "data", kSolved,
                    {{"..34341221434321", 0}, {"12343...2.....2.", 20}, {"1...3...2.....2.", 20}});
  const auto dataset = puzzles::Dataset::open(folder.path() / "data", "test");
  ScriptedBackend backend(scripted_config(1), first_row);
  const CompletionStudy study =
      study_completion(backend, dataset, {.completion = {.solver = {.progress = false}, .model_runs = 2}});
  ASSERT_TRUE(study.complete);
  EXPECT_EQ(study.puzzles, 3);
  EXPECT_EQ(study.totals.by_model, 1u);
  ASSERT_EQ(study.bands.size(), 3u);  // all, 0, 10-99
  EXPECT_EQ(study.bands[1].by_model.value, 1);
  EXPECT_EQ(study.bands[2].by_model.n, 2u);
  ASSERT_EQ(study.bands[0].ways.size(), 4u);
  EXPECT_EQ(study.bands[0].ways[0].name, "model");
  EXPECT_EQ(study.bands[0].ways[3].guesses.n, 0u) << "our plain solver counts otherwise";
  EXPECT_EQ(study.bands[0].ways[3].milliseconds.n, 3u);
  const Json json = to_json(study);
  EXPECT_EQ(json.at("bands").at(0).at("ways").at("random").at("guesses").at("n"), 3);
  EXPECT_NE(to_table(study).find("3 puzzles: 1 solved by the model"), std::string::npos) << to_table(study);
  EXPECT_EQ(study_completion(backend, dataset, {.completion = {.solver = {.progress = false}}, .limit = 2}).puzzles, 2);
}

}  // namespace
}  // namespace hrm::solving
