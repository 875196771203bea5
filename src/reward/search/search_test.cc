#include "search/search.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "search/testing/searches.h"

namespace hrm::search {
namespace {

using policy::ScriptedPolicy;

FoundSolution search(ScriptedPolicy& policy, steps::StepScorer& scorer, const SearchSettings& settings,
                     SearchMethod method, int64_t n) {
  return found_by(method, settings, policy, scorer, n);
}

std::vector<FoundSolution> samples(ScriptedPolicy& policy, steps::StepScorer& scorer, const SearchSettings& settings,
                                   int64_t n) {
  const steps::StepFormat format = settings.format();
  policy::RequestScheduler scheduler(policy, 1);
  BatchScorer batch_scorer(scorer);
  std::vector<FoundSolution> found;
  scheduler.run(1, [&](size_t) { found = sample_solutions({settings, format, scheduler, batch_scorer}, kProblem, n); });
  return found;
}

TEST(Search, StepGreedyKeepsTheBestNextStep) {
  ScriptedPolicy policy(letter_script("abc"));
  LetterScorer scorer({{"a", 0.1}, {"b", 0.9}, {"c", 0.3}, {"ba", 0.2}, {"bb", 0.4}, {"bc", 0.3}, {"cc", 1.0}});
  const FoundSolution found = search(policy, scorer, letter_settings(), SearchMethod::kStepGreedy, 3);
  EXPECT_EQ(found.steps, (std::vector<std::string>{"b\n", "b\n", "#### 22"}));
  EXPECT_EQ(found.scores, (std::vector<double>{0.9, 0.4, 0.4}));
  EXPECT_EQ(found.answer, "22");
  EXPECT_EQ(found.cost.requests, 3);
  EXPECT_EQ(found.cost.tokens, 3 + 3 + 3 * 2) << "words: three letters twice, then three answers";
  EXPECT_EQ(found.cost.scored_tokens, 3 + 3 + 1) << "three equal answers are one";
}

TEST(Search, TiesOfNextStepsGoToTheLargestText) {
  ScriptedPolicy policy(letter_script("bca"));
  LetterScorer scorer([](const std::string&) { return 0.5; });
  EXPECT_EQ(search(policy, scorer, letter_settings(), SearchMethod::kStepGreedy, 3).answer, "33");
}

// "a" looks best at first and disappoints.
std::map<std::string, double> trap() {
  return {{"a", 0.6}, {"b", 0.5}, {"aa", 0.1}, {"ab", 0.2}, {"ba", 0.3}, {"bb", 0.9}};
}

TEST(Search, BeamsGetOutOfATrap) {
  ScriptedPolicy policy(letter_script("ab"));
  LetterScorer scorer(trap());
  SearchSettings settings = letter_settings();
  settings.width = 2;
  EXPECT_EQ(search(policy, scorer, settings, SearchMethod::kStepGreedy, 4).answer, "12");
  const FoundSolution found = search(policy, scorer, settings, SearchMethod::kBeam, 4);
  EXPECT_EQ(found.answer, "22");
  // a and b stay; of aa, ab, ba, bb stay bb and ba; each answers.
  EXPECT_EQ(found.cost.requests, 1 + 2 + 2);
  EXPECT_EQ(found.cost.tokens, 4 + 4 + 4 * 2);
  EXPECT_EQ(found.cost.scored_tokens, 2 + 4 + 2);
  settings.width = 1;
  EXPECT_EQ(search(policy, scorer, settings, SearchMethod::kBeam, 4).answer, "12") << "one beam is greedy";
}

TEST(Search, BeamsGoByTheAggregate) {
  ScriptedPolicy policy(letter_script("ab"));
  LetterScorer scorer({{"a", 0.9}, {"b", 0.3}, {"aa", 0.7}, {"ab", 0.1}, {"ba", 0.2}, {"bb", 0.8}});
  SearchSettings settings = letter_settings();
  settings.width = 2;
  EXPECT_EQ(search(policy, scorer, settings, SearchMethod::kBeam, 4).answer, "22");
  for (const selection::Aggregation how :
       {selection::Aggregation::kMin, selection::Aggregation::kProduct, selection::Aggregation::kMean}) {
    settings.aggregate = how;
    EXPECT_EQ(search(policy, scorer, settings, SearchMethod::kBeam, 4).answer, "11") << name_of_enum(how);
  }
}

TEST(Search, DvtsTakesTheBestOfIndependentSearches) {
  // The later in the alphabet the better, so a search by itself is greedy in what it happens to see.
  LetterScorer scorer([](const std::string& way) {
    double score = 0;
    for (const char letter : way) score = 10 * score + (letter - 'a');
    return score;
  });
  ScriptedPolicy policy(random_letters());
  SearchSettings settings = letter_settings();
  settings.width = 2;
  int better = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    settings.seed = seed;
    const FoundSolution one = search(policy, scorer, settings, SearchMethod::kStepGreedy, 2);
    const FoundSolution same = search(policy, scorer, settings, SearchMethod::kDvts, 2);
    const FoundSolution four = search(policy, scorer, settings, SearchMethod::kDvts, 8);
    EXPECT_EQ(same.steps, one.steps) << "one search of it is step-greedy";
    EXPECT_GE(four.scores.back(), one.scores.back());
    better += four.scores.back() > one.scores.back();
    EXPECT_EQ(one.cost.requests, 5);
    EXPECT_EQ(four.cost.requests, 4 * 5);
    EXPECT_EQ(four.cost.tokens, 8 * (4 + 2));
    EXPECT_LT(four.cost.scored_tokens, 4 * (4 * 2 + 1)) << "searches at one place share scores";
  }
  EXPECT_GT(better, 10);
}

TEST(Search, EndsAreFoundInEveryWay) {
  LetterScorer scorer([](const std::string& way) { return way.starts_with("c") ? 1.0 : 0.5; });
  SearchSettings settings = letter_settings();
  settings.depth = 3;
  ScriptedPolicy endless([](const policy::Request&, int64_t, Rng&) { return "a\na\n"; });
  for (const SearchMethod method : {SearchMethod::kStepGreedy, SearchMethod::kBeam, SearchMethod::kDvts}) {
    FoundSolution found = search(endless, scorer, settings, method, 4);
    EXPECT_EQ(found.steps.size(), 3u) << "the depth";
    EXPECT_FALSE(found.answer.has_value());
    // The policy ends by itself, with or without a last step.
    ScriptedPolicy short_one([](const policy::Request& request, int64_t, Rng&) -> std::string {
      return letters_of(request).empty() ? "c\n" : "";
    });
    found = search(short_one, scorer, settings, method, 4);
    EXPECT_EQ(found.steps, std::vector<std::string>{"c\n"});
    ScriptedPolicy silent([](const policy::Request&, int64_t, Rng&) -> std::string { return ""; });
    found = search(silent, scorer, settings, method, 4);
    EXPECT_TRUE(found.steps.empty());
    EXPECT_EQ(found.cost.scored_tokens, 0);
  }
}

TEST(Search, EndedBeamsStayAmongTheOthers) {
  // Choice 0 answers at once, choice 1 continues.
  ScriptedPolicy policy([](const policy::Request& request, int64_t choice, Rng&) -> std::string {
    if (choice == 0) return "#### 7" + answer_of(letters_of(request)).substr(5);
    return "a\n";
  });
  SearchSettings settings = letter_settings();
  settings.width = 2;
  settings.depth = 6;
  LetterScorer later_is_worse([](const std::string& way) { return way.empty() ? 0.9 : 0.5; });
  EXPECT_EQ(search(policy, later_is_worse, settings, SearchMethod::kBeam, 4).answer, "7");
  LetterScorer later_is_better([](const std::string& way) { return static_cast<double>(way.size()); });
  EXPECT_EQ(search(policy, later_is_better, settings, SearchMethod::kBeam, 4).steps.size(), 6u);
}

TEST(Search, SamplesShareTheirCostExactly) {
  ScriptedPolicy policy(letter_script("abb"));
  LetterScorer scorer({{"a", 0.1}, {"b", 0.9}, {"bb", 0.8}});
  const auto found = samples(policy, scorer, letter_settings(), 3);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].answer, "11");
  EXPECT_EQ(found[2].steps, (std::vector<std::string>{"b\n", "b\n", "#### 22"}));
  EXPECT_EQ(found[2].scores, (std::vector<double>{0.9, 0.8, 0.8}));
  int64_t tokens = 0, scored = 0, requests = 0;
  for (const FoundSolution& each : found) {
    tokens += each.cost.tokens;
    scored += each.cost.scored_tokens;
    requests += each.cost.requests;
  }
  EXPECT_EQ(tokens, 3 * 4);
  EXPECT_EQ(scored, 6) << "two equal solutions are scored once";
  EXPECT_EQ(requests, 1);
}

TEST(Search, AFailedRequestOrScoreIsNoResult) {
  LetterScorer scorer(trap());
  ScriptedPolicy down(letter_script(), {.fault = [](const policy::Request&, int64_t call) {
                        return call == 2 ? std::optional(policy::PolicyFault{"down"}) : std::nullopt;
                      }});
  EXPECT_EQ(search(down, scorer, letter_settings(), SearchMethod::kStepGreedy, 2).answer, "failed: down");
  LetterScorer strict([](const std::string& way) -> double {
    if (way.size() > 1) throw bad_input("test", "a text of {} tokens is too long", way.size());
    return 0;
  });
  ScriptedPolicy policy(letter_script());
  EXPECT_NE(search(policy, strict, letter_settings(), SearchMethod::kBeam, 2).answer->find("too long"),
            std::string::npos);
}

TEST(Search, SettingsAreChecked) {
  SearchSettings settings;
  settings.validate();
  const auto refused = [](auto change) {
    SearchSettings bad;
    change(bad);
    EXPECT_THROW(bad.validate(), Error);
  };
  refused([](SearchSettings& s) { s.n = {}; });
  refused([](SearchSettings& s) { s.n = {0}; });
  refused([](SearchSettings& s) { s.n = {2, 2}; });
  refused([](SearchSettings& s) { s.method = {}; });
  refused([](SearchSettings& s) { s.width = 0; });
  refused([](SearchSettings& s) { s.depth = 0; });
}

}  // namespace
}  // namespace hrm::search
