#include "grading/grade.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/threads.h"
#include "grading/exact_library.h"
#include "grading/normalize.h"

namespace hrm::grading {
namespace {

std::string sound(std::string_view given, std::string_view gold) {
  return std::string(name_of(grade(given, gold, {.seconds = 1})));
}
std::string prm800k(std::string_view given, std::string_view gold) {
  return std::string(name_of(grade(given, gold, {.profile = Profile::kPrm800k, .seconds = 1})));
}

TEST(GradeSound, TextThatMeansTheSame) {
  for (const auto& [given, gold] : {std::pair("$\\dfrac12$", "\\frac{1}{2}"),
                                    {"1,234", "1234"},
                                    {"\\$5", "5"},
                                    {"50\\%", "50"},
                                    {"x = 5", "5"},
                                    {"5 \\text{ cm}", "5"},
                                    {"Evelyn", "\\text{evelyn}"},
                                    {"3 million", "3000000"},
                                    {"2, 3", "3,2"},
                                    {"\\{1,2\\}", "1, 2"},
                                    {"(1, \\frac12)", "(1,0.5)"},
                                    {"1 \\pm \\sqrt2", "1-\\sqrt{2}, 1+\\sqrt{2}"},
                                    {"[1,\\infty)", "[1, \\infty)"}})
    EXPECT_EQ(sound(given, gold), "correct") << given << " | " << gold;
}

TEST(GradeSound, Fractions) {
  for (const auto& [given, gold] : {std::pair("0.5", "1/2"),
                                    {"3 1/2", "\\frac{7}{2}"},
                                    {"2/4", "1/2"},
                                    {"1.50", "1.5"},
                                    {"0.\\overline{3}", "\\frac13"},
                                    {"2^{10}", "1024"},
                                    {"5!", "120"},
                                    {"1011_2", "23_4"}})
    EXPECT_EQ(sound(given, gold), "correct") << given << " | " << gold;
  for (const auto& [given, gold] :
       {std::pair("0.333", "1/3"), {"2", "3"}, {"(1,2)", "(2,1)"}, {"1,2", "1,3"}, {"-5", "5"}})
    EXPECT_EQ(sound(given, gold), "wrong") << given << " | " << gold;
}

TEST(GradeSound, Algebra) {
  if (!exact_library()) GTEST_SKIP() << "skipped: FLINT is not installed";
  for (const auto& [given, gold] : {std::pair("(x+1)^2", "x^2+2x+1"),
                                    {"\\frac{x^2-1}{x-1}", "x+1"},
                                    {"\\sqrt{12}", "2\\sqrt3"},
                                    {"\\frac{1}{1+\\sqrt2}", "\\sqrt{2}-1"},
                                    {"\\sin^2 x+\\cos^2 x", "1"},
                                    {"e^{i\\pi}", "-1"},
                                    {"\\ln 8", "3\\ln 2"},
                                    {"\\sqrt[3]{-8}", "-2"},
                                    {"\\binom{5}{2}", "10"},
                                    {"y=2x+1", "y = 1 + 2x"},
                                    {"\\log_2 8", "3"},
                                    {"|x|^2", "x^2"}})
    EXPECT_EQ(sound(given, gold), "correct") << given << " | " << gold;
  for (const auto& [given, gold] : {std::pair("\\sqrt{x^2}", "x"),
                                    {"x+1", "x+2"},
                                    {"\\pi", "3.14159"},
                                    {"\\sqrt[3]{7}", "\\sqrt7"},
                                    {"\\frac{a+b}{c}", "a+b/c"},
                                    {"x^{2y}", "x^2y"}})
    EXPECT_EQ(sound(given, gold), "wrong") << given << " | " << gold;
}

TEST(GradeSound, WhatStaysOpen) {
  for (const auto& [given, gold] : {std::pair("1/2x", "\\frac{1}{2x}"),
                                    {"5 \\text{ km}", "5 \\text{ cm}"},
                                    {"no", "on"},
                                    {"A", "a"},
                                    {"x=5", "y=5"},
                                    {"1/0", "5"},
                                    {"f(x)", "g(x)"},
                                    {"(1,2)", "1,2"},
                                    {"1.666...", "\\frac53"},
                                    {"9^{9^{9^9}}", "x"}})
    EXPECT_EQ(sound(given, gold), "undecided") << given << " | " << gold;
}

TEST(GradePrm800k, KeepsTheReferencesQuirks) {
  EXPECT_EQ(prm800k("2/4", "1/2"), "wrong") << "an unreduced fraction";
  EXPECT_EQ(prm800k("4.0+1", "5"), "wrong") << "exactly one side is an integer";
  EXPECT_EQ(prm800k("2516_8", "25168"), "correct");
  EXPECT_EQ(prm800k("Monday", "Mon"), "correct");
  EXPECT_EQ(prm800k("0.1+0.2", "0.3"), "wrong") << "binary floats";
  EXPECT_EQ(prm800k("sin(x)", "sin(x)+0"), "wrong") << "too many letters";
}

// As sympy reads them: x(3) would be a function's value, and x2! the factorial of 2x.
TEST(GradePrm800k, Factorials) {
  for (const auto& [given, gold] : {std::pair("x/2!", "x/2"),
                                    {"x*y!", "x*y!+0"},
                                    {"x-3!", "x-6"},
                                    {"x*(3)!", "6x"},
                                    {"x!(3)!", "6x!"},
                                    {"x^2!", "x^2"},
                                    {"3!!+x", "3+x"},
                                    {"xy!", "(x*y)!"}})
    EXPECT_EQ(prm800k(given, gold), "correct") << given << " | " << gold;
  for (const auto& [given, gold] : {std::pair("x(3)!", "6x"), {"xy!", "x*y!"}, {"5!!+x", "120+x"}})
    EXPECT_EQ(prm800k(given, gold), "wrong") << given << " | " << gold;
}

// Blanks between two macros stay outside of equations: a number, \! and a fraction are a mixed number.
TEST(Normalize, BlanksBetweenMacrosStayOutsideOfEquations) {
  for (const auto& [answer, plain] : {std::pair("3\\!\\frac12", "3+1/2"),
                                      {"-7\\! \\dfrac 5{4}", "-7+5/4"},
                                      {"12,\\!345\\!\\tfrac{2}{3} ", "12345+2/3"},
                                      {"\\frac12 \\frac12", "1/2+1/2"},
                                      {"4\\displaystyle 5", "45"},
                                      {"\\(\\frac12 \\frac12\\)", "1/21/2"},
                                      {"\\bar x", "x\u0305"}})
    EXPECT_EQ(normalize_plain(answer), plain) << answer;
}

TEST(Normalize, ThousandsGoAsThePatternTakesThem) {
  EXPECT_EQ(strip_thousands("1,234,567"), "1234567");
  EXPECT_EQ(strip_thousands("1,234,567,890"), "1234,567890");
  EXPECT_EQ(strip_thousands("(1,23)"), "(1,23)");
}

// Not a measurement: a bound that is a hundred times what they take.
TEST(Grade, HostileInputEndsInTime) {
  const auto repeated = [](std::string_view part, size_t n) {
    std::string text;
    while (n-- > 0) text += part;
    return text;
  };
  const std::vector<std::string> hostile = {
      repeated("(", 5000),
      repeated("{", 60000),
      repeated("\\frac{1}{", 5000),
      repeated("\\sqrt", 12000),
      repeated("2^", 5000) + "2",
      repeated("9**", 20) + "9",
      "9^{9^{9^{9}}}",
      "(x+y+z+1)^{99999}",
      "(1+x)^9^9^9",
      "(x+y)^9*(x-y)^9*(x+2y)^9*(x+y)^9",
      repeated("x+", 30000) + "1",
      repeated("1,", 30000),
      repeated("1,234,", 9000),
      repeated("\\begin{pmatrix}", 4000),
      repeated("Σ'", 20000),
      "99999!!",
      "\\exp(\\exp(\\exp(\\exp(9))))",
      "\\tan(10^{99999})",
      repeated("9", 60000),
      "1e99999999",
      std::string(1 << 20, 'a'),
      std::string(60000, '\0'),
      repeated("\xFF\xC3", 30000),
  };
  for (const std::string& text : hostile) {
    for (const Profile profile : {Profile::kSound, Profile::kPrm800k}) {
      for (const std::string& other : {std::string("x+1"), std::string("5"), text + " "}) {
        const auto begin = std::chrono::steady_clock::now();
        grade(text, other, {.profile = profile});
        grade(other, text, {.profile = profile});
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        EXPECT_LT(took.count(), 4) << text.substr(0, 40) << " against " << other.substr(0, 20);
      }
    }
  }
}

TEST(Grade, FromManyThreadsTheSame) {
  std::vector<Verdict> verdicts(200);
  parallel_for(verdicts.size(), 8,
               [&](size_t i) { verdicts[i] = grade("(x+1)^3", i % 2 ? "x^3+3x^2+3x+1" : "\\sin x", {.seconds = 1}); });
  for (size_t i = 2; i < verdicts.size(); ++i) EXPECT_EQ(verdicts[i], verdicts[i % 2]);
}

}  // namespace
}  // namespace hrm::grading
