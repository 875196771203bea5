#include "grading/prm800k.h"

#include <algorithm>

#include "base/utf8.h"
#include "grading/normalize.h"
#include "grading/python_algebra.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::string_view kBrackets = "()[]";

// "-12/5", with at most one character, anything but a line break, after each number: the pattern's dots are not
// escaped.
bool is_fraction(std::string_view text) {
  size_t at = text.starts_with('-');
  const auto skip_digits = [&] {
    const size_t begin = at;
    while (at < text.size() && is_ascii_digit(text[at])) ++at;
    return text.substr(begin, at - begin);
  };
  const auto skip_any = [&] {
    if (at < text.size() && text[at] != '\n') at += decode_utf8(text.substr(at)).size;
  };
  if (skip_digits().empty()) return false;
  if (at < text.size() && text[at] != '/') skip_any();
  if (at >= text.size() || text[at++] != '/') return false;
  if (skip_digits().find_first_not_of('0') == std::string_view::npos) return false;
  skip_any();
  return at == text.size() || text.substr(at) == "\n";
}

Verdict verdict_of(bool correct) { return correct ? Verdict::kCorrect : Verdict::kWrong; }

// The elements' comparison; the first that is not equal decides.
void compare_elements(Prm800kSteps& steps, const std::vector<std::string>& given, const std::vector<std::string>& gold,
                      const Deadline& deadline) {
  steps.decided_by = "rules";
  steps.verdict = Verdict::kWrong;
  for (size_t i = 0; i < gold.size(); ++i) {
    if (is_fraction(gold[i]) && is_fraction(given[i])) {
      steps.decided_by = "rules";
      steps.verdict = verdict_of(gold[i] == given[i]);
    } else if (is_integer_text(gold[i]) != is_integer_text(given[i])) {
      steps.decided_by = "rules";
      steps.verdict = Verdict::kWrong;
    } else {
      const Algebra outcome = compare_python(gold[i], given[i], deadline);
      steps.elements.push_back(outcome);
      constexpr std::string_view kNames[] = {"algebra_equal", "algebra_different", "algebra_refused",
                                             "algebra_unparsed", "undecided"};
      steps.decided_by = kNames[static_cast<size_t>(outcome)];
      steps.verdict = outcome == Algebra::kUndecided ? Verdict::kUndecided : verdict_of(outcome == Algebra::kEqual);
    }
    if (steps.verdict != Verdict::kCorrect) return;
  }
}

}  // namespace

std::vector<std::string> split_tuple(std::string_view text) {
  const std::string plain = strip_thousands(text);
  if (plain.empty()) return {};
  const std::string_view inner = std::string_view(plain).substr(1, std::max<size_t>(plain.size(), 2) - 2);
  const auto is_bracket = [](char c) { return kBrackets.find(c) != std::string_view::npos; };
  if (plain.size() <= 2 || !is_bracket(plain.front()) || !is_bracket(plain.back()) ||
      std::ranges::any_of(inner, is_bracket))
    return {plain};
  std::vector<std::string> elements;
  for (size_t begin = 0; begin <= inner.size();) {
    const size_t comma = std::min(inner.find(',', begin), inner.size());
    elements.emplace_back(strip(inner.substr(begin, comma - begin)));
    begin = comma + 1;
  }
  return elements;
}

Prm800kSteps grade_prm800k(std::string_view given, std::string_view gold, const Deadline& deadline, bool keep_all) {
  Prm800kSteps steps;
  const auto decide = [&](std::string_view by, bool correct) {
    if (!steps.decided_by.empty()) return;
    steps.decided_by = by;
    steps.verdict = verdict_of(correct);
  };
  steps.first = {normalize_math(given), normalize_math(gold)};
  if (steps.first[0] == steps.first[1]) {
    decide("first_normaliser", true);
    if (!keep_all) return steps;
  }
  steps.second = {normalize_plain(given), normalize_plain(gold)};
  const auto& [plain_given, plain_gold] = steps.second;
  if (plain_given == plain_gold) decide("second_normaliser", true);
  if (plain_given.empty()) decide("empty", false);
  if (!steps.decided_by.empty()) return steps;
  const auto given_elements = split_tuple(plain_given), gold_elements = split_tuple(plain_gold);
  const bool other_brackets = gold_elements.size() > 1 &&
                              (plain_gold.front() != plain_given.front() || plain_gold.back() != plain_given.back());
  if (other_brackets || given_elements.size() != gold_elements.size())
    decide("rules", false);
  else
    compare_elements(steps, given_elements, gold_elements, deadline);
  return steps;
}

}  // namespace hrm::grading
