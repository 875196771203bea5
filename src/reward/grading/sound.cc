#include "grading/sound.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/choice.h"
#include "grading/clock.h"
#include "grading/matching.h"
#include "grading/number_set.h"
#include "grading/other_readings.h"
#include "grading/scalar_equality.h"
#include "grading/shape.h"
#include "grading/spelling.h"
#include "grading/text_edit.h"
#include "grading/value_equality.h"
#include "grading/words.h"

namespace hrm::grading {
namespace {

SoundVerdict decided(bool correct, std::string_view by) { return {correct ? Verdict::kCorrect : Verdict::kWrong, by}; }

SoundVerdict as_decided(Verdict verdict, std::string_view by) {
  return verdict == Verdict::kUndecided ? SoundVerdict{} : SoundVerdict{verdict, by};
}

// Text that only capitals and brackets set apart.
bool same_but_case(std::string_view a, std::string_view b) {
  const auto plain = [](std::string_view text) {
    std::string kept = squeezed(lower(text));
    std::erase_if(kept, [](char c) { return c == '(' || c == ')'; });
    return kept;
  };
  return plain(a) == plain(b);
}

class Grader {
 public:
  explicit Grader(const Deadline& deadline) : deadline_(deadline) {}

  SoundVerdict compare(std::string_view given, std::string_view gold) {
    if (++depth_ > kMostDepth) return {};
    const SoundVerdict verdict = compared(without_sign(unwrapped(given)), without_sign(unwrapped(gold)));
    --depth_;
    return verdict;
  }

 private:
  static constexpr int kMostDepth = 8;
  static constexpr size_t kMostElements = 64;

  // "= 5" is the end of an equation.
  static std::string_view without_sign(std::string_view text) {
    const bool ends_equation = text.size() > 1 && text[0] == '=' && text.find('=', 1) == kNowhere;
    return ends_equation ? unwrapped(text.substr(1)) : text;
  }

  SoundVerdict compared(std::string_view given, std::string_view gold) {
    if (squeezed(given) == squeezed(gold)) return decided(true, "normal form");
    const bool none_given = is_empty_set(given), none_gold = is_empty_set(gold);
    if (none_given || none_gold) return compare_empty(none_given && none_gold, none_given ? gold : given);
    if (const Choice a = choice_of(given), b = choice_of(gold);
        (a.letter || b.letter) && list_parts(given).size() == 1 && list_parts(gold).size() == 1) {
      // A letter may stand for a choice whose value the other side gives.
      return a.letter && b.letter ? compare_choices(a, b) : SoundVerdict{};
    }
    if (is_words(given) || is_words(gold)) return compare_text(given, gold);
    if (const auto verdict = compare_ranges(given, gold)) return *verdict;
    if (const auto verdict = compare_compounds(given, gold)) return *verdict;
    if (needs_number_sets(given) || needs_number_sets(gold)) return compare_number_sets(given, gold);
    Shape a = shape_of(given), b = shape_of(gold);
    if (a.elements.size() > kMostElements || b.elements.size() > kMostElements) return {};
    if (a.kind == Shape::Kind::kList || b.kind == Shape::Kind::kList)
      return compare_lists(as_list(std::move(a), given), as_list(std::move(b), gold));
    return compare_single(given, gold);
  }

  // What is neither a list nor a set is a list of one. The name of a set is each element's: x \in \{1,2\} is x=1, x=2.
  static Shape as_list(Shape shape, std::string_view text) {
    if (shape.kind == Shape::Kind::kList || shape.kind == Shape::Kind::kSet) return shape;
    std::string_view value = text;
    if (const std::string label = take_label(value); !label.empty()) {
      Shape inner = shape_of(unwrapped(value));
      if (inner.kind == Shape::Kind::kList || inner.kind == Shape::Kind::kSet) {
        for (std::string& element : inner.elements)
          if (element.find('=') == std::string::npos) element.insert(0, label + "=");
        return inner;
      }
    }
    return {.kind = Shape::Kind::kList, .brackets = "", .elements = {std::string(text)}};
  }

  static SoundVerdict compare_text(std::string_view given, std::string_view gold) {
    if (const auto a = number_of_word(given), b = number_of_word(gold); !a.empty() || !b.empty()) {
      const std::string_view x = a.empty() ? given : a, y = b.empty() ? gold : b;
      if (x == y) return decided(true, "words");
    }
    return as_decided(compare_words(given, gold), "words");
  }

  // Nothing against something that surely holds an element.
  static SoundVerdict compare_empty(bool both, std::string_view other) {
    if (both) return decided(true, "normal form");
    const Shape shape = shape_of(other);
    const bool holds =
        shape.kind != Shape::Kind::kScalar && shape.kind != Shape::Kind::kUnion &&
        std::ranges::all_of(shape.elements, [](const std::string& element) { return is_number(element); });
    return holds ? decided(false, "elements") : SoundVerdict{};
  }

  SoundVerdict compare_choices(const Choice& given, const Choice& gold) {
    if (given.letter != gold.letter) return decided(false, "words");
    if (given.rest.empty() && gold.rest.empty()) return decided(true, "words");
    if (given.rest.empty() || gold.rest.empty())
      return takes_back(given.rest.empty() ? gold.rest : given.rest) ? SoundVerdict{} : decided(true, "words");
    return compare(given.rest, gold.rest).verdict == Verdict::kCorrect ? decided(true, "words") : SoundVerdict{};
  }

  // "-2 to 5": two numbers, which are neither of them; a ratio may be one number.
  std::optional<SoundVerdict> compare_ranges(std::string_view given, std::string_view gold) {
    const auto ends = [](std::string_view text) {
      for (const std::string_view mark : {" to ", "\\text{to}"})
        if (auto parts = split_outside(text, mark); parts.size() == 2 && !parts[0].empty() && !parts[1].empty())
          return parts;
      return std::vector<std::string_view>();
    };
    const auto a = ends(given), b = ends(gold);
    if (a.empty() && b.empty()) return std::nullopt;
    if (a.empty() || b.empty()) {
      const auto& range = a.empty() ? b : a;
      const std::string_view other = a.empty() ? given : gold;
      if (!is_number(other) || !is_number(range[0]) || !is_number(range[1])) return SoundVerdict{};
      if (split_outside(other, "-").size() == 2 && !other.starts_with('-'))
        return SoundVerdict{};  // 5-6 is 5 to 6, too
      const Verdict ratio = compare_values(as_quotient(range), other, deadline_);
      return ratio == Verdict::kWrong ? decided(false, "elements") : SoundVerdict{};
    }
    const SoundVerdict low = compare(a[0], b[0]), high = compare(a[1], b[1]);
    if (low.verdict == Verdict::kCorrect && high.verdict == Verdict::kCorrect) return decided(true, "elements");
    return SoundVerdict{};
  }

  // "1 hour and 30 minutes" is one value and no list.
  std::optional<SoundVerdict> compare_compounds(std::string_view given, std::string_view gold) {
    const auto a = compound_of(given), b = compound_of(gold);
    if ((!a && !b) || (!a && list_parts(given).size() > 1) || (!b && list_parts(gold).size() > 1)) return std::nullopt;
    const Quantity x = a ? *a : quantity_of(given), y = b ? *b : quantity_of(gold);
    const Verdict verdict = compare_quantities(x, y, deadline_);
    // "5 feet, 6 inches" may be two lengths.
    if ((a && find_outside(given, ",") != kNowhere) || (b && find_outside(gold, ",") != kNowhere))
      return verdict == Verdict::kCorrect ? std::optional(SoundVerdict{}) : std::nullopt;
    // Against a number without a unit only what is equal is certain.
    const bool certain = verdict == Verdict::kCorrect || x.unit.kind == y.unit.kind;
    return as_decided(certain ? verdict : Verdict::kUndecided, "algebra");
  }

  static std::string_view without_label(std::string_view text) {
    take_label(text);
    return text;
  }

  static bool needs_number_sets(std::string_view text) {
    if (has_relation(text) || is_set_builder(text) || find_outside(text, "\\cup") != kNowhere ||
        text.find("mathbb{R}") != kNowhere || is_all_reals(without_label(text)))
      return true;
    return text.find("or ") != kNowhere || text.find("least") != kNowhere || text.find("most") != kNowhere ||
           text.find("than") != kNowhere;
  }

  static std::optional<NumberSet> number_set(std::string_view text) {
    std::string_view value = text;
    std::string label;
    if (!has_relation(text)) label = take_label(value);
    auto set = number_set_of(value, true);
    if (set && set->variable.empty()) set->variable = label;
    return set;
  }

  SoundVerdict compare_number_sets(std::string_view given, std::string_view gold) {
    const auto a = number_set(given), b = number_set(gold);
    if (a && b) {
      const Verdict verdict = compare_sets(*a, *b, deadline_);
      if (verdict != Verdict::kUndecided) return {verdict, "elements"};
    }
    // "5 or more" is not a number; "n > 5" may be asked for by its least n.
    for (const auto& [set, other] : {std::pair(&a, gold), std::pair(&b, given)})
      if (*set && (*set)->variable.empty() && (*set)->pieces.size() == 1 && is_number(other))
        return (*set)->pieces[0].low == (*set)->pieces[0].high ? SoundVerdict{} : decided(false, "elements");
    return compare_unions(given, gold);
  }

  // x < y and y > x.
  SoundVerdict compare_relations(std::string_view given, std::string_view gold) {
    const auto a = relation_of(given), b = relation_of(gold);
    if (!a || !b || a->sign != b->sign) return {};
    const bool same = compare_values(a->small, b->small, deadline_) == Verdict::kCorrect &&
                      compare_values(a->large, b->large, deadline_) == Verdict::kCorrect;
    return same ? decided(true, "algebra") : SoundVerdict{};
  }

  // Unions of finite sets as one set; else pieces in any order, which may be cut in more than one way.
  SoundVerdict compare_unions(std::string_view given, std::string_view gold) {
    const auto flat = [](std::string_view text, Shape& all) {
      all = {.kind = Shape::Kind::kSet, .brackets = "{}", .elements = {}};
      for (const std::string_view piece : split_outside(text, "\\cup")) {
        const Shape shape = shape_of(unwrapped(piece));
        if (shape.kind != Shape::Kind::kSet) return false;
        all.elements.insert(all.elements.end(), shape.elements.begin(), shape.elements.end());
      }
      return all.elements.size() <= kMostElements;
    };
    Shape a, b;
    if (flat(given, a) && flat(gold, b)) return compare_lists(a, b);
    if (has_relation(given) || has_relation(gold)) return compare_relations(given, gold);
    a = shape_of(given);
    b = shape_of(gold);
    if (a.kind != Shape::Kind::kUnion || b.kind != Shape::Kind::kUnion || a.elements.size() > kMostElements ||
        b.elements.size() > kMostElements)
      return {};
    const SoundVerdict verdict = compare_lists(a, b);
    return verdict.verdict == Verdict::kCorrect ? verdict : SoundVerdict{};
  }

  // Lists without brackets and sets, in any order.
  SoundVerdict compare_lists(const Shape& given, const Shape& gold) {
    if (const auto verdict = compare_named(given, gold)) return *verdict;
    Matching matching(given.elements.size(), gold.elements.size());
    for (size_t i = 0; i < given.elements.size(); ++i)
      for (size_t j = 0; j < gold.elements.size(); ++j)
        matching.at(i, j) = compare(given.elements[i], gold.elements[j]).verdict;
    const bool other_words = (given.has_and && gold.has_or) || (given.has_or && gold.has_and);
    if (matching.is_one_to_one()) return other_words ? SoundVerdict{} : decided(true, "elements");
    const bool wrong = matching.is_decided() ? counts_elements(given, gold) || matching.has_stranger()
                                             : given.elements.size() == gold.elements.size() && matching.has_stranger();
    // "1/2 or 0.5" says one value twice.
    const bool repeats = (given.has_or || gold.has_or) && matching.is_all(Verdict::kCorrect);
    const bool open = repeats || has_open_signs(given) || has_open_signs(gold) || has_membership(given) ||
                      has_membership(gold) || may_be_one_value(given, gold);
    return wrong && !open ? decided(false, "elements") : SoundVerdict{};
  }

  // "(\pm 3, \pm 4)": two points or four?
  static bool has_open_signs(const Shape& list) {
    return std::ranges::any_of(list.elements, [](const std::string& element) {
      return element.find("\\pm") != kNowhere || element.find("\\mp") != kNowhere;
    });
  }

  // "x, y \in \{1,2\}": what belongs to what?
  static bool has_membership(const Shape& list) {
    return std::ranges::any_of(list.elements, [](std::string_view element) {
      const size_t at = find_outside(element, "\\in");
      return at != kNowhere && leading_letters(element.substr(at + 1)) == "in";
    });
  }

  // In a set no element counts twice.
  static bool counts_elements(const Shape& given, const Shape& gold) {
    return given.kind != Shape::Kind::kSet && gold.kind != Shape::Kind::kSet;
  }

  // "1, 234" as 1234; empty: it is none.
  static std::string joined_thousands(const Shape& list) {
    std::string digits = list.elements[0];
    for (size_t i = 1; i < list.elements.size(); ++i) {
      if (list.elements[i].size() != 3) return {};
      digits += list.elements[i];
    }
    return std::ranges::all_of(digits, is_ascii_digit) ? digits : std::string();
  }

  // "5 boys and 6 girls": how many there are together; empty: the elements are no counts of things.
  static std::string sum_of_things(const Shape& list) {
    std::string sum;
    for (const std::string& element : list.elements) {
      const Quantity count = quantity_of(element);
      if (count.unit.kind != Unit::Kind::kThings) return {};
      sum += (sum.empty() ? "(" : "+(") + count.value + ")";
    }
    return sum;
  }

  // "0,5" may be 0.5, \{1,234\} may hold 1234, "3 and 1/2" may be 3 1/2, and 5 boys and 6 girls may be 11 children.
  bool may_be_one_value(const Shape& given, const Shape& gold) {
    for (const auto& [list, other] : {std::pair(&given, &gold), std::pair(&gold, &given)}) {
      if (list->elements.size() < 2 || other->elements.size() != 1) continue;
      const std::string &first = list->elements[0], &second = list->elements[1];
      std::vector<std::string> values = {joined_thousands(*list), sum_of_things(*list)};
      if (list->elements.size() == 2) {
        std::string whole = first;
        std::erase(whole, '.');
        values.push_back(whole + "." + second);
        values.push_back("(" + first + ")+(" + second + ")");
      }
      const std::string one = quantity_of(other->elements[0]).value;
      for (const std::string& value : values)
        if (!value.empty() && compare_values(value, one, deadline_) == Verdict::kCorrect) return true;
    }
    return false;
  }

  // "x=3, y=2": values by their names. Against values without names in the order of the names.
  std::optional<SoundVerdict> compare_named(const Shape& given, const Shape& gold) {
    const bool any = std::ranges::any_of(given.elements, [](const auto& e) { return e.find('=') != kNowhere; }) ||
                     std::ranges::any_of(gold.elements, [](const auto& e) { return e.find('=') != kNowhere; });
    if (!any) return std::nullopt;
    const Named a = named_of(given), b = named_of(gold);
    const bool a_names = a.has_names() && a.names.size() > 1 && a.is_distinct();
    const bool b_names = b.has_names() && b.names.size() > 1 && b.is_distinct();
    if (a_names && b_names) return compare_by_names(a, b);
    if (!a_names && !b_names) return std::nullopt;
    const Named &with = a_names ? a : b, &without = a_names ? b : a;
    const Shape& bare = a_names ? gold : given;
    std::vector<std::string> values = without.values;
    if (bare.elements.size() == 1) {
      const Shape tuple = shape_of(bare.elements[0]);
      if (tuple.kind == Shape::Kind::kOrdered) values = tuple.elements;
    } else if (std::ranges::any_of(without.names, [](const std::string& name) { return !name.empty(); })) {
      return std::nullopt;
    }
    if (values.size() != with.values.size()) return SoundVerdict{};
    const SoundVerdict verdict = compare_in_order(with.values, values);
    const bool usual = std::ranges::is_sorted(with.names) && verdict.verdict == Verdict::kCorrect;
    return usual ? verdict : SoundVerdict{};
  }

  // "(x,y)=(3,2)" names its values, too.
  static Named named_of(const Shape& list) {
    if (list.elements.size() != 1) return named(list.elements);
    const Quantity one = quantity_of(list.elements[0]);
    const Shape names = shape_of(one.label), values = shape_of(one.value);
    if (names.kind != Shape::Kind::kOrdered || names.elements.size() != values.elements.size())
      return named(list.elements);
    return {names.elements, values.elements};
  }

  SoundVerdict compare_by_names(const Named& given, const Named& gold) {
    if (given.names.size() != gold.names.size()) return {};
    std::vector<std::string> values;
    for (const std::string& name : gold.names) {
      const auto at = std::ranges::find(given.names, name);
      if (at == given.names.end()) return {};
      values.push_back(given.values[static_cast<size_t>(at - given.names.begin())]);
    }
    return compare_in_order(values, gold.values);
  }

  SoundVerdict compare_in_order(const std::vector<std::string>& given, const std::vector<std::string>& gold) {
    if (given.size() != gold.size()) return decided(false, "elements");
    SoundVerdict verdict = decided(true, "elements");
    for (size_t i = 0; i < gold.size(); ++i) {
      const SoundVerdict element = compare(given[i], gold[i]);
      if (element.verdict == Verdict::kWrong) return decided(false, "elements");
      if (element.verdict == Verdict::kUndecided) verdict = {};
    }
    return verdict;
  }

  SoundVerdict compare_single(std::string_view given, std::string_view gold) {
    if (const auto times = compare_clocks(given, gold)) return as_decided(*times, "elements");
    const Quantity a = quantity_of(given), b = quantity_of(gold);
    if (a.label.empty() != b.label.empty() || a.label == b.label) {
      const Shape x = shape_of(a.value), y = shape_of(b.value);
      const bool scalars = x.kind == Shape::Kind::kScalar && y.kind == Shape::Kind::kScalar;
      if (scalars && a.value.find('=') == kNowhere && b.value.find('=') == kNowhere) {
        const Verdict verdict = compare_quantities(a, b, deadline_);
        // "5 m" may be a product.
        const bool units = a.unit.kind == Unit::Kind::kNone
                               ? ends_with_letter(gold)
                               : b.unit.kind == Unit::Kind::kNone && ends_with_letter(given);
        const bool product =
            verdict == Verdict::kWrong && units && compare_values(given, gold, deadline_) == Verdict::kCorrect;
        if (verdict == Verdict::kWrong && !product && (equal_but_letter(given, gold) || equal_but_letter(gold, given)))
          return {};
        return as_decided(product ? Verdict::kCorrect : verdict, "algebra");
      }
      if (!scalars && a.unit.kind == Unit::Kind::kNone && b.unit.kind == Unit::Kind::kNone)
        return compare_shapes(a.label.empty() ? b.label : a.label, x, y);
    }
    const bool plain = a.unit.kind == Unit::Kind::kNone && b.unit.kind == Unit::Kind::kNone;
    if (plain && a.label.starts_with('(') && b.label.starts_with('(')) return compare_named_tuples(a, b);
    return compare_equations(given, gold);
  }

  // " m" or " m^2"
  static bool ends_with_letter(std::string_view text) {
    const size_t blank = text.rfind(' ');
    const size_t size = blank == kNowhere ? 0 : text.size() - blank;
    return size == 2 || (size == 4 && text[text.size() - 2] == '^');
  }

  // "7\sqrt{2} m" and "7\sqrt{2}": the letter may be a unit.
  bool equal_but_letter(std::string_view with, std::string_view without) {
    constexpr std::string_view kLetters = "mgsLhl";
    if (!ends_with_letter(with)) return false;
    const size_t blank = with.rfind(' ');
    return kLetters.find(with[blank + 1]) != kNowhere &&
           compare_values(with.substr(0, blank), without, deadline_) == Verdict::kCorrect;
  }

  SoundVerdict compare_shapes(std::string_view label, const Shape& given, const Shape& gold) {
    // (y,x)=(3,2) against (3,2): whose order is it?
    if (label.starts_with('(') && !std::ranges::is_sorted(shape_of(label).elements)) return {};
    if (given.elements.size() > kMostElements || gold.elements.size() > kMostElements) return {};
    using Kind = Shape::Kind;
    if (given.kind == gold.kind && given.kind == Kind::kOrdered) return compare_ordered(given, gold);
    if (given.kind == gold.kind && given.kind == Kind::kMatrix)
      return given.brackets == gold.brackets ? compare_in_order(given.elements, gold.elements)
                                             : decided(false, "elements");
    const auto is_any = [](const Shape& shape) {
      return shape.kind == Kind::kSet || shape.kind == Kind::kList || shape.kind == Kind::kScalar;
    };
    return is_any(given) && is_any(gold) ? compare_lists(given, gold) : SoundVerdict{};
  }

  SoundVerdict compare_ordered(const Shape& given, const Shape& gold) {
    const SoundVerdict verdict = compare_in_order(given.elements, gold.elements);
    if (verdict.verdict == Verdict::kWrong && (has_open_signs(given) || has_open_signs(gold))) return {};
    if (given.brackets == gold.brackets || verdict.verdict == Verdict::kWrong) return verdict;
    // Other ends of an interval; of what is none, brackets of a vector.
    if (given.elements.size() != 2) return {};
    const auto low = about(gold.elements[0]), high = about(gold.elements[1]);
    const bool infinite = gold.elements[0].find("infty") != kNowhere || gold.elements[1].find("infty") != kNowhere;
    return infinite || (low && high && *low < *high) ? decided(false, "elements") : SoundVerdict{};
  }

  SoundVerdict compare_named_tuples(const Quantity& given, const Quantity& gold) {
    const Shape names_a = shape_of(given.label), names_b = shape_of(gold.label);
    const Shape values_a = shape_of(given.value), values_b = shape_of(gold.value);
    if (values_a.kind != Shape::Kind::kOrdered || values_b.kind != Shape::Kind::kOrdered ||
        names_a.elements.size() != values_a.elements.size() || names_b.elements.size() != values_b.elements.size())
      return {};
    const Named a{names_a.elements, values_a.elements}, b{names_b.elements, values_b.elements};
    return a.is_distinct() && b.is_distinct() ? compare_by_names(a, b) : SoundVerdict{};
  }

  // "= 0 not", where the letters would be factors.
  static bool ends_with_word(std::string_view text) {
    const size_t blank = text.rfind(' ');
    const std::string_view word = blank == kNowhere ? std::string_view() : text.substr(blank + 1);
    return word.size() > 1 && std::ranges::all_of(word, is_ascii_letter);
  }

  // The same solutions, since one equation is a multiple of the other; other forms of it stay open.
  SoundVerdict compare_equations(std::string_view given, std::string_view gold) {
    const auto a = split_outside(given, "="), b = split_outside(gold, "=");
    if (a.size() != 2 || b.size() != 2 || ends_with_word(given) || ends_with_word(gold)) return {};
    const auto difference = [](const std::vector<std::string_view>& sides) {
      return "(" + std::string(sides[0]) + ")-(" + std::string(sides[1]) + ")";
    };
    return as_decided(compare_zeros(difference(a), difference(b), deadline_), "algebra");
  }

  const Deadline& deadline_;
  int depth_ = 0;
};

}  // namespace

SoundVerdict grade_sound(std::string_view given, std::string_view gold, const Deadline& deadline) {
  if (given == gold) return decided(true, "equal strings");
  if (squeezed(strip(given)) == squeezed(strip(gold))) return decided(true, "equal strings");
  const Spelling a = one_spelling(given), b = one_spelling(gold);
  if (a.text.empty() || b.text.empty())
    return a.text.empty() && !b.text.empty() && strip(given).empty() ? decided(false, "normal form") : SoundVerdict{};
  const SoundVerdict verdict = Grader(deadline).compare(a.text, b.text);
  if (verdict.verdict != Verdict::kWrong) return verdict;
  // Capitals alone make no answer wrong for sure, nor do groups of digits that may be several numbers.
  if (same_but_case(a.text, b.text) || a.has_open_groups || b.has_open_groups) return {};
  if (a.has_comma_groups || b.has_comma_groups) {
    const Spelling x = one_spelling(given, false), y = one_spelling(gold, false);
    if (Grader(deadline).compare(x.text, y.text).verdict == Verdict::kCorrect) return {};
  }
  const auto equal = [&](std::string_view x, std::string_view y) {
    return Grader(deadline).compare(x, y).verdict == Verdict::kCorrect;
  };
  return may_be_equal({given, a}, {gold, b}, equal) ? SoundVerdict{} : verdict;
}

}  // namespace hrm::grading
