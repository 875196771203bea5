#include "puzzles/arc_votes.h"

#include <gtest/gtest.h>

#include "base/testing/paths.h"
#include "formats/npy.h"
#include "puzzles/arc_dataset.h"
#include "puzzles/testing/arc_tasks.h"

namespace hrm::puzzles {
namespace {

ArcGrid dot(uint8_t color) { return {.rows = 1, .columns = 1, .cells = {color}}; }

TEST(ArcVotesTest, CandidatesAreOrderedByVotesThenMeanWeightThenFirstSeen) {
  ArcVotes votes({random_arc_task("a", {.seed = 1})});
  votes.add({0, 0}, dot(5), 0.f, 8);
  votes.add({0, 0}, dot(4), 0.f, 3);  // as good as 5, but its row comes first
  votes.add({0, 0}, dot(3), 2.f, 9);
  votes.add({0, 0}, dot(2), -4.f, 1);
  votes.add({0, 0}, dot(2), -4.f, 2);
  const auto ranked = votes.ranked(0, 0);
  ASSERT_EQ(ranked.size(), 4u);
  EXPECT_EQ(ranked[0].grid, dot(2));
  EXPECT_EQ(ranked[0].votes, 2u);
  EXPECT_NEAR(ranked[0].weight, 0.017986, 1e-6);
  EXPECT_EQ(ranked[1].grid, dot(3));
  EXPECT_EQ(ranked[2].grid, dot(4));
  EXPECT_EQ(ranked[3].grid, dot(5));
}

TEST(ArcVotesTest, ThreeScoresDiffer) {
  const ArcTask a = random_arc_task("a", {.seed = 1, .test = 2}), b = random_arc_task("b", {.seed = 2, .test = 1});
  ArcVotes votes({a, b});
  votes.add({0, 0}, a.test[0].output, 1.f, 0);
  votes.add({0, 1}, dot(1), 1.f, 1);  // wrong first
  votes.add({0, 1, /*original=*/true}, a.test[1].output, -1.f, 2);
  const uint64_t ks[] = {1, 2};
  const ArcScores scores = votes.score(ks);
  EXPECT_EQ(scores.tasks, 2u);
  EXPECT_EQ(scores.inputs, 3u);
  EXPECT_EQ(scores.unanswered, 1u);
  EXPECT_DOUBLE_EQ(scores.passes[0].tasks.value, 0);
  EXPECT_DOUBLE_EQ(scores.passes[0].mean.value, 0.25);
  EXPECT_DOUBLE_EQ(scores.passes[0].inputs.value, 1. / 3);
  EXPECT_DOUBLE_EQ(scores.passes[1].tasks.value, 0.5);
  EXPECT_DOUBLE_EQ(scores.passes[1].mean.value, 0.5);
  EXPECT_DOUBLE_EQ(scores.passes[1].inputs.value, 2. / 3);
  EXPECT_FALSE(scores.unvoted);  // not every test input has an answer to the unchanged task
  const Interval exact = wilson95(1, 2);
  EXPECT_NEAR(scores.passes[1].tasks.interval.low, exact.low, 1e-9);
  EXPECT_NEAR(scores.passes[1].tasks.interval.high, exact.high, 1e-9);
  const Json submission = votes.submission();
  EXPECT_EQ(submission["a"][1]["attempt_1"], Json::parse("[[1]]"));
  EXPECT_EQ(submission["a"][1]["attempt_2"], to_json(a.test[1].output));
  EXPECT_EQ(submission["a"][0]["attempt_2"], to_json(a.test[0].output));  // the only candidate, repeated
  EXPECT_EQ(submission["b"][0]["attempt_1"], Json::parse("[[0]]"));
}

TEST(ArcVotesTest, UnvotedCountsTheUnchangedTasksAlone) {
  const ArcTask a = random_arc_task("a", {.seed = 1, .test = 2}), b = random_arc_task("b", {.seed = 2, .test = 1});
  ArcVotes votes({a, b});
  votes.add({0, 0, /*original=*/true}, dot(1), 1.f, 0);
  votes.add({0, 0}, a.test[0].output, 2.f, 1);  // a variant's answer is right, and does not count
  votes.add({0, 1, true}, a.test[1].output, -1.f, 2);
  votes.add({1, 0, true}, b.test[0].output, -1.f, 3);
  const uint64_t ks[] = {1};
  const ArcScores scores = votes.score(ks);
  ASSERT_TRUE(scores.unvoted);
  EXPECT_DOUBLE_EQ(scores.unvoted->tasks.value, 0.5);
  EXPECT_DOUBLE_EQ(scores.unvoted->mean.value, 0.75);
  EXPECT_DOUBLE_EQ(scores.unvoted->inputs.value, 2. / 3);
}

TEST(ArcVotesTest, AnAnswerWithoutAGridIsNoAttempt) {
  const ArcTask a = random_arc_task("a", {.seed = 1, .test = 1});
  ArcVotes votes({a});
  votes.add({0, 0}, ArcGrid(), 1.f, 0);
  votes.add({0, 0}, ArcGrid(), 1.f, 1);
  votes.add({0, 0}, dot(1), 1.f, 2);
  EXPECT_EQ(votes.submission()["a"][0]["attempt_1"], Json::parse("[[1]]"));
  EXPECT_EQ(votes.submission()["a"][0]["attempt_2"], Json::parse("[[1]]"));
}

TEST(ArcVotesTest, AnAttemptOfASubmissionHasACell) {
  const ArcTask task = random_arc_task("a", {.seed = 1, .test = 2});
  ArcVotes votes({task});
  votes.add({0, 0}, ArcGrid(), 0.f, 0);  // an answer of padding alone
  const Json submission = votes.submission();
  for (size_t i = 0; i < 2; ++i)
    for (const char* attempt : {"attempt_1", "attempt_2"}) EXPECT_EQ(submission["a"][i][attempt].dump(), "[[0]]");
}

TEST(ArcVotesTest, VariantsAreMappedBackBeforeTheyVote) {
  const ArcTask task = random_arc_task("a", {.seed = 1});
  ArcVotes votes({task});
  Rng rng(2);
  Tokens question(900), answer(900);
  for (uint64_t row = 0; row < 20; ++row) {
    const ArcMap map = ArcMap::draw(rng);
    encode_arc(map.apply(task.test[0].input), {}, 30, question);
    encode_arc(map.apply(task.test[0].output), {}, 30, answer);
    EXPECT_TRUE(votes.add({map.name("a", row % 2 ? ArcNames::kHrm : ArcNames::kTrm), question, answer, 30}, 0.f, row));
  }
  EXPECT_FALSE(votes.add({"b", question, answer, 30}, 0.f, 30));
  encode_arc(dot(1), {}, 30, question);
  EXPECT_FALSE(votes.add({"a", question, answer, 30}, 0.f, 31));
  ASSERT_EQ(votes.ranked(0, 0).size(), 1u);
  EXPECT_EQ(votes.ranked(0, 0)[0].votes, 20u);
  EXPECT_EQ(votes.ranked(0, 0)[0].grid, task.test[0].output);
}

TEST(ArcVotesTest, GoldenVotesOfTheAuthors) {
  const std::filesystem::path fixtures = shared_folder() / "fixtures" / "datasets";
  HRM_SKIP_WITHOUT(fixtures);
  const Dataset test = Dataset::open(fixtures / "arc_dataset", "test");
  const auto names = arc_identifiers(test);
  const HostTensor predictions = load_npy(fixtures / "arc_votes" / "predictions.npy").to(DType::kI32);
  const HostTensor q = load_npy(fixtures / "arc_votes" / "q_halt_logits.npy");
  ArcVotes votes(arc_test_tasks(test));
  Tokens input(900), label(900);
  for (int64_t row = 0; row < test.examples(); ++row) {
    test.read(row, input, label);
    const auto answer = predictions.as<int32_t>().subspan(static_cast<size_t>(row) * 900, 900);
    EXPECT_TRUE(votes.add({names[static_cast<size_t>(test.identifier_of(test.puzzle_of(row)))], input, answer, 30},
                          q.as<float>()[static_cast<size_t>(row)], static_cast<uint64_t>(row)));
  }
  const Json expected = read_json(fixtures / "arc_votes" / "expected.json");
  for (const ArcPass& pass : votes.score(arc_pass_ks()).passes)
    EXPECT_DOUBLE_EQ(pass.mean.value, expected[fmt::format("ARC/pass@{}", pass.k)].get<double>()) << pass.k;
  EXPECT_EQ(votes.submission(), read_json(fixtures / "arc_votes" / "submission.json"));
}

}  // namespace
}  // namespace hrm::puzzles
