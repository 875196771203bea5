#include "grading/number_set.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/shape.h"
#include "grading/text_edit.h"
#include "grading/value_equality.h"

namespace hrm::grading {
namespace {

using Piece = NumberSet::Piece;

struct Relation {
  size_t at = kNowhere, size = 0;
  char sign = 0;  // '<' '>' '!'
  bool equal = false;
};

Relation next_relation(std::string_view text, size_t from) {
  Relation first;
  for (const auto& [mark, sign, equal] :
       {std::tuple("<", '<', false), std::tuple(">", '>', false), std::tuple("\\leq", '<', true),
        std::tuple("\\geq", '>', true), std::tuple("\\neq", '!', false)}) {
    const size_t at = find_outside(text, mark, from);
    if (at < first.at) first = {at, std::string_view(mark).size(), sign, equal};
  }
  return first;
}

bool is_variable(std::string_view text) {
  if (is_single_letter(text)) return true;
  return text.starts_with('\\') && text.size() > 2 && text != "\\pi" && text != "\\infty" &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 1) == kNowhere;
}

// A bound of an interval; empty if it is infinite on that side.
std::string lower_bound_of(std::string_view text) {
  std::string plain = squeezed(text);
  return plain == "-\\infty" ? std::string() : plain;
}
std::string upper_bound_of(std::string_view text) {
  std::string plain = squeezed(text);
  return plain == "\\infty" || plain == "+\\infty" ? std::string() : plain;
}

// "x \geq 5", "-2 < x \leq 7", "5 > x", "x \neq 3".
std::optional<Piece> piece_of_relation(std::string_view text, std::string& variable) {
  const Relation first = next_relation(text, 0);
  if (first.at == kNowhere) return std::nullopt;
  const Relation second = next_relation(text, first.at + first.size);
  const std::string left = squeezed(text.substr(0, first.at));
  const size_t end = second.at == kNowhere ? text.size() : second.at;
  const std::string middle = squeezed(text.substr(first.at + first.size, end - first.at - first.size));
  Piece piece;
  if (second.at != kNowhere) {
    if (next_relation(text, second.at + second.size).at != kNowhere || first.sign != second.sign || first.sign == '!' ||
        !is_variable(middle))
      return std::nullopt;
    const std::string right = squeezed(text.substr(second.at + second.size));
    if (left.empty() || right.empty()) return std::nullopt;
    variable = middle;
    piece = {lower_bound_of(left), upper_bound_of(right), first.equal, second.equal};
    if (first.sign == '>') piece = {lower_bound_of(right), upper_bound_of(left), second.equal, first.equal};
    return piece;
  }
  const bool variable_left = is_variable(left) || left.empty();
  if (variable_left == is_variable(middle)) return std::nullopt;
  variable = variable_left ? left : middle;
  const std::string& value = variable_left ? middle : left;
  if (value.empty()) return std::nullopt;
  if (value.find(variable) != kNowhere && !variable.empty() && !value.starts_with('\\')) return std::nullopt;
  if (first.sign == '!') return Piece{.low = value, .high = "", .is_all_but = true};
  const bool upper = (first.sign == '<') == variable_left;
  if (upper) return Piece{.low = "", .high = value, .holds_high = first.equal};
  return Piece{.low = value, .high = "", .holds_low = first.equal};
}

// "at least 5", "5 or more", with the words' meaning as a relation; empty: there is none.
std::string relation_of_words(std::string_view text) {
  std::string small = lower(text);
  replace_all(small, "\\text{", " ");
  replace_all(small, "}", " ");
  const std::string_view plain = strip(small);
  for (const auto& [words, sign] :
       {std::pair("at least ", "\\geq "), std::pair("no less than ", "\\geq "), std::pair("at most ", "\\leq "),
        std::pair("no more than ", "\\leq "), std::pair("more than ", "> "), std::pair("greater than ", "> "),
        std::pair("less than ", "< "), std::pair("fewer than ", "< ")})
    if (plain.starts_with(words)) return sign + std::string(plain.substr(std::string_view(words).size()));
  for (const auto& [words, sign] :
       {std::pair("or more", "\\geq "), std::pair("or greater", "\\geq "), std::pair("or higher", "\\geq "),
        std::pair("or larger", "\\geq "), std::pair("or above", "\\geq "), std::pair("or less", "\\leq "),
        std::pair("or fewer", "\\leq "), std::pair("or lower", "\\leq "), std::pair("or smaller", "\\leq "),
        std::pair("or below", "\\leq ")})
    if (plain.ends_with(words))
      return sign + std::string(strip(plain.substr(0, plain.size() - std::string_view(words).size())));
  return {};
}

std::optional<NumberSet> set_of_relations(std::string_view text, const std::vector<std::string>& parts) {
  NumberSet set;
  bool all_but = true;
  for (const std::string& part : parts) {
    std::string variable;
    auto piece = piece_of_relation(part, variable);
    if (!piece || (!set.variable.empty() && variable != set.variable)) return std::nullopt;
    set.variable = variable;
    all_but = all_but && piece->is_all_but;
    set.pieces.push_back(*std::move(piece));
  }
  const bool has_and = text.find(kAnd) != kNowhere, has_or = text.find(kOr) != kNowhere;
  if (parts.size() > 1 && has_and == has_or && !(all_but && !has_and)) return std::nullopt;
  set.is_common = has_and || (all_but && !has_or);
  return set;
}

// "x > 2" of "\\{x \\mid x > 2\\}" and "\\{x \\in \\mathbb{R} : x > 2\\}", with its variable; nullopt: it is no such set.
std::optional<std::pair<std::string, std::string_view>> set_builder_of(std::string_view text) {
  text = strip(text);
  if (!text.starts_with("\\{") || !text.ends_with("\\}") || !encloses(text.substr(1))) return std::nullopt;
  const std::string_view inner = strip(text.substr(2, text.size() - 4));
  for (const std::string_view mark : {"\\mid", "|", ":"}) {
    const size_t at = find_outside(inner, mark);
    if (at == kNowhere) continue;
    const std::string_view condition = strip(inner.substr(at + mark.size()));
    std::string_view name = strip(inner.substr(0, at));
    if (const size_t member = find_outside(name, "\\in"); member != kNowhere) {
      if (!is_all_reals(name.substr(member + 3))) return std::nullopt;
      name = strip(name.substr(0, member));
    }
    if (!is_variable(name) || !has_relation(condition)) return std::nullopt;
    return std::pair(squeezed(name), condition);
  }
  return std::nullopt;
}

// "\\mathbb{R} \\setminus \\{2, 3\\}".
std::optional<NumberSet> all_but_some(std::string_view text) {
  for (const std::string_view mark : {"\\setminus", "\\smallsetminus", "\\backslash", "-"}) {
    const size_t at = find_outside(text, mark);
    if (at == kNowhere || !is_all_reals(text.substr(0, at))) continue;
    const Shape without = shape_of(unwrapped(text.substr(at + mark.size())));
    if (without.kind != Shape::Kind::kSet || without.elements.empty()) return std::nullopt;
    NumberSet set{.variable = "", .pieces = {}, .is_common = true, .is_difference = true};
    for (const std::string& element : without.elements)
      set.pieces.push_back({.low = element, .high = "", .is_all_but = true});
    return set;
  }
  return std::nullopt;
}

bool append_shape(const Shape& shape, NumberSet& set) {
  switch (shape.kind) {
    case Shape::Kind::kSet:
      for (const std::string& element : shape.elements) set.pieces.push_back({element, element, true, true});
      return true;
    case Shape::Kind::kOrdered:
      if (shape.elements.size() != 2) return false;
      set.pieces.push_back({lower_bound_of(shape.elements[0]), upper_bound_of(shape.elements[1]),
                            shape.brackets[0] == '[', shape.brackets[1] == ']'});
      return true;
    case Shape::Kind::kUnion:
      return std::ranges::all_of(shape.elements, [&](const std::string& element) {
        if (is_empty_set(element)) return true;
        const Shape piece = shape_of(unwrapped(element));
        return piece.kind != Shape::Kind::kUnion && append_shape(piece, set);
      });
    default:
      return false;
  }
}

// A number that bounds a piece, and about where it is.
struct Cut {
  std::string text;
  double value = 0;
};

constexpr double kApart = 1e-6;  // of two cuts that differ, relative

// The cuts of both sets in order, each once. nullopt: one is not a number, or two cannot be told apart.
std::optional<std::vector<Cut>> cuts_of(const NumberSet& a, const NumberSet& b, const Deadline& deadline) {
  std::vector<Cut> cuts;
  for (const NumberSet* set : {&a, &b})
    for (const Piece& piece : set->pieces)
      for (const std::string* text : {&piece.low, &piece.high}) {
        if (text->empty()) continue;
        const auto value = about(*text);
        if (!value) return std::nullopt;
        const auto near = [&](const Cut& cut) {
          return std::abs(cut.value - *value) <= kApart * std::max({1.0, std::abs(cut.value), std::abs(*value)});
        };
        const auto same = std::ranges::find_if(cuts, near);
        if (same == cuts.end())
          cuts.push_back({*text, *value});
        else if (same->text != *text && compare_values(same->text, *text, deadline) != Verdict::kCorrect)
          return std::nullopt;
      }
  std::ranges::sort(cuts, {}, &Cut::value);
  return cuts;
}

// Whether the piece contains the value, which is a cut (`at_cut`) or lies between two.
bool contains(const Piece& piece, double value, bool at_cut) {
  const auto place = [&](const std::string& text) {
    const double limit = *about(text);
    const double scale = std::max({1.0, std::abs(limit), std::abs(value)});
    if (at_cut && std::abs(value - limit) <= kApart * scale) return 0;
    return value < limit ? -1 : 1;
  };
  if (piece.is_all_but) return place(piece.low) != 0;
  if (!piece.low.empty()) {
    const int side = place(piece.low);
    if (side < 0 || (side == 0 && !piece.holds_low)) return false;
  }
  if (!piece.high.empty()) {
    const int side = place(piece.high);
    if (side > 0 || (side == 0 && !piece.holds_high)) return false;
  }
  return true;
}

bool contains(const NumberSet& set, double value, bool at_cut) {
  const auto within = [&](const Piece& piece) { return contains(piece, value, at_cut); };
  return set.is_common ? std::ranges::all_of(set.pieces, within) : std::ranges::any_of(set.pieces, within);
}

// Pieces with symbols in their bounds: the same ones in the same order.
Verdict compare_in_order(const NumberSet& a, const NumberSet& b, const Deadline& deadline) {
  if (a.pieces.size() != b.pieces.size() || a.is_common != b.is_common) return Verdict::kUndecided;
  for (size_t i = 0; i < a.pieces.size(); ++i) {
    const Piece &x = a.pieces[i], &y = b.pieces[i];
    if (x.holds_low != y.holds_low || x.holds_high != y.holds_high || x.is_all_but != y.is_all_but)
      return Verdict::kUndecided;
    for (const auto& [left, right] : {std::pair(&x.low, &y.low), std::pair(&x.high, &y.high)}) {
      if (left->empty() != right->empty()) return Verdict::kUndecided;
      if (!left->empty() && compare_values(*left, *right, deadline) != Verdict::kCorrect) return Verdict::kUndecided;
    }
  }
  return Verdict::kCorrect;
}

}  // namespace

bool is_all_reals(std::string_view text) {
  std::string plain(text);
  std::erase(plain, ' ');
  if (plain == "\\R" || plain == "\\Reals" || plain == "\\reals") return true;
  for (const std::string_view style : {"\\mathbb", "\\Bbb"})
    for (const std::string_view letter : {"R", "{R}"})
      if (plain == std::string(style) + std::string(letter)) return true;
  return false;
}

std::optional<SimpleRelation> relation_of(std::string_view text) {
  const Relation first = next_relation(text, 0);
  if (first.at == kNowhere || next_relation(text, first.at + first.size).at != kNowhere) return std::nullopt;
  const std::string_view left = strip(text.substr(0, first.at)), right = strip(text.substr(first.at + first.size));
  const std::string_view sign = first.sign == '!' ? "\\neq" : first.equal ? "\\leq" : "<";
  return first.sign == '>' ? SimpleRelation{right, left, sign} : SimpleRelation{left, right, sign};
}

bool has_relation(std::string_view text) { return next_relation(text, 0).at != kNowhere; }

bool is_set_builder(std::string_view text) { return set_builder_of(text).has_value(); }

std::optional<NumberSet> number_set_of(std::string_view text, bool as_interval) {
  text = unwrapped(text);
  if (const std::string words = relation_of_words(text); !words.empty()) {
    auto set = set_of_relations(words, {words});
    if (set) set->is_of_words = true;
    return set;
  }
  if (has_relation(text)) return set_of_relations(text, list_parts(text));
  if (const auto built = set_builder_of(text)) {
    auto set = set_of_relations(built->second, list_parts(built->second));
    return set && set->variable == built->first ? set : std::nullopt;
  }
  if (auto set = all_but_some(text)) return set;
  if (is_all_reals(text)) return NumberSet{.variable = "", .pieces = {Piece{}}};
  const Shape shape = shape_of(text);
  if (shape.kind == Shape::Kind::kOrdered && !as_interval && shape.brackets != "[)" && shape.brackets != "(]")
    return std::nullopt;
  NumberSet set;
  if (!append_shape(shape, set)) return std::nullopt;
  return set;
}

Verdict compare_sets(const NumberSet& given, const NumberSet& gold, const Deadline& deadline) {
  constexpr size_t kMostPieces = 32;
  if (given.pieces.size() > kMostPieces || gold.pieces.size() > kMostPieces) return Verdict::kUndecided;
  if (!given.variable.empty() && !gold.variable.empty() && given.variable != gold.variable) return Verdict::kUndecided;
  const auto cuts = cuts_of(given, gold, deadline);
  if (!cuts) return compare_in_order(given, gold, deadline);
  // n > 4 and n \geq 5 are one where n is an integer.
  const std::string& variable = given.variable.empty() ? gold.variable : given.variable;
  const Verdict different =
      variable == "n" || variable == "k" || variable == "m" ? Verdict::kUndecided : Verdict::kWrong;
  std::vector<std::pair<double, bool>> places;
  if (cuts->empty()) places.emplace_back(0, false);
  for (size_t i = 0; i < cuts->size(); ++i) {
    const double value = (*cuts)[i].value;
    if (i == 0) places.emplace_back(value - 1 - std::abs(value), false);
    places.emplace_back(value, true);
    const bool last = i + 1 == cuts->size();
    places.emplace_back(last ? value + 1 + std::abs(value) : (value + (*cuts)[i + 1].value) / 2, false);
  }
  const auto differ = [&](double value, bool at_cut) {
    return contains(given, value, at_cut) != contains(gold, value, at_cut);
  };
  if (std::ranges::none_of(places, [&](const auto& place) { return differ(place.first, place.second); }))
    return Verdict::kCorrect;
  // "more than 4" is "at least 5" of what is counted.
  const auto differ_at_whole = [&](const Cut& cut) {
    const double low = std::floor(cut.value), high = std::ceil(cut.value);
    for (const double value : {low - 1, low, high, high + 1})
      if (differ(value, true)) return true;
    return false;
  };
  const auto is_all = [](const NumberSet& set) {
    return set.pieces.size() == 1 && set.pieces[0].low.empty() && set.pieces[0].high.empty();
  };
  if ((given.is_difference && is_all(gold)) || (gold.is_difference && is_all(given))) return Verdict::kUndecided;
  if (given.is_of_words || gold.is_of_words)
    return std::ranges::any_of(*cuts, differ_at_whole) ? Verdict::kWrong : Verdict::kUndecided;
  return different;
}

}  // namespace hrm::grading
