#include "search/particles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.h"
#include "search/testing/searches.h"

namespace hrm::search {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

// By hand: odds of 1/2, 3/4 and 1/5 are 1, 3 and 1/4, together 17/4.
TEST(Particles, ChancesAreTheOddsByHand) {
  const std::vector<double> chances = particle_chances(std::vector{0.5, 0.75, 0.2}, ParticleWeights::kOdds);
  EXPECT_NEAR(chances[0], 4.0 / 17, 1e-12);
  EXPECT_NEAR(chances[1], 12.0 / 17, 1e-12);
  EXPECT_NEAR(chances[2], 1.0 / 17, 1e-12);
}

TEST(Particles, OrExponentials) {
  const std::vector<double> chances =
      particle_chances(std::vector{1000 + std::log(2.0), 1000.0, 1000 + std::log(5.0)}, ParticleWeights::kExp);
  EXPECT_NEAR(chances[0], 0.25, 1e-9);
  EXPECT_NEAR(chances[1], 0.125, 1e-9);
  EXPECT_NEAR(chances[2], 0.625, 1e-9);
}

TEST(Particles, SureScoresAndNoneAtAll) {
  // 1 - 1e-6 has odds of almost a million, 0 those of a millionth.
  const std::vector<double> sure = particle_chances(std::vector{0.0, 1.0, 1.0}, ParticleWeights::kOdds);
  EXPECT_LT(sure[0], 1e-11);
  EXPECT_EQ(sure[1], sure[2]);
  EXPECT_EQ(particle_chances(std::vector{0.0, 0.0}, ParticleWeights::kOdds), (std::vector{0.5, 0.5}));
  EXPECT_EQ(particle_chances(std::vector{kNone, 0.5}, ParticleWeights::kOdds), (std::vector{0.0, 1.0}));
  EXPECT_EQ(particle_chances(std::vector{kNone, -3.0}, ParticleWeights::kExp), (std::vector{0.0, 1.0}));
  for (const ParticleWeights weights : {ParticleWeights::kOdds, ParticleWeights::kExp})
    EXPECT_EQ(particle_chances(std::vector{kNone, kNone, kNone, kNone}, weights), std::vector(4, 0.25));
  for (const double outside : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) try {
      particle_chances(std::vector{0.5, outside}, ParticleWeights::kOdds);
      ADD_FAILURE() << outside;
    } catch (const SearchFailed& failed) {
      EXPECT_NE(failed.message.find("--particle-weights exp"), std::string::npos);
    }
}

// By hand: 0.2, 0.5 and 0.3 end at 0.2, 0.7 and 1.
TEST(Particles, DrawsByHand) {
  EXPECT_EQ(drawn_particles(std::vector{0.2, 0.5, 0.3}, std::vector{0.0, 0.19, 0.21, 0.69, 0.71, 0.999}),
            (std::vector<size_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(drawn_particles(std::vector{0.0, 1.0, 0.0}, std::vector{0.0, 0.5}), (std::vector<size_t>{1, 1}));
  EXPECT_EQ(drawn_particles(std::vector{0.5, 0.4999, 0.0}, std::vector{0.99999}), std::vector<size_t>{1})
      << "a sum below 1 draws the last that has a chance";
}

FoundSolution search_particles(policy::ScriptedPolicy& policy, steps::StepScorer& scorer,
                               const SearchSettings& settings, int64_t n) {
  return found_by(SearchMethod::kParticles, settings, policy, scorer, n);
}

// The whole of it once more, by the formula: two letters and an answer; the choices at a place are a, b, a, b, ...
std::string by_formula(const std::map<std::string, double>& scores, int64_t n, uint64_t seed) {
  std::vector<std::string> ways(static_cast<size_t>(n));
  const auto step = [&] {
    std::map<std::string, int> taken;
    for (std::string& way : ways) way += "ab"[taken[way]++ % 2];
  };
  const steps::NodeId root = steps::root_id(kProblem);
  const auto draw = [&](uint64_t round) {
    double sum = 0;
    for (const std::string& way : ways) sum += scores.at(way) / (1 - scores.at(way));
    Rng rng(seed, {root.high, root.low, 0x7061727469636c65, static_cast<uint64_t>(n), round});
    std::vector<std::string> next;
    for (int64_t i = 0; i < n; ++i) {
      double left = rng.uniform() * sum;
      for (const std::string& way : ways)
        if ((left -= scores.at(way) / (1 - scores.at(way))) < 0) {
          next.push_back(way);
          break;
        }
    }
    ways = next;
  };
  step();
  draw(1);
  step();
  draw(2);  // and the answer, which scores as the step before it
  std::string best = ways[0];
  for (const std::string& way : ways)
    if (scores.at(way) > scores.at(best)) best = way;
  return answer_of(best).substr(5);
}

TEST(Particles, FindsWhatTheFormulaSays) {
  const std::map<std::string, double> scores = {{"a", 0.6},  {"b", 0.4},  {"aa", 0.3},
                                                {"ab", 0.5}, {"ba", 0.2}, {"bb", 0.8}};
  policy::ScriptedPolicy policy(letter_script("ab"));
  LetterScorer scorer(scores);
  SearchSettings settings = letter_settings();
  std::map<std::string, int> found;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    settings.seed = seed;
    const FoundSolution solution = search_particles(policy, scorer, settings, 3);
    EXPECT_EQ(solution.answer, by_formula(scores, 3, seed)) << seed;
    ++found[solution.answer.value_or("")];
  }
  EXPECT_GT(found.size(), 1u) << "draws differ between seeds";
}

TEST(Particles, OneIsASampleStepByStep) {
  policy::ScriptedPolicy policy(random_letters());
  LetterScorer scorer([](const std::string&) { return 0.0; });
  const FoundSolution found = search_particles(policy, scorer, letter_settings(), 1);
  EXPECT_EQ(found.steps.size(), 5u);
  EXPECT_EQ(found.cost.requests, 5);
  EXPECT_EQ(found.cost.tokens, 4 + 2);
}

TEST(Particles, GoodOnesTakeThePlacesOfOthers) {
  // 8 particles see a, b, c, d twice; only b is worth anything, then only bd.
  policy::ScriptedPolicy policy(letter_script("abcd"));
  LetterScorer scorer([](const std::string& way) { return way == "b" || way == "bd" ? 1.0 : 0.0; });
  const FoundSolution found = search_particles(policy, scorer, letter_settings(), 8);
  EXPECT_EQ(found.answer, "24");
  EXPECT_EQ(found.scores, (std::vector{1.0, 1.0, 1.0}));
  EXPECT_EQ(found.cost.requests, 3) << "all stand at one place in each round";
  EXPECT_EQ(found.cost.tokens, 8 + 8 + 8 * 2);
  EXPECT_EQ(found.cost.scored_tokens, 4 + 4 + 1);
}

TEST(Particles, EndedOnesAreKeptAndDrawn) {
  // Choice 0 of each place ends it without a text, the others go on.
  policy::ScriptedPolicy policy([](const policy::Request& request, int64_t choice, Rng&) -> std::string {
    return choice == 0 && !letters_of(request).empty() ? "" : "a\n";
  });
  SearchSettings settings = letter_settings();
  settings.depth = 4;
  LetterScorer longer_is_worse([](const std::string& way) { return std::pow(0.1, way.size()); });
  EXPECT_EQ(search_particles(policy, longer_is_worse, settings, 64).steps.size(), 1u);
  LetterScorer longer_is_better([](const std::string& way) { return 1 - 1.0 / static_cast<double>(1 + way.size()); });
  EXPECT_EQ(search_particles(policy, longer_is_better, settings, 64).steps.size(), 4u);
  policy::ScriptedPolicy silent([](const policy::Request&, int64_t, Rng&) -> std::string { return ""; });
  EXPECT_TRUE(search_particles(silent, longer_is_worse, settings, 4).steps.empty());
}

TEST(Particles, RawScoresNeedExponentials) {
  policy::ScriptedPolicy policy(letter_script("ab"));
  LetterScorer scorer([](const std::string& way) { return way.back() == 'b' ? 30.0 : -30.0; });
  SearchSettings settings = letter_settings();
  EXPECT_NE(search_particles(policy, scorer, settings, 4).answer->find("--particle-weights exp"), std::string::npos);
  settings.particle_weights = ParticleWeights::kExp;
  EXPECT_EQ(search_particles(policy, scorer, settings, 4).answer, "22");
}

}  // namespace
}  // namespace hrm::search
