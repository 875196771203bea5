#include "grading/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/text_edit.h"
#include "grading/unit_spelling.h"
#include "grading/value_equality.h"

namespace hrm::grading {
namespace {

constexpr std::string_view kNoUnits[] = {"pi", "sqrt", "sin", "cos", "tan", "log", "ln", "exp", "infty", "cot", "sec"};
constexpr std::string_view kFunctions[] = {"sin", "cos", "tan", "cot", "sec", "csc"};

// Something that can have a unit.
bool has_value(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return is_ascii_digit(c) || c == '\\'; });
}

bool has_function(std::string_view text) {
  return std::ranges::any_of(kFunctions, [&](std::string_view name) { return text.find(name) != kNowhere; });
}

bool take_end(std::string_view& text, std::string_view mark) {
  if (!text.ends_with(mark)) return false;
  text = strip_right(text.substr(0, text.size() - mark.size()));
  return true;
}

// One letter, an own name of letters, a Greek letter, f(x), P(A), \angle ABC, (p,q).
bool is_label(std::string_view name) {
  if (name.empty() || name.size() > 40) return false;
  if (name.starts_with("\\text{")) return group_end(name, 5) == name.size();
  for (const std::string_view mark : {"\\angle", "\\triangle", "m\\angle", "\\overline", "\\measuredangle"})
    if (name.starts_with(mark)) {
      name = strip_left(name.substr(mark.size()));
      return !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ{}123") == kNowhere;
    }
  if (name.starts_with('(')) {
    if (!encloses(name)) return false;
    const auto parts = split_outside(name.substr(1, name.size() - 2), ",");
    return parts.size() > 1 && std::ranges::all_of(parts, [](std::string_view part) {
             return !part.starts_with('(') && is_label(squeezed(part));
           });
  }
  const bool macro = name[0] == '\\';
  const std::string_view letters = name.substr(macro);
  size_t word = 0;
  while (word < letters.size() && is_ascii_letter(letters[word])) ++word;
  if (word == 0 || (macro && has_function(name))) return false;
  const std::string_view behind = letters.substr(word);
  const bool capitals = std::ranges::all_of(letters.substr(0, word), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!macro && word > 1 && !(capitals && word <= 4) && word < 4) return false;
  if (behind.empty() || behind == "'") return true;
  if (behind.starts_with('_')) return behind.size() <= 6 && behind.find_first_of("+-*/=") == kNowhere;
  return behind.starts_with('(') && encloses(behind) && behind.size() <= 8;
}

// "Mm" is no mm, and "kM" may be a product; "MIN", "Min" and "mL" are as good as small letters.
bool keeps_meaning_in_small_letters(std::string_view word) {
  const std::string small = lower(word);
  if (small == word || word == "mL") return true;
  if (small == "mm" || small == "mg" || small == "ml") return false;
  const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  return !is_small(word[0]) && (std::ranges::all_of(word.substr(1), is_small) || std::ranges::none_of(word, is_small));
}

// In small letters, unless a word with a capital is no unit: then it is a name, and says something.
std::string unit_words(std::string_view words) {
  std::string small = lower(words);
  for (size_t i = 0; i < words.size(); ++i) {
    const bool begins = is_ascii_letter(words[i]) && (i == 0 || !is_ascii_letter(words[i - 1]));
    if (!begins) continue;
    const std::string_view written = leading_letters(words.substr(i));
    const std::string_view word = std::string_view(small).substr(i, written.size());
    if (is_unit_symbol(written, true) || is_unit_symbol(written, false)) {
      small.replace(i, written.size(), written);
      continue;
    }
    const bool is_unit = is_unit_word(word) || !scale_of(word).empty();
    if (is_unit ? !keeps_meaning_in_small_letters(written) : written[0] < 'a') return std::string(words);
  }
  return small;
}

// "\text{cm}^2" at the end: its words in small letters.
bool take_text(std::string_view& text, std::string& phrase) {
  std::string_view plain = text;
  std::string_view exponent;
  const size_t caret = text.rfind('^');
  if (caret != kNowhere && text.size() - caret <= 4) {
    const std::string_view power = unwrapped(text.substr(caret + 1));
    if (power == "2" || power == "3") {
      exponent = power;
      plain = strip_right(text.substr(0, caret));
    }
  }
  const size_t macro = plain.rfind("\\text{");
  if (macro == kNowhere || group_end(plain, macro + 5) != plain.size() || !has_value(plain.substr(0, macro)))
    return false;
  std::string words = unit_words(plain.substr(macro + 6, plain.size() - macro - 7));
  while (words.ends_with('.') || words.ends_with(' ')) words.pop_back();
  if (!exponent.empty()) words.append("^").append(exponent);
  phrase = phrase.empty() ? words : words + " " + phrase;
  text = strip_right(plain.substr(0, macro));
  return true;
}

// "5 m": one letter after a blank and a plain number.
bool is_letter_unit(std::string_view before, std::string_view word) {
  constexpr std::string_view kLetters = "mgsLhl";
  return word.size() == 1 && kLetters.find(word) != kNowhere && before.ends_with(' ') && has_value(before) &&
         before.find_first_not_of("0123456789.,+-/{}() \\frac") == kNowhere;
}

// Plain words at the end, after a number: "5 square feet", "5cm^2", "60 km/h".
bool take_words(std::string_view& text, std::string& phrase) {
  size_t begin = text.size();
  const auto is_part = [](char c) { return is_ascii_letter(c) || c == ' ' || c == '/' || c == '^' || c == '-'; };
  // An exponent after a letter belongs to the unit.
  const auto is_exponent = [&](size_t at) {
    return (text[at] == '2' || text[at] == '3') && at > 0 && text[at - 1] == '^';
  };
  while (begin > 0 && (is_part(text[begin - 1]) || is_exponent(begin - 1))) --begin;
  while (begin < text.size() && !is_ascii_letter(text[begin])) ++begin;
  if (begin >= text.size() || begin == 0 || text[begin - 1] == '\\') {
    // "\pi cm": the letters after a macro's name are another word.
    if (begin >= text.size() || begin == 0) return false;
    while (begin < text.size() && is_ascii_letter(text[begin])) ++begin;
    while (begin < text.size() && text[begin] == ' ') ++begin;
    if (begin >= text.size() || !is_ascii_letter(text[begin])) return false;
  }
  const std::string_view before = text.substr(0, begin), words = text.substr(begin);
  if (!has_value(before) || before.ends_with('(') || before.ends_with('_')) return false;
  const size_t first_end = std::min(words.find_first_of(" /^-"), words.size());
  const std::string_view first = words.substr(0, first_end);
  if (holds(kNoUnits, first)) return false;
  const bool goes_on = words.size() > 1 && (words[1] == '/' || words[1] == '^' || words.substr(1).starts_with(" per "));
  const bool alone = words.size() == 1 || (goes_on && unit_of(lower(words)).kind == Unit::Kind::kMeasure);
  const bool letter = alone && is_letter_unit(before, first);
  if (!letter) {
    const std::string small = lower(first);
    const bool behind_blank = before.ends_with(' ');
    const bool named = (first.size() > 1 && (is_unit_word(small) || !scale_of(small).empty() || small == "sq")) ||
                       (behind_blank && is_unit_symbol(first, false));
    const bool word = first.size() >= 4 || (first.size() >= 3 && behind_blank);
    if (!named && !word && !(first.size() == 2 && behind_blank && words.size() > 2)) return false;
  }
  const std::string named_so = unit_words(words);
  phrase = phrase.empty() ? named_so : named_so + " " + phrase;
  text = strip_right(before);
  return true;
}

bool take_sign(std::string_view& text, std::string& phrase) {
  for (const auto& [mark, name] :
       {std::pair("\\%", "percent"), std::pair("\\$", "dollars"), std::pair("\\cent", "cents"),
        std::pair("\\euro", "euros"), std::pair("\\yen", "yen"), std::pair("\\rupee", "rupees")})
    if (take_end(text, mark)) {
      phrase = phrase.empty() ? name : std::string(name) + " " + phrase;
      return true;
    }
  return false;
}

// Degrees of an angle or of temperature; inside of functions they stay.
bool take_degree(std::string_view& text, std::string& phrase) {
  if (has_function(text)) return false;
  std::string_view ahead = text;
  const bool of_heat = phrase == "celsius" || phrase == "fahrenheit";
  if (of_heat && take_end(ahead, "\\degree")) {
    text = ahead;
    return true;
  }
  const char* name = take_end(ahead, "C") ? "celsius" : take_end(ahead, "F") ? "fahrenheit" : "degrees";
  if (!take_end(ahead, "\\degree") || ahead.find("\\degree") != kNowhere) return false;
  phrase = phrase.empty() ? name : std::string(name) + " " + phrase;
  text = ahead;
  return true;
}

// "\$5" and "-\$5": the sign goes, the minus stays.
void take_money(std::string& value, std::string& phrase) {
  std::string_view text = value;
  const bool minus = text.starts_with('-');
  if (minus) text = strip_left(text.substr(1));
  for (const auto& [mark, name] :
       {std::pair("\\$", "dollars"), std::pair("\\euro", "euros"), std::pair("\\pounds", "sterling"),
        std::pair("\\yen", "yen"), std::pair("\\rupee", "rupees"), std::pair("US\\$", "dollars"),
        std::pair("USD ", "dollars"), std::pair("EUR ", "euros"), std::pair("Rs. ", "rupees"),
        std::pair("Rs ", "rupees")}) {
    if (!text.starts_with(mark)) continue;
    const std::string_view number = strip_left(text.substr(std::string_view(mark).size()));
    if (mark[0] != '\\' && (number.empty() || !is_ascii_digit(number[0]))) continue;
    if (phrase.empty() || phrase == name)
      phrase = name;
    else if (phrase.starts_with("per ") || phrase.starts_with('/'))
      phrase = std::string(name) + " " + phrase;
    else
      phrase = std::string(name) + " " + phrase;
    value = (minus ? "-" : "") + std::string(number);
    return;
  }
}

// "million dollars": the scale goes to the value.
void take_scale(std::string& value, std::string& phrase) {
  const size_t end = std::min(phrase.find(' '), phrase.size());
  const std::string_view scale = scale_of(std::string_view(phrase).substr(0, end));
  if (scale.empty()) return;
  value = fmt::format("({})*{}", value, scale);
  phrase = std::string(strip(std::string_view(phrase).substr(end)));
}

}  // namespace

std::string take_label(std::string_view& text) {
  size_t mark = find_outside(text, "=");
  size_t size = 1;
  if (mark != kNowhere) {
    if (find_outside(text, "=", mark + 1) != kNowhere) return {};
  } else {
    mark = find_outside(text, "\\in");
    size = 3;
    if (mark == kNowhere || (mark + 3 < text.size() && is_ascii_letter(text[mark + 3]))) return {};
  }
  std::string name = squeezed(text.substr(0, mark));
  if (!is_label(name)) return {};
  text = strip(text.substr(mark + size));
  return name;
}

Quantity quantity_of(std::string_view written) {
  Quantity quantity;
  const std::string plain = plain_units(written);
  std::string_view text = unwrapped(plain);
  quantity.label = take_label(text);
  text = unwrapped(text);
  std::string phrase;
  constexpr int kMostWords = 6;
  for (int i = 0; i < kMostWords; ++i) {
    text = strip_right(text);
    if (!take_sign(text, phrase) && !take_degree(text, phrase) && !take_text(text, phrase) && !take_words(text, phrase))
      break;
  }
  quantity.value = std::string(unwrapped(text));
  take_scale(quantity.value, phrase);
  take_money(quantity.value, phrase);
  // "(\$5)*10^6"
  if (quantity.value.starts_with("(\\$")) {
    quantity.value.erase(1, 2);
    phrase = phrase.empty() || phrase == "dollars" ? "dollars" : "dollars " + phrase;
  }
  if (!phrase.empty()) quantity.unit = unit_of(phrase);
  return quantity;
}

std::optional<Quantity> compound_of(std::string_view text) {
  constexpr size_t kMostParts = 4;
  constexpr char kBetween[] = {' ', ',', kAnd};
  Quantity sum;
  double last = 0;
  size_t parts = 0;
  for (text = unwrapped(text); !text.empty(); ++parts) {
    const bool dollars = text.starts_with("\\$");
    if (dollars) text = strip_left(text.substr(2));
    const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string_view number = text.substr(0, digits);
    if (number.empty() || !is_number(number) || parts == kMostParts) return std::nullopt;
    text = strip_left(text.substr(digits));
    const bool in_text = text.starts_with("\\text{");
    if (in_text) text.remove_prefix(6);
    const size_t letters = leading_letters(text).size();
    const Unit unit = unit_of(dollars && letters == 0 ? "dollars" : lower(text.substr(0, letters)));
    text.remove_prefix(letters);
    if (in_text && !text.starts_with('}')) return std::nullopt;
    text.remove_prefix(in_text);
    const auto size = about(unit.factor);
    if (unit.kind != Unit::Kind::kMeasure || !size ||
        (parts > 0 && (*size >= last || unit.quantity != sum.unit.quantity)))
      return std::nullopt;
    last = *size;
    sum.unit = {.kind = Unit::Kind::kMeasure, .quantity = unit.quantity};
    sum.value += fmt::format("{}({})*({})", parts > 0 ? "+" : "", number, unit.factor);
    text.remove_prefix(std::min(text.find_first_not_of(kBetween, 0, std::size(kBetween)), text.size()));
  }
  if (parts < 2) return std::nullopt;
  return sum;
}

}  // namespace hrm::grading
