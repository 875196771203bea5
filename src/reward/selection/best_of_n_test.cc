#include "selection/best_of_n.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "selection/pick.h"

namespace hrm::selection {
namespace {

// Each problem: answers with one score each; "r" is right.
SampledProblem problem(std::string id, std::initializer_list<std::pair<const char*, double>> samples) {
  SampledProblem made{.id = std::move(id)};
  for (const auto& [answer, score] : samples)
    made.candidates.push_back({.answer = *answer ? std::optional<std::string>(answer) : std::nullopt,
                               .correct = std::string_view(answer) == "r",
                               .scores = {{score}},
                               .generated_tokens = 10});
  return made;
}

SampledSolutions three_problems() {
  return {.scorers = {"m"},
          .problems = {problem("a", {{"x", 0.9}, {"r", 0.5}, {"r", 0.45}}),
                       problem("b", {{"r", 0.2}, {"x", 0.1}, {"y", 0.7}}),
                       problem("c", {{"", 0.3}, {"", 0.9}, {"r", 0.2}})}};
}

double accuracy(const SelectionReport& report, std::string_view name, uint64_t n) {
  const ReportRow* row = report.find(name, n);
  EXPECT_NE(row, nullptr) << name;
  return row ? row->accuracy.value : -1;
}

TEST(BestOfN, FirstSamples) {
  SampledSolutions solutions = three_problems();
  const SelectionReport report = best_of_n(solutions, {.n = {3, 1, 3}, .match = AnswerMatch::kExact});
  EXPECT_NEAR(accuracy(report, "one sample", 1), 1.0 / 3, 1e-12);
  EXPECT_NEAR(accuracy(report, "one sample", 3), 4.0 / 9, 1e-12);
  EXPECT_NEAR(accuracy(report, "best m/last", 3), 0, 1e-12);
  EXPECT_NEAR(accuracy(report, "weighted m/min", 3), 2.0 / 3, 1e-12);  // a: 0.95 against 0.9; c: the only answer
  EXPECT_NEAR(accuracy(report, "majority", 3), 1, 1e-12);              // b: three of one each, the first counts
  EXPECT_NEAR(accuracy(report, "any of the first N", 1), 1.0 / 3, 1e-12);
  EXPECT_NEAR(accuracy(report, "pass@N", 1), 4.0 / 9, 1e-12);
  EXPECT_EQ(report.find("best m/last", 3)->cost.generated_tokens, 30);
  EXPECT_EQ(report.find("one sample", 3)->cost.generated_tokens, 10);
  EXPECT_FALSE(report.find("majority", 3)->cost.scored_tokens.has_value());
  EXPECT_EQ(report.find("greedy", 1), nullptr);
  EXPECT_EQ(report.problems, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(BestOfN, RandomSubsets) {
  SampledSolutions solutions = three_problems();
  BestOfNOptions options{.n = {1, 2, 3}, .subset = Subset::kRandom, .draws = 3000, .seed = 4};
  const SelectionReport report = best_of_n(solutions, options);
  EXPECT_NEAR(accuracy(report, "best m/last", 1), accuracy(report, "one sample", 1), 1e-12);
  // a: {r, r} of three pairs; b: {r, x}; c: none.
  EXPECT_NEAR(accuracy(report, "best m/last", 2), (1.0 / 3 + 1.0 / 3 + 0) / 3, 1e-12);
  EXPECT_NEAR(accuracy(report, "best m/last", 3), 0, 1e-12);
  // b: three answers once each, so a third; a and c always.
  EXPECT_NEAR(accuracy(report, "majority", 3), (1 + 1.0 / 3 + 1) / 3, 0.02);
  options.threads = 1;
  const SelectionReport again = best_of_n(solutions, options);
  for (size_t i = 0; i < report.rows.size(); ++i) EXPECT_EQ(report.rows[i].outcomes, again.rows[i].outcomes);
}

TEST(BestOfN, ShortProblemsAreRefusedOrLeftOut) {
  SampledSolutions solutions = three_problems();
  solutions.problems[1].candidates.pop_back();
  EXPECT_THROW(best_of_n(solutions, {.n = {3}}), Error);
  EXPECT_THROW(best_of_n(solutions, {.n = {0}}), Error);
  EXPECT_EQ(best_of_n(solutions, {}).rows.back().n, 2u);  // powers of two up to the fewest
  const SelectionReport report = best_of_n(solutions, {.n = {3}, .leave_out_short = true});
  EXPECT_EQ(report.problems, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(solutions.bad.count, 1u);
  EXPECT_THROW(best_of_n(solutions, {.n = {9}, .leave_out_short = true}), Error);
}

TEST(BestOfN, EquivalentAnswersVoteTogether) {
  SampledProblem made = problem("a", {{"1/2", 1}, {"x", 1}, {"0.5", 1}, {"1/2", 1}, {"", 1}});
  EXPECT_EQ(group_answers(made, AnswerMatch::kExact), (std::vector<int32_t>{0, 1, 2, 0, kNoAnswer}));
  const auto groups = group_answers(made, AnswerMatch::kEquivalent);
  EXPECT_EQ(groups[3], groups[0]);
  EXPECT_NE(groups[1], groups[0]);
}

TEST(BestOfN, ReportsAreWritten) {
  SampledSolutions solutions = three_problems();
  for (SampledProblem& each : solutions.problems) each.greedy = true;
  const SelectionReport report = best_of_n(solutions, {.n = {1, 2}});
  EXPECT_EQ(accuracy(report, "greedy", 2), 1);
  const TemporaryFolder folder;
  write_report(folder.path() / "new", report);
  const std::string markdown = read_file(folder.path() / "new/report.md");
  for (const char* part : {"| majority | 0.", "N = 2", "pass@N", "best m/product", "seed: 0", "10 / - / -"})
    EXPECT_NE(markdown.find(part), std::string::npos) << part << "\n" << markdown;
  const Json json = read_json(folder.path() / "new/report.json");
  EXPECT_EQ(json.at("rows").size(), report.rows.size());
  EXPECT_NE(read_file(folder.path() / "new/accuracy-best-min.svg").find("majority"), std::string::npos);
  // Outcomes of a search stand in the same report.
  SelectionReport search{.title = "Search", .problems = {"a", "b"}};
  search.rows = {outcome_row("beam", 4, {1, 0})};
  search.rows[0].cost.seconds = 1.5;
  EXPECT_NE(to_markdown(search).find("| beam | 0.500 (0.095 to 0.905) |"), std::string::npos) << to_markdown(search);
  write_report(folder.path() / "search", search);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "search/accuracy.svg"));
}

}  // namespace
}  // namespace hrm::selection
