#include "grading/units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/utf8.h"
#include "grading/text_edit.h"
#include "grading/things.h"

namespace hrm::grading {
namespace {

struct Known {
  std::string_view word, quantity, factor;
  int power = 1;  // of the quantity
};

constexpr Known kKnown[] = {
    {"mm", "length", "1/1000"},
    {"millimeter", "length", "1/1000"},
    {"millimetre", "length", "1/1000"},
    {"cm", "length", "1/100"},
    {"centimeter", "length", "1/100"},
    {"centimetre", "length", "1/100"},
    {"m", "length", "1"},
    {"meter", "length", "1"},
    {"metre", "length", "1"},
    {"km", "length", "1000"},
    {"kilometer", "length", "1000"},
    {"kilometre", "length", "1000"},
    {"in", "length", "254/10000"},
    {"inch", "length", "254/10000"},
    {"ft", "length", "3048/10000"},
    {"foot", "length", "3048/10000"},
    {"feet", "length", "3048/10000"},
    {"yd", "length", "9144/10000"},
    {"yard", "length", "9144/10000"},
    {"mi", "length", "1609344/1000"},
    {"mile", "length", "1609344/1000"},
    {"ml", "length", "1/10^6", 3},
    {"milliliter", "length", "1/10^6", 3},
    {"millilitre", "length", "1/10^6", 3},
    {"cc", "length", "1/10^6", 3},
    {"l", "length", "1/1000", 3},
    {"liter", "length", "1/1000", 3},
    {"litre", "length", "1/1000", 3},
    {"gallon", "gallon", "1"},
    {"quart", "gallon", "1/4"},
    {"pint", "gallon", "1/8"},
    {"cup", "gallon", "1/16"},
    {"deciliter", "length", "1/10^4", 3},
    {"centiliter", "length", "1/10^5", 3},
    {"hectare", "length", "10000", 2},
    {"decimeter", "length", "1/10"},
    {"decimetre", "length", "1/10"},
    {"micrometer", "length", "1/10^6"},
    {"nanometer", "length", "1/10^9"},
    {"acre", "acre", "1"},
    {"s", "time", "1"},
    {"sec", "time", "1"},
    {"second", "time", "1"},
    {"millisecond", "time", "1/1000"},
    {"min", "time", "60"},
    {"minute", "time", "60"},
    {"h", "time", "3600"},
    {"hr", "time", "3600"},
    {"hour", "time", "3600"},
    {"day", "time", "86400"},
    {"week", "time", "604800"},
    {"wk", "time", "604800"},
    {"month", "year", "1/12"},
    {"mo", "year", "1/12"},
    {"yr", "year", "1"},
    {"year", "year", "1"},
    {"decade", "year", "10"},
    {"century", "year", "100"},
    {"mg", "mass", "1/1000"},
    {"milligram", "mass", "1/1000"},
    {"g", "mass", "1"},
    {"gram", "mass", "1"},
    {"gm", "mass", "1"},
    {"kg", "mass", "1000"},
    {"kilogram", "mass", "1000"},
    {"kilo", "mass", "1000"},
    {"lb", "pound", "1"},
    {"pound", "pound", "1"},
    {"oz", "ounce", "1"},
    {"ounce", "ounce", "1"},
    {"ton", "ton", "1"},
    {"dollar", "dollar", "1"},
    {"usd", "dollar", "1"},
    {"buck", "dollar", "1"},
    {"cent", "dollar", "1/100"},
    {"penny", "dollar", "1/100"},
    {"pennie", "dollar", "1/100"},
    {"euro", "euro", "1"},
    {"eur", "euro", "1"},
    {"sterling", "sterling", "1"},
    {"yen", "yen", "1"},
    {"rupee", "rupee", "1"},
    {"percent", "percent", "1"},
    {"pct", "percent", "1"},
    {"degree", "angle", "1"},
    {"deg", "angle", "1"},
    {"radian", "angle", "180/\\pi"},
    {"rad", "angle", "180/\\pi"},
    {"celsius", "celsius", "1"},
    {"fahrenheit", "fahrenheit", "1"},
    {"mph", "length/time", "1609344/1000/3600"},
    {"kph", "length/time", "1000/3600"},
    {"kmph", "length/time", "1000/3600"},
    {"kmh", "length/time", "1000/3600"},
    {"newton", "force", "1"},
    {"joule", "energy", "1"},
    {"kilojoule", "energy", "1000"},
    {"watt", "power", "1"},
    {"kilowatt", "power", "1000"},
    {"pascal", "pressure", "1"},
    {"volt", "voltage", "1"},
    {"ampere", "current", "1"},
    {"amp", "current", "1"},
    {"ohm", "resistance", "1"},
    {"hertz", "frequency", "1"},
    {"mole", "amount", "1"},
    {"calorie", "calorie", "1"},
    {"horsepower", "horsepower", "1"},
    {"am", "am", "1"},
    {"pm", "pm", "1"},
    {"unit", "unit", "1"},
};

// Symbols whose capitals say what they are. The first ones are also products of variables.
constexpr Known kSymbols[] = {
    {"dm", "length", "1/10"},
    {"nm", "length", "1/10^9"},
    {"ms", "time", "1/1000"},
    {"ns", "time", "1/10^9"},
    {"dl", "length", "1/10^4", 3},
    {"dL", "length", "1/10^4", 3},
    {"cl", "length", "1/10^5", 3},
    {"cL", "length", "1/10^5", 3},
    {"ha", "length", "10000", 2},
    {"qt", "gallon", "1/4"},
    {"pt", "gallon", "1/8"},
    {"ly", "light year", "1"},
    {"hp", "horsepower", "1"},
    {"AU", "astronomical unit", "1"},
    {"Nm", "newton meter", "1"},
    {"gal", "gallon", "1"},
    {"mol", "amount", "1"},
    {"mmol", "amount", "1/1000"},
    {"Hz", "frequency", "1"},
    {"kHz", "frequency", "10^3"},
    {"MHz", "frequency", "10^6"},
    {"GHz", "frequency", "10^9"},
    {"kN", "force", "1000"},
    {"kJ", "energy", "1000"},
    {"MJ", "energy", "10^6"},
    {"kWh", "energy", "3600000"},
    {"eV", "electronvolt", "1"},
    {"keV", "electronvolt", "10^3"},
    {"MeV", "electronvolt", "10^6"},
    {"cal", "calorie", "1"},
    {"kcal", "calorie", "1000"},
    {"kW", "power", "1000"},
    {"MW", "power", "10^6"},
    {"mW", "power", "1/1000"},
    {"Pa", "pressure", "1"},
    {"hPa", "pressure", "100"},
    {"kPa", "pressure", "1000"},
    {"MPa", "pressure", "10^6"},
    {"atm", "atmosphere", "1"},
    {"kV", "voltage", "1000"},
    {"mV", "voltage", "1/1000"},
    {"mA", "current", "1/1000"},
    {"KB", "kilobyte", "1"},
    {"kB", "kilobyte", "1"},
    {"MB", "megabyte", "1"},
    {"GB", "gigabyte", "1"},
    {"TB", "terabyte", "1"},
    {"dB", "decibel", "1"},
    {"rpm", "rpm", "1"},
    {"bpm", "bpm", "1"},
    {"fps", "fps", "1"},
    {"psi", "psi", "1"},
    {"ppm", "ppm", "1"},
};
constexpr size_t kProductSymbols = 15;  // of kSymbols

// Words that may bear on the value: a phrase that holds one is no unit.
constexpr std::string_view kMeaningful[] = {"yes",        "all",        "real",        "any",
                                            "every",      "some",       "none",        "unless",
                                            "always",     "never",      "various",     "more",
                                            "less",       "fewer",      "greater",     "least",
                                            "most",       "at",         "under",       "over",
                                            "above",      "below",      "left",        "remaining",
                                            "each",       "out",        "of",          "in",
                                            "base",       "gross",      "pair",        "half",
                                            "halve",      "third",      "fourth",      "quarter",
                                            "fifth",      "sixth",      "seventh",     "eighth",
                                            "ninth",      "tenth",      "hundredth",   "thousandth",
                                            "millionth",  "twice",      "thrice",      "plus",
                                            "minus",      "negative",   "positive",    "not",
                                            "non",        "no",         "mod",         "modulo",
                                            "to",         "from",       "through",     "until",
                                            "between",    "or",         "and",         "but",
                                            "if",         "is",         "are",         "was",
                                            "when",       "where",      "as",          "with",
                                            "without",    "by",         "squared",     "cubed",
                                            "factorial",  "root",       "inclusive",   "exclusive",
                                            "approx",     "about",      "around",      "nearly",
                                            "almost",     "roughly",    "remainder",   "ago",
                                            "before",     "after",      "bc",          "bce",
                                            "ad",         "ce",         "one",         "ten",
                                            "hundred",    "thousand",   "million",     "billion",
                                            "trillion",   "dozen",      "score",       "even",
                                            "odd",        "prime",      "per",         "the",
                                            "a",          "an",         "for",         "than",
                                            "higher",     "lower",      "up",          "down",
                                            "larger",     "smaller",    "extra",       "short",
                                            "off",        "else",       "only",        "divided",
                                            "multiplied", "added",      "digit",       "binary",
                                            "octal",      "hex",        "hexadecimal", "decimal",
                                            "point",      "two",        "three",       "four",
                                            "five",       "six",        "seven",       "eight",
                                            "nine",       "repeating",  "recurring",   "north",
                                            "south",      "east",       "west",        "approximately",
                                            "exactly",    "infinitely", "many",        "choose",
                                            "times",      "solution",   "possible",    "maximum",
                                            "minimum",    "max",        "inverse",     "reciprocal",
                                            "opposite",   "vs",         "versus"};

constexpr std::pair<std::string_view, std::string_view> kScales[] = {
    {"dozen", "12"},     {"hundred", "100"},  {"thousand", "10^3"},
    {"million", "10^6"}, {"billion", "10^9"}, {"trillion", "10^12"},
};

const Known* known(std::string_view word) {
  if (const auto at = std::ranges::find(kKnown, word, &Known::word); at != std::end(kKnown)) return &*at;
  const auto symbol = std::ranges::find(kSymbols, word, &Known::word);
  return symbol == std::end(kSymbols) ? nullptr : &*symbol;
}

std::string_view singular(std::string_view word) {
  if (known(word) || word.size() < 3 || !word.ends_with('s') || word.ends_with("ss")) return word;
  std::string_view one = word.substr(0, word.size() - 1);
  if (word == "inches") return word.substr(0, 4);
  return one;
}

// What one part (no "per") measures.
struct Part {
  std::string factor = "1", name;
  int power = 1;
  bool things = false;
};

int power_of(std::string_view& word) {
  const size_t caret = word.find('^');
  if (caret == std::string_view::npos) return 1;
  std::string exponent(word.substr(caret + 1));
  std::erase_if(exponent, [](char c) { return c == '{' || c == '}'; });
  word = word.substr(0, caret);
  return exponent == "2" ? 2 : exponent == "3" ? 3 : 0;
}

std::vector<std::string_view> words_of(std::string_view phrase) {
  std::vector<std::string_view> words;
  for (size_t begin = phrase.find_first_not_of(' '); begin < phrase.size();) {
    const size_t end = std::min(phrase.find(' ', begin), phrase.size());
    words.push_back(phrase.substr(begin, end - begin));
    begin = std::min(phrase.find_first_not_of(' ', end), phrase.size());
  }
  return words;
}

bool is_plain_word(std::string_view word) {
  return word.size() > 1 && std::ranges::all_of(word, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

bool is_meaningful(std::string_view word) { return std::ranges::find(kMeaningful, word) != std::end(kMeaningful); }

// False: it may bear on the value.
bool read_part(std::string_view phrase, Part& part, bool behind_per) {
  auto words = words_of(phrase);
  int power = 1;
  if (words.empty()) return false;
  if (words.size() > 1 && (words[0] == "square" || words[0] == "sq" || words[0] == "cubic" || words[0] == "cu")) {
    power = words[0][0] == 's' ? 2 : 3;
    words.erase(words.begin());
  }
  std::string_view last = words.back();
  const int written = power_of(last);
  if (written == 0) return false;
  power *= written;
  const std::string_view one = singular(last);
  if (const Known* unit = known(one); unit && words.size() == 1) {
    part.power = power * unit->power;
    part.name = unit->quantity;
    part.factor = power == 1 ? std::string(unit->factor) : fmt::format("({})^{}", unit->factor, power);
    return true;
  }
  if (words.size() > 3 || power != 1) return false;
  for (const std::string_view word : words) {
    const bool is_said = is_meaningful(word) || is_meaningful(singular(word));
    if (!is_plain_word(word) || known(singular(word)) || is_said) return false;
  }
  if (!names_things(last) && !behind_per) return false;
  words.back() = one;
  part.name = fmt::format("{}", fmt::join(words, " "));
  part.things = true;
  return true;
}

}  // namespace

Unit unit_of(std::string_view phrase) {
  Unit unit{.kind = Unit::Kind::kWords, .quantity = std::string(phrase)};
  std::string text(phrase);
  std::erase(text, '.');
  for (const std::string_view square : {" per second squared", " per second per second"})
    replace_all(text, square, "/s^2");
  replace_all(text, " per ", "/");
  const size_t slash = text.find('/');
  Part above, below;
  if (!read_part(std::string_view(text).substr(0, slash), above, false)) return unit;
  if (slash != std::string::npos && !read_part(std::string_view(text).substr(slash + 1), below, true)) return unit;
  const auto name_of_part = [](const Part& part) {
    return part.power == 1 ? part.name : fmt::format("{} {}", part.name, part.power);
  };
  unit.kind = above.things || below.things ? Unit::Kind::kThings : Unit::Kind::kMeasure;
  unit.quantity = name_of_part(above);
  unit.factor = above.factor;
  if (slash != std::string::npos) {
    unit.quantity += "/" + name_of_part(below);
    unit.factor = fmt::format("({})/({})", above.factor, below.factor);
  }
  return unit;
}

bool is_unit_word(std::string_view word) {
  return std::ranges::find(kKnown, singular(word), &Known::word) != std::end(kKnown);
}

bool is_unit_symbol(std::string_view word, bool may_be_product) {
  const auto at = std::ranges::find(kSymbols, word, &Known::word);
  return at != std::end(kSymbols) &&
         (at - std::begin(kSymbols) < static_cast<std::ptrdiff_t>(kProductSymbols)) == may_be_product;
}

bool same_things(std::string_view a, std::string_view b) {
  const auto ends_with = [](std::string_view text, std::string_view end) {
    return text.ends_with(end) && text.size() > end.size() && text[text.size() - end.size() - 1] == ' ';
  };
  return a == b || ends_with(a, b) || ends_with(b, a);
}

std::vector<std::string_view> factors_of(std::string_view quantity) {
  std::vector<std::string_view> factors;
  const auto add = [&](const Known& unit) {
    if (unit.power == 1 && unit.quantity == quantity && std::ranges::find(factors, unit.factor) == factors.end())
      factors.push_back(unit.factor);
  };
  std::ranges::for_each(kKnown, add);
  std::ranges::for_each(kSymbols, add);
  return factors;
}

std::string_view scale_of(std::string_view word) {
  const auto at = std::ranges::find(kScales, word, &std::pair<std::string_view, std::string_view>::first);
  return at == std::end(kScales) ? std::string_view() : at->second;
}

}  // namespace hrm::grading
