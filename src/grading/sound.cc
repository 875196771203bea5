#include "grading/sound.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "grading/answer_form.h"
#include "grading/equality.h"
#include "grading/latex_expression.h"
#include "grading/normalize.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

using Elements = std::vector<std::string>;

// A bracketed or bare list. kOrdered: tuples, vectors and intervals; kSet: {..} and lists without brackets.
struct Shape {
  enum class Kind { kScalar, kOrdered, kSet, kUnion };
  Kind kind = Kind::kScalar;
  std::string brackets;  // "()", "[)", "matrix"
  Elements elements;
};

SoundVerdict decided(bool correct, std::string_view by) { return {correct ? Verdict::kCorrect : Verdict::kWrong, by}; }

bool has_spaced_digits(std::string_view text) {
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != ' ' || !is_ascii_digit(text[i - 1])) continue;
    const size_t next = text.find_first_not_of(' ', i);
    if (next != std::string_view::npos && is_ascii_digit(text[next])) return true;
  }
  return false;
}

// The bracket at the front closes at the very end.
bool encloses(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
    if (depth == 0) return i + 1 == text.size();
  }
  return false;
}

Elements copied(const std::vector<std::string_view>& parts) { return {parts.begin(), parts.end()}; }

// a \pm b is a+b and a-b.
void expand_signs(Elements& elements) {
  Elements expanded;
  for (const std::string& element : elements) {
    const auto parts = split_outside(element, "\\pm");
    if (parts.size() != 2) {
      expanded.push_back(element);
      continue;
    }
    for (const char* sign : {"+", "-"}) expanded.push_back(std::string(parts[0]) + sign + std::string(parts[1]));
  }
  elements = std::move(expanded);
}

std::optional<Shape> matrix_shape(std::string_view body) {
  constexpr std::string_view kBegin = "\\begin{", kEnd = "\\end{";
  const size_t end = body.rfind(kEnd);
  if (!body.starts_with(kBegin) || end == std::string_view::npos || body.find(kBegin, 1) != std::string_view::npos)
    return std::nullopt;
  const size_t name = body.find('}');
  if (name >= end || body.substr(kBegin.size(), name - kBegin.size()).find("matrix") == std::string_view::npos)
    return std::nullopt;
  Shape shape{.kind = Shape::Kind::kOrdered, .brackets = "matrix"};
  for (std::string_view row : split_outside(body.substr(name + 1, end - name - 1), "\\\\")) {
    if (row.empty()) continue;
    for (const std::string_view cell : split_outside(row, "&")) shape.elements.emplace_back(cell);
    shape.brackets += ';' + std::to_string(shape.elements.size());  // where rows end
  }
  return shape;
}

Shape shape_of(std::string_view body) {
  if (auto matrix = matrix_shape(body)) return *std::move(matrix);
  if (const auto pieces = split_outside(body, "\\cup"); pieces.size() > 1)
    return {.kind = Shape::Kind::kUnion, .brackets = "", .elements = copied(pieces)};
  if (body.starts_with("\\{") && body.ends_with("\\}")) {
    Shape shape{.kind = Shape::Kind::kSet,
                .brackets = "{}",
                .elements = copied(split_outside(body.substr(2, body.size() - 4), ","))};
    expand_signs(shape.elements);
    return shape;
  }
  if (auto parts = split_outside(body, ","); parts.size() > 1) {
    Shape shape{.kind = Shape::Kind::kSet, .brackets = "", .elements = copied(parts)};
    expand_signs(shape.elements);
    return shape;
  }
  const bool bracketed =
      body.size() > 2 && (body[0] == '(' || body[0] == '[') && (body.back() == ')' || body.back() == ']');
  if (bracketed && encloses(body)) {
    const std::string_view inner = strip(body.substr(1, body.size() - 2));
    const auto parts = split_outside(inner, ",");
    if (parts.size() > 1)
      return {.kind = Shape::Kind::kOrdered, .brackets = {body[0], body.back()}, .elements = copied(parts)};
    if (body[0] == '(' && body.back() == ')') return shape_of(inner);
  }
  Elements signs{std::string(body)};
  expand_signs(signs);
  if (signs.size() > 1) return {.kind = Shape::Kind::kSet, .brackets = "", .elements = std::move(signs)};
  return {.kind = Shape::Kind::kScalar, .brackets = "", .elements = {std::string(body)}};
}

class Grader {
 public:
  explicit Grader(const Deadline& deadline) : deadline_(deadline) {}

  SoundVerdict compare_bodies(std::string_view given, std::string_view gold) {
    if (++depth_ > kMostDepth) return {};
    const SoundVerdict verdict = compared(given, gold);
    --depth_;
    return verdict;
  }

 private:
  static constexpr int kMostDepth = 8;
  static constexpr size_t kMostElements = 64;

  SoundVerdict compared(std::string_view given, std::string_view gold) {
    const std::string plain_given = squeezed(given), plain_gold = squeezed(gold);
    if (plain_given == plain_gold) return decided(true, "normal form");
    if (is_words(given) || is_words(gold)) return compare_words(given, gold);
    const Shape a = shape_of(given), b = shape_of(gold);
    if (a.elements.size() > kMostElements || b.elements.size() > kMostElements) return {};
    if (a.kind == Shape::Kind::kScalar && b.kind == Shape::Kind::kScalar)
      return compare_scalars(a.elements[0], b.elements[0]);
    if (a.kind == b.kind && a.kind == Shape::Kind::kOrdered) return compare_ordered(a, b);
    if (a.kind == b.kind) return compare_sets(a, b);
    // A set of one element and that element; else two kinds of answers, which may mean the same.
    if (a.elements.size() == 1 && b.elements.size() == 1 && a.kind != Shape::Kind::kUnion &&
        b.kind != Shape::Kind::kUnion)
      return compare_bodies(a.elements[0], b.elements[0]);
    return {};
  }

  // Names and words: two that differ are different answers, unless one is part of the other.
  static SoundVerdict compare_words(std::string_view given, std::string_view gold) {
    const std::string a = squeezed(lower(given)), b = squeezed(lower(gold));
    if (a == b) return decided(true, "words");
    const bool both = is_words(given) && is_words(gold);
    const bool within = a.find(b) != std::string::npos || b.find(a) != std::string::npos;
    return both && !within && a.size() > 2 && b.size() > 2 ? decided(false, "words") : SoundVerdict{};
  }

  SoundVerdict compare_ordered(const Shape& given, const Shape& gold) {
    if (given.brackets.starts_with("matrix") != gold.brackets.starts_with("matrix")) return {};
    if (given.brackets != gold.brackets || given.elements.size() != gold.elements.size())
      return decided(false, "elements");
    SoundVerdict verdict = decided(true, "elements");
    for (size_t i = 0; i < gold.elements.size(); ++i) {
      const SoundVerdict element = compare_bodies(given.elements[i], gold.elements[i]);
      if (element.verdict == Verdict::kWrong) return decided(false, "elements");
      if (element.verdict == Verdict::kUndecided) verdict = {};
    }
    return verdict;
  }

  // Correct: each element of either side has an equal one on the other. Wrong: one surely has none, and the elements
  // are numbers or points (pieces of a union may be cut in more than one way).
  SoundVerdict compare_sets(const Shape& given, const Shape& gold) {
    const size_t m = given.elements.size(), n = gold.elements.size();
    std::vector<bool> given_found(m, false), gold_found(n, false), given_open(m, false), gold_open(n, false);
    for (size_t i = 0; i < m; ++i) {
      for (size_t j = 0; j < n; ++j) {
        const Verdict verdict = compare_bodies(given.elements[i], gold.elements[j]).verdict;
        if (verdict == Verdict::kCorrect) given_found[i] = gold_found[j] = true;
        if (verdict == Verdict::kUndecided) given_open[i] = gold_open[j] = true;
      }
    }
    const auto all = [](const std::vector<bool>& found) {
      return std::ranges::all_of(found, [](bool b) { return b; });
    };
    if (all(given_found) && all(gold_found)) return decided(true, "elements");
    if (gold.kind == Shape::Kind::kUnion) return {};
    for (size_t i = 0; i < m; ++i)
      if (!given_found[i] && !given_open[i]) return decided(false, "elements");
    for (size_t j = 0; j < n; ++j)
      if (!gold_found[j] && !gold_open[j]) return decided(false, "elements");
    return {};
  }

  static std::optional<int> infinity(std::string_view text) {
    const std::string plain = squeezed(text);
    for (const auto& [name, sign] : {std::pair("\\infty", 1), std::pair("+\\infty", 1), std::pair("-\\infty", -1),
                                     std::pair("inf", 1), std::pair("-inf", -1), std::pair("infinity", 1)})
      if (plain == name) return sign;
    return std::nullopt;
  }

  SoundVerdict compare_scalars(std::string_view given, std::string_view gold) {
    const auto a = infinity(given), b = infinity(gold);
    if (a && b) return decided(*a == *b, "elements");
    if (split_outside(given, "=").size() == 2 && split_outside(gold, "=").size() == 2)
      return compare_equations(given, gold);
    const auto given_ratio = split_outside(given, ":"), gold_ratio = split_outside(gold, ":");
    if (given_ratio.size() == 2 && gold_ratio.size() == 2)
      return compare_values(as_quotient(given_ratio), as_quotient(gold_ratio));
    const SoundVerdict verdict = compare_values(given, gold);
    // Infinity against a number is a different answer; against what cannot be read it is open.
    if ((a || b) && is_number(a ? gold : given)) return decided(false, "elements");
    return verdict;
  }

  static std::string as_quotient(const std::vector<std::string_view>& parts) {
    return fmt::format("({})/({})", parts[0], parts[1]);
  }

  static bool is_number(std::string_view text) {
    Expression expression;
    try {
      const auto parsed = parse_latex(text, {}, expression);
      return parsed && expression.symbols.empty();
    } catch (const GaveUp&) {
      return false;
    }
  }

  // The same equation, perhaps with its sides exchanged or moved; other forms of it stay open.
  SoundVerdict compare_equations(std::string_view given, std::string_view gold) {
    const auto difference = [](std::string_view equation, bool exchanged) {
      const auto sides = split_outside(equation, "=");
      return fmt::format("({})-({})", sides[exchanged], sides[!exchanged]);
    };
    for (const bool exchanged : {false, true}) {
      const SoundVerdict verdict = compare_values(difference(given, exchanged), difference(gold, false));
      if (verdict.verdict == Verdict::kCorrect) return verdict;
    }
    return {};
  }

  SoundVerdict compare_values(std::string_view given, std::string_view gold) {
    std::optional<Verdict> common;
    bool open_log = true, open_division = true;
    for (int reading = 0; reading < 4; ++reading) {
      const LatexReading choice{.decimal_log = (reading & 1) != 0, .tight_division = (reading & 2) != 0};
      if ((choice.decimal_log && !open_log) || (choice.tight_division && !open_division)) continue;
      const auto verdict = compare_in(choice, given, gold, open_log, open_division);
      if (!verdict || *verdict == Verdict::kUndecided || (common && *common != *verdict)) return {};
      common = verdict;
    }
    return {*common, "algebra"};
  }

  std::optional<Verdict> compare_in(const LatexReading& reading, std::string_view given, std::string_view gold,
                                    bool& open_log, bool& open_division) {
    try {
      Expression expression;
      const auto a = parse_latex(given, reading, expression);
      const auto b = a ? parse_latex(gold, reading, expression) : std::nullopt;
      if (!a || !b || a->has_base != b->has_base) return std::nullopt;
      open_log = a->has_open_log || b->has_open_log;
      open_division = a->has_open_division || b->has_open_division;
      const Equality equality = compare(expression, a->node, b->node, deadline_);
      if (equality == Equality::kEqual) return Verdict::kCorrect;
      if (equality == Equality::kDifferent) return Verdict::kWrong;
    } catch (const GaveUp&) {
    }
    return std::nullopt;
  }

  const Deadline& deadline_;
  int depth_ = 0;
};

}  // namespace

SoundVerdict grade_sound(std::string_view given, std::string_view gold, const Deadline& deadline) {
  if (given == gold) return decided(true, "equal strings");
  const AnswerForm a = take_apart(given), b = take_apart(gold);
  const bool same_unit = a.unit.empty() || b.unit.empty() || a.unit == b.unit;
  const bool same_prefix = a.prefix.empty() || b.prefix.empty() || a.prefix == b.prefix;
  // Two names or units that differ may still be the same answer (minutes and min): that stays open.
  if (!same_unit || !same_prefix) return {};
  if (a.body.empty() || b.body.empty())
    return a.body.empty() && !b.body.empty() && strip(given).empty() ? decided(false, "normal form") : SoundVerdict{};
  if (!has_spaced_digits(given) && !has_spaced_digits(gold) && normalize_math(given) == normalize_math(gold))
    return decided(true, "MATH normalisation");
  const SoundVerdict verdict = Grader(deadline).compare_bodies(a.body, b.body);
  // Capitals alone make no answer wrong for sure.
  if (verdict.verdict == Verdict::kWrong && squeezed(lower(a.body)) == squeezed(lower(b.body))) return {};
  return verdict;
}

}  // namespace hrm::grading
