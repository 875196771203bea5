#include "grading/words.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

// Within a class no word can stand for another; words of the same meaning are separated by a bar.
constexpr std::string_view kClasses[] = {
    "yes no",
    "true false",
    "even odd neither both",
    "always sometimes never",
    "monday|mon tuesday|tue|tues wednesday|wed thursday|thu|thurs friday|fri saturday|sat sunday|sun",
    "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sep|sept october|oct "
    "november|nov december|dec",
    "circle ellipse parabola hyperbola line twolines point",
    "north south east west",
    "left right",
    "right wrong",
    "correct incorrect",
    "up down",
    "increasing decreasing",
    "rational irrational",
    "converges|convergent diverges|divergent",
    "finite infinite",
    "acute obtuse right",
    "prime composite",
    "positive negative zero",
    "convex concave",
    "red orange yellow green blue purple black white brown pink gray|grey",
    "triangle square pentagon hexagon octagon",
    "win lose draw|tie",
    "male female",
    "boy girl",
    "man woman",
    "maximum minimum",
    "largest|greatest|biggest smallest|least",
    "highest lowest",
    "horizontal vertical",
    "parallel perpendicular",
    "first second third fourth fifth",
    "zero one two three four five six seven eight nine ten eleven twelve"};
// Capitalized or not, they are no names.
constexpr std::string_view kNoNames[] = {
    "none", "undefined", "no", "nothing", "zero", "infinite", "infinity", "impossible", "empty", "nonexistent", "never",
    "unknown", "undetermined", "indeterminate", "neither", "nobody", "noone", "dne", "any", "all", "every",
    "everything", "everyone", "both", "always", "one", "yes", "true", "false", "unbounded", "invalid", "error", "null",
    "nil", "same", "equal", "answer", "solution", "inconsistent", "diverges", "divergent", "cannot", "unsolvable",
    "not",
    // Words that others may stand for.
    "mean", "average", "rhombus", "diamond", "disk", "disc", "dozen", "twelve", "twice", "double", "half", "halves",
    "quarter", "fourth", "third", "triple", "thrice", "single", "once", "pair", "couple", "score", "equilateral",
    "isosceles", "equiangular", "regular", "scalene", "oblong", "rectangle", "quadrilateral", "polygon", "straight",
    "linear", "congruent", "identical", "similar", "orthogonal", "normal", "soccer", "football", "holland",
    "netherlands", "england", "britain", "persia", "iran", "burma", "myanmar", "colour", "color", "centre", "center",
    "metre", "meter", "litre", "liter", "autumn", "fall", "dad", "father", "mom", "mum", "mother", "quadratic",
    "parabolic", "proportional", "inverse", "reciprocal", "opposite"};
// With classes and kNoNames the words that are no products of letters, whatever their case.
constexpr std::string_view kPlainWords[] = {"solution", "solutions", "real",     "reals",  "number",
                                            "numbers",  "integer",   "integers", "answers"};
// Of three letters also in capitals: no names of triangles.
constexpr std::string_view kShortCapitals[] = {"yes", "dne", "all", "odd", "any", "one", "two", "ten"};
// Beside other words, as "The line".
constexpr std::string_view kSmallWords[] = {"the", "of",  "is", "are", "an", "in", "on", "at", "to",
                                            "by",  "and", "or", "for", "it", "as", "if", "be", "set"};

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : lower(text))
    if (c != ' ') letters += c;
  return letters;
}

// The place in its class: which of the words that exclude each other.
int place_in(std::string_view classes, std::string_view word) {
  int place = 0;
  for (size_t begin = 0; begin < classes.size(); ++place) {
    const size_t end = std::min(classes.find(' ', begin), classes.size());
    for (size_t from = begin; from < end;) {
      const size_t to = std::min({classes.find('|', from), end});
      if (classes.substr(from, to - from) == word) return place;
      from = to + 1;
    }
    begin = end + 1;
  }
  return -1;
}

bool has_class(std::string_view word) {
  return std::ranges::any_of(kClasses, [&](std::string_view words) { return place_in(words, word) >= 0; });
}

// At least four letters, with a vowel and never many consonants or more than two vowels side by side.
bool looks_like_word(std::string_view small, size_t most_consonants) {
  constexpr std::string_view kFunctionEnds[] = {"sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "ln"};
  size_t consonants = 0, vowels = 0;
  bool any = false;
  for (const char c : small) {
    const bool vowel = std::string_view("aeiouy").find(c) != kNowhere;
    consonants = vowel ? 0 : consonants + 1;
    vowels = vowel ? vowels + 1 : 0;
    any = any || vowel;
    if (consonants > most_consonants || vowels > 2) return false;
  }
  const bool function =  // asin is no Asin
      small.size() < 6 && std::ranges::any_of(kFunctionEnds, [&](auto end) { return small.ends_with(end); });
  return any && small.size() >= 4 && !function;
}

enum class Case { kSmall, kTitle, kCapitals, kMixed };
Case case_of(std::string_view word) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto capitals = static_cast<size_t>(std::ranges::count_if(word, is_capital));
  if (capitals == 0) return Case::kSmall;
  if (capitals == word.size() && word.size() > 1) return Case::kCapitals;
  return capitals == 1 && is_capital(word[0]) ? Case::kTitle : Case::kMixed;
}

// Whether two spellings of one word say the same, and are no products of letters (xy and XY).
bool is_word_in_any_case(std::string_view a, std::string_view b) {
  constexpr size_t kNoPolygon = 7;  // so many letters are no names of corners
  const std::string small = lower(a);
  const Case first = case_of(a), second = case_of(b);
  const bool capitals = first == Case::kCapitals || second == Case::kCapitals;
  if (small == "no") return !capitals;
  const bool mixed = first == Case::kMixed || second == Case::kMixed;
  const bool listed = has_class(small) || holds(kNoNames, small) || holds(kPlainWords, small);
  if (listed && !mixed && (small.size() > 3 || (small.size() == 3 && (!capitals || holds(kShortCapitals, small)))))
    return true;
  if (capitals || mixed) return small.size() >= kNoPolygon && looks_like_word(small, 2);
  return looks_like_word(small, small.size() < 6 ? 2 : 3);  // Andrew
}

// Text of the same letters: whether capitals are all that sets it apart, and say nothing.
bool same_in_any_case(std::string_view a, std::string_view b) {
  bool prose = false, small_words = false;
  while (!a.empty() || !b.empty()) {
    const std::string_view x = a.substr(0, a.find(' ')), y = b.substr(0, b.find(' '));
    if (x.size() != y.size()) return false;
    prose = prose || is_word_in_any_case(x, y);
    if (x != y && !is_word_in_any_case(x, y)) {
      const bool title = case_of(x) != Case::kMixed && case_of(y) != Case::kMixed;
      if (!holds(kSmallWords, lower(x)) || !title) return false;
      small_words = true;
    }
    a = strip_left(a.substr(x.size()));
    b = strip_left(b.substr(y.size()));
  }
  return prose || !small_words;
}

std::string without_blanks(std::string_view text) {
  std::string kept(text);
  std::erase(kept, ' ');
  return kept;
}

// "the circle" as "circle".
std::string_view without_article(std::string_view text) {
  constexpr size_t kShortest = 4;  // of what is a word and no product
  text = strip(text);
  const std::string_view rest = strip_left(text.substr(std::min(text.find(' '), text.size())));
  const bool article = holds(std::array<std::string_view, 3>{"the", "a", "an"}, lower(leading_letters(text)));
  return article && leading_letters(rest).size() >= kShortest ? rest : text;
}

bool are_same_letters(std::string_view a, std::string_view b) {
  std::string x = without_blanks(a), y = without_blanks(b);
  std::ranges::sort(x);
  std::ranges::sort(y);
  return x == y;
}

}  // namespace

std::string_view number_of_word(std::string_view word) {
  constexpr std::string_view kNumbers[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"};
  constexpr std::string_view kWords = "zero one two three four five six seven eight nine ten eleven twelve";
  const int place = place_in(kWords, lower(word));
  return place < 0 ? std::string_view() : kNumbers[place];
}

bool is_name(std::string_view word) {
  const bool capitalized = word.size() > 2 && word[0] >= 'A' && word[0] <= 'Z' && word[1] >= 'a';
  if (!capitalized || word.find(' ') != std::string_view::npos) return false;
  return std::ranges::find(kNoNames, letters_of(word)) == std::end(kNoNames);
}

Verdict compare_words(std::string_view given, std::string_view gold) {
  given = without_article(given);
  gold = without_article(gold);
  const std::string a = letters_of(given), b = letters_of(gold);
  if (a == b) {
    const bool same = without_blanks(given) == without_blanks(gold) || same_in_any_case(strip(given), strip(gold));
    return same ? Verdict::kCorrect : Verdict::kUndecided;
  }
  if (!is_words(given) || !is_words(gold)) return Verdict::kUndecided;
  for (const std::string_view words : kClasses) {
    const int first = place_in(words, a), second = place_in(words, b);
    if (first >= 0 && second >= 0) return first == second ? Verdict::kCorrect : Verdict::kWrong;
  }
  const bool within = a.find(b) != std::string::npos || b.find(a) != std::string::npos;
  // Abc and Acb may be one product.
  return is_name(given) && is_name(gold) && !within && !are_same_letters(given, gold) ? Verdict::kWrong
                                                                                      : Verdict::kUndecided;
}

}  // namespace hrm::grading
