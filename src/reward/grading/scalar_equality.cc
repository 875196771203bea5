#include "grading/scalar_equality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/text_edit.h"
#include "grading/value_equality.h"

namespace hrm::grading {
namespace {

std::optional<int> infinity(std::string_view text) {
  const std::string plain = squeezed(text);
  if (plain == "\\infty" || plain == "+\\infty") return 1;
  if (plain == "-\\infty") return -1;
  return std::nullopt;
}

// "3:30", which may be a time of day.
bool is_time(const std::vector<std::string_view>& parts) {
  const auto digits = [](std::string_view text) { return std::ranges::all_of(text, is_ascii_digit); };
  return parts.size() == 2 && digits(parts[0]) && digits(parts[1]) && parts[0].size() <= 2 && parts[1].size() == 2;
}

Verdict compare_ratios(std::string_view given, std::string_view gold, const Deadline& deadline) {
  const auto a = split_outside(given, ":"), b = split_outside(gold, ":");
  if (a.size() > 2 || b.size() > 2) return Verdict::kUndecided;
  const std::string x = a.size() == 2 ? as_quotient(a) : std::string(given);
  const std::string y = b.size() == 2 ? as_quotient(b) : std::string(gold);
  const Verdict verdict = compare_values(x, y, deadline);
  if (a.size() != b.size())
    return is_time(a) || is_time(b) || verdict == Verdict::kCorrect ? Verdict::kUndecided : verdict;
  return verdict == Verdict::kCorrect && is_time(a) && is_time(b) ? Verdict::kUndecided : verdict;
}

std::string without_degrees(std::string_view text) {
  std::string plain(text);
  replace_all(plain, "\\degree", "");
  return plain;
}

Verdict compare_plain(std::string_view given, std::string_view gold, const Deadline& deadline) {
  if (squeezed(given) == squeezed(gold)) return Verdict::kCorrect;
  const auto a = infinity(given), b = infinity(gold);
  if (a && b) return *a == *b ? Verdict::kCorrect : Verdict::kWrong;
  // Infinity against a number is a different answer; against what cannot be read it is open.
  if (a || b) return is_number(a ? gold : given) ? Verdict::kWrong : Verdict::kUndecided;
  if (given.find(':') != kNowhere || gold.find(':') != kNowhere) return compare_ratios(given, gold, deadline);
  const Verdict verdict = compare_values(given, gold, deadline);
  // Degrees outside of functions, on one side or in the middle: 180^\circ-x.
  if (verdict == Verdict::kWrong && (given.find("\\degree") != kNowhere || gold.find("\\degree") != kNowhere)) {
    constexpr std::string_view kTrigonometric[] = {"sin", "cos", "tan", "cot", "sec", "csc"};
    for (const std::string_view name : kTrigonometric)
      if (given.find(name) != kNowhere || gold.find(name) != kNowhere) return verdict;
    return compare_values(without_degrees(given), without_degrees(gold), deadline) == Verdict::kCorrect
               ? Verdict::kCorrect
               : verdict;
  }
  return verdict;
}

std::string scaled(std::string_view value, std::string_view factor) { return fmt::format("({})*({})", value, factor); }

// One side names its unit.
Verdict compare_one_sided(const Quantity& with, const Quantity& without, const Deadline& deadline) {
  const Verdict verdict = compare_plain(with.value, without.value, deadline);
  const std::string& quantity = with.unit.quantity;
  if (verdict == Verdict::kCorrect) {
    // 1\% is not 1; 50 for 50\% is usual where percents are asked for.
    const auto value = quantity == "percent" ? about(with.value) : std::nullopt;
    return value && *value != 0 && std::abs(*value) <= 1 ? Verdict::kUndecided : Verdict::kCorrect;
  }
  if (with.unit.kind != Unit::Kind::kMeasure || verdict == Verdict::kUndecided) return verdict;
  if (quantity == "percent")
    return compare_plain(scaled(with.value, "1/100"), without.value, deadline) == Verdict::kCorrect ? Verdict::kCorrect
                                                                                                    : verdict;
  if (quantity == "angle") {
    const std::string radians = scaled(with.value, with.unit.factor) + "*\\pi/180";
    if (compare_plain(radians, without.value, deadline) == Verdict::kCorrect) return Verdict::kCorrect;
  }
  for (const std::string_view factor : factors_of(quantity)) {
    const std::string value = fmt::format("({})*({})/({})", with.value, with.unit.factor, factor);
    if (compare_values(value, without.value, deadline) != Verdict::kWrong) return Verdict::kUndecided;
  }
  return verdict;
}

}  // namespace

std::string as_quotient(const std::vector<std::string_view>& parts) {
  return fmt::format("({})/({})", parts[0], parts[1]);
}

Verdict compare_quantities(const Quantity& given, const Quantity& gold, const Deadline& deadline) {
  using Kind = Unit::Kind;
  const Unit &a = given.unit, &b = gold.unit;
  if (a.kind == Kind::kWords || b.kind == Kind::kWords) {
    const bool same = a.kind == b.kind && a.quantity == b.quantity && squeezed(given.value) == squeezed(gold.value);
    return same ? Verdict::kCorrect : Verdict::kUndecided;
  }
  if (a.kind == Kind::kNone && b.kind == Kind::kNone) return compare_plain(given.value, gold.value, deadline);
  if (b.kind == Kind::kNone) return compare_one_sided(given, gold, deadline);
  if (a.kind == Kind::kNone) return compare_one_sided(gold, given, deadline);
  const bool same = a.quantity == b.quantity || (a.kind == Kind::kThings && same_things(a.quantity, b.quantity));
  if (a.kind != b.kind || !same) return Verdict::kUndecided;
  const Verdict plain = compare_plain(given.value, gold.value, deadline);
  if (a.factor == b.factor) return plain;
  const Verdict converted = compare_plain(scaled(given.value, a.factor), scaled(gold.value, b.factor), deadline);
  // 5 km and 5 cm: a slip of the unit, which may not have been asked for.
  return converted == Verdict::kWrong && plain != Verdict::kWrong ? Verdict::kUndecided : converted;
}

}  // namespace hrm::grading
