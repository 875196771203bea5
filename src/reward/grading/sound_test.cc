// Every pair of testdata/grading/pairs.tsv, in both orders.
#include "grading/sound.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/testing/paths.h"
#include "grading/exact_library.h"

namespace hrm::grading {
namespace {

struct Pair {
  std::string kind, given, gold;
};

std::vector<Pair> read_pairs() {
  const std::string text = read_file(testdata_folder() / "grading/pairs.tsv");
  std::vector<Pair> pairs;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    if (second == std::string_view::npos) continue;
    pairs.push_back({std::string(line.substr(0, first)), std::string(line.substr(first + 1, second - first - 1)),
                     std::string(line.substr(second + 1))});
  }
  return pairs;
}

TEST(GradeSound, EveryPairOfTheTable) {
  if (!exact_library()) GTEST_SKIP() << "skipped: FLINT is not installed";
  const std::map<std::string, Verdict> expected = {{"equal", Verdict::kCorrect},
                                                   {"different", Verdict::kWrong},
                                                   {"arguable", Verdict::kUndecided},
                                                   {"equal?", Verdict::kUndecided},
                                                   {"different?", Verdict::kUndecided}};
  const auto pairs = read_pairs();
  EXPECT_GT(pairs.size(), 700u);
  for (const Pair& pair : pairs) {
    const Verdict verdict = expected.at(pair.kind);
    for (const auto& [a, b] : {std::pair(&pair.given, &pair.gold), std::pair(&pair.gold, &pair.given)})
      EXPECT_EQ(name_of(grade(*a, *b, {.seconds = 1})), name_of(verdict)) << *a << " | " << *b;
  }
}

std::string_view verdict_on(std::string_view given, std::string_view gold) {
  return name_of(grade(given, gold, {.seconds = 1}));
}

// Each pair in both orders.
void expect_each(std::string_view expected, const std::vector<std::pair<std::string, std::string>>& pairs) {
  if (!exact_library()) GTEST_SKIP() << "skipped: FLINT is not installed";
  for (const auto& [given, gold] : pairs) {
    EXPECT_EQ(verdict_on(given, gold), expected) << given << " | " << gold;
    EXPECT_EQ(verdict_on(gold, given), expected) << gold << " | " << given;
  }
}

TEST(GradeSound, DegreesBehindBracketsBelongToTheArgument) {
  expect_each("correct", {{R"(\sin{30}^{\circ})", "0.5"},
                          {R"(\sin(30)^\circ)", "0.5"},
                          {R"(\sin(30)°)", "0.5"},
                          {R"(\sin \left(30\right)^{\circ})", "0.5"},
                          {R"(\sin(\frac{60}{2})^\circ)", "0.5"},
                          {R"(\sin(30) \text{ degrees})", "0.5"},
                          {R"(\cos{60}^\circ)", R"(\frac12)"},
                          {R"(\tan{45}^\circ)", "1"},
                          {R"(2\cos{15}^{\circ})", R"(2\cos 15^{\circ})"},
                          {R"(\sin^{2}{45}^{\circ})", "0.5"},
                          {R"(\sin 30^\circ)", "0.5"},
                          {R"(\sin(30^\circ))", "0.5"}});
  expect_each("wrong", {{R"(\sin{30}^\circ)", "0.6"},
                        {R"(\cos 60^\circ)", R"(\cos 60)"},
                        {R"(\sin(60)^\circ)", R"(\sin(30)^\circ)"},
                        {R"(\sin(30))", "0.5"},
                        {"2^0", "2"}});
}

TEST(GradeSound, DegreesOfUnknownPlaceAreUndecided) {
  expect_each("undecided", {{R"(\sin^{-1}(1/2)^\circ)", "30"},
                            {R"(\arcsin(1/2)^\circ)", "30"},
                            {R"(\sin{15}\cos{15}^\circ)", "0.25"},
                            {R"(2\sin 15\cos 15^\circ)", "0.5"},
                            {R"(\cos{60}^\circ)", R"(\cos 60)"},
                            {R"(\sin(3)(10)^\circ)", "0.5"},
                            {"60^o", R"(60^\circ)"},
                            {R"(60^{\text{o}})", R"(60^\circ)"},
                            {R"(60^{o})", "60"},
                            {"60^0", R"(60^\circ)"},
                            {R"(\sin 30^0)", "0.5"}});
}

TEST(GradeSound, NamedSetsAreLists) {
  expect_each("correct", {{R"(x \in \{1,2\})", "1,2"},
                          {R"(x\in\{-2,2\})", R"(\pm 2)"},
                          {R"(x \in \{3,5\})", R"(x=3 \text{ or } x=5)"},
                          {"x ∈ {1, 2}", "1, 2"},
                          {R"(x=\{1,2\})", "1,2"},
                          {R"(S = \{1,2\})", "1,2"},
                          {R"(S = \{1,2\})", R"(\{2,1\})"},
                          {R"(x = (\pm 2))", "2,-2"},
                          {R"(x=\{-2,2\})", R"(x=2 \text{ or } x=-2)"}});
  expect_each("wrong", {{R"(x \in \{1,2\})", "1,3"},
                        {R"(x \in \{1,2,3\})", "1,2"},
                        {R"(x \in \{1,2\})", "1,2,3"},
                        {R"(x \in \{3,5\})", R"(x=3 \text{ or } x=6)"}});
  expect_each(
      "undecided",
      {{R"(x \in \{3,5\})", R"(y=3 \text{ or } y=5)"}, {R"(x \in (1,2))", "1,2"}, {R"(x, y \in \{1,2\})", "1,2"}});
}

TEST(GradeSound, ProductsInAnotherCaseAreNotWords) {
  expect_each("undecided", {{"xy", "XY"},     {"xY", "Xy"},     {"ax", "AX"},         {"xyz", "XYZ"},
                            {"AB", "ab"},     {"PQ", "pq"},     {"kM", "km"},         {"Abc", "abc"},
                            {"Abe", "abe"},   {"abcd", "ABCD"}, {"abcde", "ABCDE"},   {"abcdef", "ABCDEF"},
                            {"Asin", "asin"}, {"NO", "no"},     {"line l", "line L"}, {"angle AB", "angle ab"},
                            {"SUN", "sun"},   {"5 Mm", "5 mm"}, {"5 kM", "5 km"},     {"Abc", "Acb"},
                            {"x y", "XY"}});
  expect_each("correct", {{"Yes", "yes"},
                          {"YES", "yes"},
                          {"No", "no"},
                          {"Monday", "monday"},
                          {"MONDAY", "Monday"},
                          {"even", "Even"},
                          {"None", "none"},
                          {"blue", "Blue"},
                          {"TRUE", "true"},
                          {"Paris", "paris"},
                          {"Mary", "mary"},
                          {"Andrew", "andrew"},
                          {"PARALLELOGRAM", "parallelogram"},
                          {"No Solution", "no solution"},
                          {"The circle", "the circle"},
                          {"5 KM", "5 km"},
                          {"5 mL", "5 ml"},
                          {"all real numbers", "All Real Numbers"}});
  expect_each("wrong", {{"Yes", "no"}, {"Monday", "tuesday"}, {"Alice", "Bob"}});
}

TEST(GradeSound, LettersMayBeScalesAndUnits) {
  expect_each("undecided", {{R"(10 \text{ k})", "10000"},
                            {"10K", "10000"},
                            {R"(\$10K)", "10000"},
                            {R"(\$10k)", R"(\$10,000)"},
                            {R"(10k \text{ dollars})", "10000"},
                            {"-2.5k", "-2500"},
                            {"2M", "2000000"},
                            {"2M", "2 million"},
                            {R"(\$2M)", R"(\$2,000,000)"},
                            {"2bn", "2000000000"},
                            {"2000k", "2M"},
                            {R"(5 \text{ C})", "5"},
                            {"300K", "300"},
                            {R"(5 \text{ N})", "5"},
                            {R"(3 \text{ couples})", "6"},
                            {R"(3 \text{ couples})", "3"},
                            {"10k, 5", "5, 10000"}});
  expect_each(
      "wrong",
      {{"10k", "10"}, {"10k", "20k"}, {"10K", "5"}, {"3x", "3"}, {"3m", "3"}, {"2M", "2500000"}, {"5 apples", "6"}});
  expect_each("correct", {{"2k", "k*2"}, {"5 m", "5"}, {"5 apples", "5"}, {R"(\$2 \text{ million})", "2000000"}});
}

// One letter or sign more or less never stops it, nor makes a decision depend on the order.
TEST(GradeSound, CutPairsEnd) {
  const auto pairs = read_pairs();
  for (size_t i = 0; i < pairs.size(); i += 3) {
    const std::string& text = pairs[i].given;
    for (size_t cut = 0; cut < text.size(); cut += 2) {
      grade(text.substr(0, cut), pairs[i].gold);
      grade(text.substr(cut), pairs[i].gold);
    }
  }
}

}  // namespace
}  // namespace hrm::grading
