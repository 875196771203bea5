#include "grading/scalar_equality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

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

// "30^0", which many write for 30 degrees. One digit alone is rather a base.
std::string with_raised_zeros(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const size_t size = rest.starts_with("^{0}") ? 4 : rest.starts_with("^0") ? 2 : 0;
    const bool ends = size > 0 && (size == rest.size() || (!is_ascii_digit(rest[size]) && rest[size] != '.'));
    if (ends && i > 1 && is_ascii_digit(text[i - 1]) && is_ascii_digit(text[i - 2])) {
      plain += "\\degree ";
      i += size - 1;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Whether another reading of degree signs makes the two equal: \sin(30)^\circ as \sin(30) degrees, 30^0 as 30 degrees.
bool may_be_equal_angles(std::string_view given, std::string_view gold, const Deadline& deadline) {
  const auto is_behind_brackets = [](std::string_view text) {
    const std::string plain = squeezed(text);
    return plain.find(")\\degree") != kNowhere || plain.find("}\\degree") != kNowhere;
  };
  const std::string a = with_raised_zeros(given), b = with_raised_zeros(gold);
  const bool has_zeros = a != given || b != gold;
  if (!has_zeros && !is_behind_brackets(given) && !is_behind_brackets(gold)) return false;
  if (has_zeros && compare_values(a, b, deadline) == Verdict::kCorrect) return true;
  return compare_values(without_degrees(a), without_degrees(b), deadline) == Verdict::kCorrect;
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
      if (given.find(name) != kNowhere || gold.find(name) != kNowhere)
        return may_be_equal_angles(given, gold, deadline) ? Verdict::kUndecided : verdict;
    return compare_values(without_degrees(given), without_degrees(gold), deadline) == Verdict::kCorrect
               ? Verdict::kCorrect
               : verdict;
  }
  return verdict == Verdict::kWrong && may_be_equal_angles(given, gold, deadline) ? Verdict::kUndecided : verdict;
}

// "10K", "5 C", "2bn": a number and letters that may be a unit or a scale, or else factors.
struct Lettered {
  std::string_view number, letters;
  bool behind_blank = false;
};
std::optional<Lettered> lettered(std::string_view value) {
  constexpr size_t kMostLetters = 3;
  value = strip(value);
  size_t begin = value.size();
  while (begin > 0 && is_ascii_letter(value[begin - 1])) --begin;
  const std::string_view number = strip_right(value.substr(0, begin));
  if (begin == value.size() || value.size() - begin > kMostLetters || number.empty() || !is_number(number))
    return std::nullopt;
  return Lettered{number, value.substr(begin), number.size() < begin};
}

// The scales that the letters may be, in whatever case.
std::vector<std::string> scaled_values(const Lettered& value) {
  constexpr std::pair<std::string_view, std::string_view> kLetterScales[] = {
      {"k", "10^3"},   {"m", "10^6"},   {"m", "10^3"}, {"mm", "10^6"},  {"mn", "10^6"},  {"mln", "10^6"},
      {"mil", "10^6"}, {"mio", "10^6"}, {"b", "10^9"}, {"bn", "10^9"},  {"bil", "10^9"}, {"bln", "10^9"},
      {"g", "10^9"},   {"t", "10^12"},  {"t", "10^3"}, {"tn", "10^12"}, {"th", "10^3"}};
  std::vector<std::string> values;
  for (const auto& [letters, scale] : kLetterScales)
    if (lower(value.letters) == letters) values.push_back(fmt::format("({})*{}", value.number, scale));
  return values;
}

// One capital is a unit behind a blank (5 N), some are also without it (5K). Small ones are mostly variables.
bool may_be_unit(const Lettered& value) {
  constexpr std::string_view kTightUnits = "CFKNJWV", kSmallUnits = "cdptuwy";
  const char letter = value.letters[0];
  if (value.letters.size() > 1) return is_unit_symbol(value.letters, true) || is_unit_symbol(value.letters, false);
  return kTightUnits.find(letter) != kNowhere ||
         (value.behind_blank && ((letter >= 'A' && letter <= 'Z') || kSmallUnits.find(letter) != kNowhere));
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

Verdict compare_as_written(const Quantity& given, const Quantity& gold, const Deadline& deadline) {
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

// Whether a letter read as a scale or a unit makes the two equal.
bool may_be_equal_scaled(const Quantity& given, const Quantity& gold, const Deadline& deadline) {
  const auto a = lettered(given.value), b = lettered(gold.value);
  if (!a && !b) return false;
  const auto values = [](const Quantity& quantity, const std::optional<Lettered>& value, bool other_has_letters) {
    std::vector<std::string> all{quantity.value};
    if (value) std::ranges::move(scaled_values(*value), std::back_inserter(all));
    if (value && !other_has_letters && may_be_unit(*value)) all.emplace_back(value->number);
    return all;
  };
  for (const std::string& x : values(given, a, b.has_value()))
    for (const std::string& y : values(gold, b, a.has_value())) {
      if (x == given.value && y == gold.value) continue;
      const Quantity with_x{given.label, x, given.unit}, with_y{gold.label, y, gold.unit};
      if (compare_as_written(with_x, with_y, deadline) != Verdict::kWrong) return true;
    }
  return false;
}

}  // namespace

std::string as_quotient(const std::vector<std::string_view>& parts) {
  return fmt::format("({})/({})", parts[0], parts[1]);
}

Verdict compare_quantities(const Quantity& given, const Quantity& gold, const Deadline& deadline) {
  const Verdict verdict = compare_as_written(given, gold, deadline);
  return verdict == Verdict::kWrong && may_be_equal_scaled(given, gold, deadline) ? Verdict::kUndecided : verdict;
}

}  // namespace hrm::grading
