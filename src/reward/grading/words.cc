#include "grading/words.h"

#include <algorithm>
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
    "first second third fourth fifth",
    "zero one two three four five six seven eight nine ten eleven twelve"};
// Capitalized or not, they are no names.
constexpr std::string_view kNoNames[] = {
    "none",      "undefined",   "no",         "nothing", "zero",         "infinite",      "infinity",     "impossible",
    "empty",     "nonexistent", "never",      "unknown", "undetermined", "indeterminate", "neither",      "nobody",
    "noone",     "dne",         "any",        "all",     "every",        "everything",    "everyone",     "both",
    "always",    "one",         "yes",        "true",    "false",        "unbounded",     "invalid",      "error",
    "null",      "nil",         "same",       "equal",   "answer",       "solution",      "inconsistent", "diverges",
    "divergent", "cannot",      "unsolvable", "not"};

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
  const std::string a = letters_of(given), b = letters_of(gold);
  if (a == b) return Verdict::kCorrect;
  if (!is_words(given) || !is_words(gold)) return Verdict::kUndecided;
  for (const std::string_view words : kClasses) {
    const int first = place_in(words, a), second = place_in(words, b);
    if (first >= 0 && second >= 0) return first == second ? Verdict::kCorrect : Verdict::kWrong;
  }
  const bool within = a.find(b) != std::string::npos || b.find(a) != std::string::npos;
  return is_name(given) && is_name(gold) && !within ? Verdict::kWrong : Verdict::kUndecided;
}

}  // namespace hrm::grading
