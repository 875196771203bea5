#include "solving/evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"
#include "formats/npy.h"
#include "solving/evaluation_plot.h"
#include "solving/testing/scripted_backend.h"

namespace hrm::solving {
namespace {

constexpr int64_t kCells = 16;
constexpr int32_t kBlank = 1, kIgnoredToken = 0;
constexpr std::array<int32_t, kCells> kGrid = {2, 3, 4, 5, 4, 5, 2, 3, 3, 2, 5, 4, 5, 4, 3, 2};

// Seven questions about one 4x4 Sudoku: number i has its first i + 1 cells blank. Of number 5 the first label is not
// supervised, of the last one (a single blank again) none is.
class EvaluatorTest : public ::testing::Test {
 protected:
  static constexpr int64_t kExamples = 7;

  void SetUp() override {
    const auto split = folder_.path() / "test";
    std::vector<int32_t> inputs, labels, indices, identifiers(kExamples);
    for (int32_t i = 0; i < kExamples; ++i) {
      const int64_t blanks = i == 6 ? 1 : i + 1;
      for (int64_t cell = 0; cell < kCells; ++cell) {
        const bool supervised = i != 6 && !(i == 5 && cell == 0);
        inputs.push_back(cell < blanks ? kBlank : kGrid[static_cast<size_t>(cell)]);
        labels.push_back(supervised ? kGrid[static_cast<size_t>(cell)] : kIgnoredToken);
      }
      indices.push_back(i);
    }
    indices.push_back(kExamples);
    const std::vector<int32_t> ratings = {0, 3, 12, -1, 150, 7, 0};
    save("inputs", {kExamples, kCells}, inputs);
    save("labels", {kExamples, kCells}, labels);
    save("puzzle_identifiers", {kExamples}, identifiers);
    save("puzzle_indices", {kExamples + 1}, indices);
    save("group_indices", {kExamples + 1}, indices);
    save("ratings", {kExamples}, ratings);
    write_json(split / "dataset.json", {{"pad_id", 0},
                                        {"ignore_label_id", kIgnoredToken},
                                        {"blank_identifier_id", 0},
                                        {"vocab_size", 6},
                                        {"seq_len", kCells},
                                        {"num_puzzle_identifiers", 1},
                                        {"total_groups", kExamples},
                                        {"mean_puzzle_examples", 1.0},
                                        {"sets", {"all"}}});
    write_json(folder_.path() / "identifiers.json", Json::array({"<blank>"}));
  }

  void save(const std::string& field, const Shape& shape, const std::vector<int32_t>& values) const {
    save_npy(folder_.path() / "test" / ("all__" + field + ".npy"), HostTensor::of<int32_t>(shape, values));
  }

  // 4x4 by its description, so that nothing depends on guessing.
  puzzles::Dataset open() const {
    write_json(folder_.path() / "hrm.json", {{"family", {{"family", "sudoku"}, {"box_rows", 2}, {"box_columns", 2}}}});
    return puzzles::Dataset::open(folder_.path(), "test");
  }

  TemporaryFolder folder_;
};

// Fills one blank cell per segment and asks to halt when all are filled; of six blanks it wrongly believes so too.
ScriptedSegment turn_one_per_segment(std::span<const int32_t> inputs, int64_t segment, uint64_t) {
  const int64_t blanks = std::ranges::count(inputs, kBlank);
  ScriptedSegment played{.answer = {kGrid.begin(), kGrid.end()}};
  for (int64_t cell = segment; cell < blanks; ++cell) {
    int32_t& token = played.answer[static_cast<size_t>(cell)];
    token = token == 5 ? 2 : token + 1;
  }
  played.q_halt = segment >= blanks || (blanks == 6 && segment == 4) ? 2.f : -1.f;
  return played;
}

TEST_F(EvaluatorTest, CountsWhatItsHeaderSays) {
  ScriptedBackend backend(scripted_config(4), turn_one_per_segment);
  const Evaluation evaluation = evaluate(backend, open(), {.batch = 3, .progress = false});
  EXPECT_TRUE(evaluation.complete);
  EXPECT_EQ(evaluation.wanted, kExamples);
  EXPECT_EQ(evaluation.protocol, "training_depth");
  EXPECT_EQ(evaluation.rule_name, "rules_accepted");
  const Scores& all = evaluation.all;
  EXPECT_EQ(all.exact.n, 6u);
  EXPECT_DOUBLE_EQ(all.exact.value, 4.0 / 6);
  EXPECT_DOUBLE_EQ(all.exact.interval.low, wilson95(4, 6).low);
  EXPECT_DOUBLE_EQ(all.cells.value, (4 + 15.0 / 16 + 13.0 / 15) / 6);
  EXPECT_LT(all.cells.interval.low, all.cells.value);
  EXPECT_DOUBLE_EQ(all.q_halt.value, 5.0 / 6);
  EXPECT_EQ(all.confusion.right_sure, 4u);
  EXPECT_EQ(all.confusion.right_unsure, 0u);
  EXPECT_EQ(all.confusion.wrong_unsure, 1u);
  EXPECT_EQ(all.confusion.wrong_sure, 1u);
  EXPECT_EQ(all.rules.n, 7u);
  EXPECT_DOUBLE_EQ(all.rules.value, 5.0 / 7);
  EXPECT_DOUBLE_EQ(all.segments.value, (1 + 2 + 3 + 4 + 4 + 4 + 1) / 7.0);
  EXPECT_TRUE(evaluation.selected.empty());
  EXPECT_TRUE(evaluation.by_views.empty());
  EXPECT_TRUE(evaluation.answers.empty());
}

TEST_F(EvaluatorTest, BandsFollowTheDigitsOfTheRating) {
  ScriptedBackend backend(scripted_config(4), turn_one_per_segment);
  const Evaluation evaluation = evaluate(backend, open(), {.progress = false});
  std::vector<std::pair<std::string, uint64_t>> bands;
  for (const RatingBand& band : evaluation.bands) bands.emplace_back(band.name, band.scores.segments.n);
  const std::vector<std::pair<std::string, uint64_t>> expected = {
      {"0", 2}, {"1-9", 2}, {"10-99", 1}, {"100-999", 1}, {"unknown", 1}};
  EXPECT_EQ(bands, expected);
  EXPECT_DOUBLE_EQ(evaluation.bands[1].scores.exact.value, 0.5);  // ratings 3 (right) and 7 (wrong)
}

TEST_F(EvaluatorTest, WithoutRatingsThereAreNoBands) {
  std::filesystem::remove(folder_.path() / "test" / "all__ratings.npy");
  ScriptedBackend backend(scripted_config(4), turn_one_per_segment);
  EXPECT_TRUE(evaluate(backend, open(), {.progress = false}).bands.empty());
}

TEST_F(EvaluatorTest, DepthIsNamed) {
  ScriptedBackend backend(scripted_config(4), turn_one_per_segment);
  const Evaluation deeper = evaluate(backend, open(), {.segments = 6, .halting = false, .progress = false});
  EXPECT_EQ(deeper.protocol, "larger_depth");
  EXPECT_DOUBLE_EQ(deeper.all.exact.value, 1);
  EXPECT_DOUBLE_EQ(deeper.all.segments.value, 6);
  EXPECT_EQ(evaluate(backend, open(), {.segments = 1, .progress = false}).protocol, "smaller_depth");
}

TEST_F(EvaluatorTest, LimitSpreadsOverTheSplitAndKeepsAnswers) {
  ScriptedBackend backend(scripted_config(4), turn_one_per_segment);
  const Evaluation evaluation =
      evaluate(backend, open(), {.batch = 2, .limit = 3, .keep_answers = true, .progress = false});
  EXPECT_EQ(evaluation.wanted, 3);  // examples 0, 2 and 4
  EXPECT_DOUBLE_EQ(evaluation.all.segments.value, (1 + 3 + 4) / 3.0);
  ASSERT_EQ(evaluation.answers.size(), 3u * kCells);
  const auto rows = std::span(evaluation.answers);
  EXPECT_TRUE(std::ranges::equal(rows.subspan(kCells, kCells), kGrid));
  EXPECT_NE(rows[2 * kCells + 4], kGrid[4]);  // example 4: five blanks, four segments
}

TEST_F(EvaluatorTest, ViewsAreSelectedByTheModelAndByTheRulesApart) {
  // A coin decides each view; in one model Q reports it correctly, in the other Q reports the opposite.
  const auto coin = [](float sign) {
    return [sign](std::span<const int32_t>, int64_t, uint64_t history) {
      const bool right = history % 3 == 0;
      ScriptedSegment played{.answer = {kGrid.begin(), kGrid.end()}, .q_halt = right ? sign : -sign};
      if (!right) std::swap(played.answer[0], played.answer[1]);
      return played;
    };
  };
  model::ModelConfig config = scripted_config(1);
  config.arch.noise = 0.1;
  ScriptedBackend honest(config, coin(1)), liar(config, coin(-1));
  const EvaluationOptions options = {.batch = 5, .views = 4, .progress = false};
  const auto share = [](const Evaluation& evaluation, std::string_view name) {
    return std::ranges::find(evaluation.selected, name, &Selection::name)->exact.value;
  };
  const Evaluation by_honest = evaluate(honest, open(), options), by_liar = evaluate(liar, open(), options);
  EXPECT_EQ(by_honest.all.exact.n, 6u);
  EXPECT_EQ(share(by_honest, "q"), share(by_honest, "rules"));
  EXPECT_GT(share(by_honest, "q"), share(by_liar, "q"));
  EXPECT_EQ(share(by_honest, "rules"), share(by_liar, "rules"));
  EXPECT_EQ(by_honest.all.exact.value, by_liar.all.exact.value);
  const Json json = to_json(by_honest);
  EXPECT_TRUE(json.at("self_selected").contains("vote"));
  EXPECT_FALSE(json.at("self_selected").contains("rules"));
  EXPECT_TRUE(json.at("rules_selected").contains("rules"));
  // With the first views only: each alone, then all as above.
  ASSERT_EQ(by_liar.by_views.size(), 3u);
  for (const Selection& selection : by_liar.by_views[0].selected)
    EXPECT_EQ(selection.exact.value, by_liar.all.exact.value) << selection.name;
  EXPECT_EQ(by_liar.by_views[1].views, 2);
  for (const Selection& selection : by_liar.by_views[2].selected)
    EXPECT_EQ(selection.exact.value, share(by_liar, selection.name)) << selection.name;
  EXPECT_EQ(json.at("by_views").at(2).at("views"), 4);
  // The same seed gives the same coins, whatever the batch.
  EXPECT_EQ(share(evaluate(honest, open(), {.batch = 28, .views = 4, .progress = false}), "vote"),
            share(by_honest, "vote"));
}

// Right for about a third of all views of a puzzle, whichever they are: what is seen decides, nothing else.
ScriptedSegment solve_some_views(std::span<const int32_t> inputs, int64_t, uint64_t) {
  uint64_t hash = 0;
  for (const int32_t token : inputs) hash = splitmix64(hash ^ static_cast<uint32_t>(token));
  ScriptedSegment played{.answer = {inputs.begin(), inputs.end()}};
  const auto solution = puzzles::guess_family(16, 6)->solve(inputs);
  if (solution && hash % 3 == 0) played.answer = solution->answer;
  played.q_halt = 1;
  return played;
}

TEST_F(EvaluatorTest, ViewsOfAModelWithoutRandomNumbersLookThroughSymmetries) {
  ScriptedBackend backend(scripted_config(1), solve_some_views);
  const Evaluation plain = evaluate(backend, open(), {.progress = false});
  const Evaluation all = evaluate(backend, open(), {.batch = 5, .views = 40, .progress = false});
  const Evaluation lazy =
      evaluate(backend, open(), {.batch = 5, .views = 40, .until_accepted = true, .progress = false});
  const auto by_rules = [](const Evaluation& evaluation) { return evaluation.selected.back(); };
  EXPECT_LT(plain.all.exact.value, 1) << "the plain view alone must not solve all, or this shows nothing";
  for (const Evaluation* evaluation : {&all, &lazy}) {
    EXPECT_EQ(evaluation->all.exact.value, plain.all.exact.value) << "the first view is the puzzle as it is";
    EXPECT_TRUE(by_rules(*evaluation).by_rules);
    EXPECT_EQ(by_rules(*evaluation).exact.value, 1) << "answers are mapped back";
    EXPECT_TRUE(evaluation->complete);
  }
  EXPECT_EQ(all.selected.size(), 5u);
  EXPECT_EQ(lazy.selected.size(), 1u) << "the other selections need all views";
  EXPECT_EQ(all.segments_spent, 40);
  std::vector<int64_t> views;
  for (size_t i = 0; i < all.by_views.size(); ++i) {
    views.push_back(all.by_views[i].views);
    ASSERT_EQ(lazy.by_views[i].selected.size(), 1u);
    EXPECT_EQ(all.by_views[i].selected.back().exact.value, lazy.by_views[i].selected.back().exact.value)
        << "what the rules find among the first views does not depend on further ones";
  }
  EXPECT_EQ(views, (std::vector<int64_t>{1, 2, 4, 8, 16, 32, 40}));
  EXPECT_LT(lazy.segments_spent, 20);
  ASSERT_FALSE(all.bands.empty());
  EXPECT_EQ(all.bands.front().selected.back().exact.value, 1);
}

TEST_F(EvaluatorTest, ThePictureShowsWhatWasCounted) {
  const TemporaryFolder folder;
  ScriptedBackend backend(scripted_config(4), turn_one_per_segment);
  save_evaluation_plot(folder.path() / "plain.svg", evaluate(backend, open(), {.progress = false}));
  const std::string plain = read_file(folder.path() / "plain.svg");
  for (const char* part : {"<title>right, sure: 4 of 6</title>", "<title>wrong, sure: 1 of 6</title>", ">n = 6<",
                           ">100-999<", ">unknown<", "rating of the puzzle"})
    EXPECT_NE(plain.find(part), std::string::npos) << part;
  EXPECT_EQ(plain.find("views per puzzle"), std::string::npos);

  ScriptedBackend some(scripted_config(1), solve_some_views);
  save_evaluation_plot(folder.path() / "views.svg", evaluate(some, open(), {.views = 5, .progress = false}));
  const std::string views = read_file(folder.path() / "views.svg");
  for (const char* part : {"views per puzzle", ">vote<", ">rules (verifier)<", ">n = 6<"})
    EXPECT_NE(views.find(part), std::string::npos) << part;
}

TEST_F(EvaluatorTest, InterruptedItReportsTheFinishedPrefix) {
  const InterruptScope scope;
  int calls = 0;
  ScriptedBackend backend(scripted_config(4), [&](std::span<const int32_t> inputs, int64_t segment, uint64_t history) {
    if (++calls == 5) request_interrupt();  // in the second segment of batches of 3
    return turn_one_per_segment(inputs, segment, history);
  });
  const Evaluation evaluation = evaluate(backend, open(), {.batch = 3, .keep_answers = true, .progress = false});
  EXPECT_FALSE(evaluation.complete);
  EXPECT_EQ(evaluation.wanted, kExamples);
  EXPECT_EQ(evaluation.all.exact.n, 2u);  // one and two blanks; three would have needed a third segment
  EXPECT_DOUBLE_EQ(evaluation.all.exact.value, 1);
  EXPECT_EQ(evaluation.answers.size(), 2u * kCells);
  EXPECT_NE(to_table(evaluation).find("interrupted"), std::string::npos);
  EXPECT_EQ(to_json(evaluation).at("complete"), false);
}

TEST_F(EvaluatorTest, RefusesWhatDoesNotFit) {
  const puzzles::Dataset dataset = open();
  const auto refuses = [&](model::ModelConfig config, const EvaluationOptions& options, std::string_view expected) {
    ScriptedBackend backend(std::move(config), turn_one_per_segment);
    try {
      evaluate(backend, dataset, options);
      FAIL() << "accepted: " << expected;
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::kBadInput);
      EXPECT_NE(std::string_view(error.what()).find(expected), std::string_view::npos) << error.what();
    }
  };
  model::ModelConfig longer = scripted_config(4), narrower = longer;
  longer.data.seq_len = 36;
  narrower.data.vocab_size = 5;
  refuses(longer, {}, "16 tokens");
  refuses(narrower, {}, "vocabulary of 6");
  refuses(scripted_config(4), {.limit = -1}, "limit");
  refuses(scripted_config(4), {.views = 0}, "views");
  refuses(scripted_config(4), {.views = 2, .symmetries = false}, "no random numbers");
}

TEST_F(EvaluatorTest, TableAndJsonHoldTheSameNumbers) {
  ScriptedBackend backend(scripted_config(4), turn_one_per_segment);
  const Evaluation evaluation = evaluate(backend, open(), {.progress = false});
  const Json json = to_json(evaluation);
  EXPECT_DOUBLE_EQ(json.at("scores").at("exact").at("value").get<double>(), 4.0 / 6);
  EXPECT_EQ(json.at("scores").at("rules_accepted").at("n"), 7);
  EXPECT_EQ(json.at("rating_bands").size(), 5u);
  EXPECT_FALSE(json.contains("self_selected"));
  const std::string table = to_table(evaluation);
  for (const char* part : {"exact", "0.6667", "rules_accepted", "10-99", "7 of 7 puzzles", "at most 4 segments"})
    EXPECT_NE(table.find(part), std::string::npos) << part << " is not in\n" << table;
}

}  // namespace
}  // namespace hrm::solving
