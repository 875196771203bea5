#include "grading/answer_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr size_t kNone = std::string_view::npos;

// Before macros are looked at one by one.
constexpr std::pair<std::string_view, std::string_view> kSpellings[] = {
    {"^{\\circ}", ""}, {"^\\circ", ""},      {"^ \\circ", ""},     {"\\degree", ""}, {"°", ""},
    {"{,}", ","},      {",\\!", ","},        {"−", "-"},           {"–", "-"},       {"×", "*"},
    {"·", "*"},        {"⋅", "*"},           {"÷", "/"},           {"√", "\\sqrt "}, {"π", "\\pi "},
    {"∞", "\\infty "}, {"∪", "\\cup "},      {"²", "^2"},          {"³", "^3"},      {"±", "\\pm "},
    {"≤", "\\leq "},   {"≥", "\\geq "},      {"\n", " "},          {"\u00A0", " "},  {" or ", ","},
    {" and ", ","},    {",,", ","},          {", ,", ","},         {"**", "^"},      {"infinity", "\\infty "},
    {"Pi", "\\pi "},   {"\\mathrm{i}", "i"}, {"\\mathrm{e}", "e"},
};

// Macros that say nothing about the value, and macros with another name.
constexpr std::string_view kSilent[] = {
    "left",  "right", "big",          "Big",       "bigg",   "Bigg", "bigl",  "bigr", "Bigl", "Bigr", "biggl", "biggr",
    "Biggl", "Biggr", "displaystyle", "textstyle", "limits", "quad", "qquad", "$",    "%",    "!",    "(",     ")",
    "[",     "]"};
constexpr std::pair<std::string_view, std::string_view> kRenamed[] = {
    {"dfrac", "\\frac"}, {"tfrac", "\\frac"}, {"cfrac", "\\frac"}, {"dbinom", "\\binom"}, {"tbinom", "\\binom"},
    {"cdot", "*"},       {"times", "*"},      {"ast", "*"},        {"div", "/"},          {"lvert", "|"},
    {"rvert", "|"},      {"vert", "|"},       {"lbrace", "\\{"},   {"rbrace", "\\}"},     {"le", "\\leq "},
    {"ge", "\\geq "},    {"ne", "\\neq "},    {"lt", "<"},         {"gt", ">"},           {",", " "},
    {";", " "},          {":", " "},          {" ", " "},          {"colon", ":"},
};
constexpr std::string_view kTexts[] = {"text",   "textbf", "textit",       "textrm", "textsf", "mbox",
                                       "mathrm", "mathbf", "operatorname", "boxed",  "emph"};
constexpr std::string_view kNoUnits[] = {"pi", "sqrt", "sin", "cos", "tan",   "log",
                                         "ln", "exp",  "to",  "in",  "infty", "inf"};
constexpr std::string_view kShortUnits[] = {"cm", "mm", "km", "kg", "mg",  "ml", "ft", "hr",
                                            "am", "pm", "mi", "lb", "lbs", "oz", "sq"};

bool holds(const auto& words, std::string_view name) { return std::ranges::find(words, name) != std::end(words); }

// Behind the brace that closes the one at `at`; kNone: none does.
size_t group_end(std::string_view text, size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '{')
      ++depth;
    else if (text[at] == '}' && --depth == 0)
      return at + 1;
  }
  return kNone;
}

size_t macro_size(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && is_ascii_letter(text[size])) ++size;
  return size > 1 || text.size() < 2 ? size : 2;
}

// One pass over the macros. Texts stay as \text{...}, which is where units and words are found later.
std::string respelled(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    if (text[0] != '\\') {
      if (text[0] != '$' && text[0] != '%') plain += text[0];
      text.remove_prefix(1);
      continue;
    }
    const size_t size = macro_size(text);
    const std::string_view name = text.substr(1, size - 1);
    text.remove_prefix(size);
    if (holds(kSilent, name)) {
      if ((name == "left" || name == "right") && text.starts_with('.')) text.remove_prefix(1);
      continue;
    }
    const auto renamed = std::ranges::find(kRenamed, name, &std::pair<std::string_view, std::string_view>::first);
    if (renamed != std::end(kRenamed))
      plain += renamed->second;
    else if (holds(kTexts, name) && strip_left(text).starts_with('{'))
      plain += name == "boxed" ? "" : "\\text";
    else
      plain.append("\\").append(name);
  }
  return plain;
}

// Commas of thousands outside of brackets, where a comma may also separate elements.
void join_thousands(std::string& text) {
  std::string joined;
  int depth = 0;
  size_t digits_before = 0;  // in the run that ends here
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    depth += (c == '(' || c == '[') - (c == ')' || c == ']');
    const auto is_digit_at = [&](size_t at) { return at < text.size() && is_ascii_digit(text[at]); };
    const bool group = is_digit_at(i + 1) && is_digit_at(i + 2) && is_digit_at(i + 3) && !is_digit_at(i + 4);
    if (c == ',' && depth == 0 && digits_before >= 1 && digits_before <= 3 && group) {
      digits_before = 0;
      continue;
    }
    digits_before = is_ascii_digit(c) ? digits_before + 1 : 0;
    joined += c;
  }
  text = std::move(joined);
}

// The whole is {..} or \text{..}: its content.
std::string_view unwrapped(std::string_view text) {
  for (;;) {
    text = strip(text);
    std::string_view inner = text;
    const bool is_text = inner.starts_with("\\text");
    if (is_text) inner = strip_left(inner.substr(5));
    if (!inner.starts_with('{') || group_end(inner, 0) != inner.size()) return text;
    text = inner.substr(1, inner.size() - 2);
  }
}

// Three dots go on: they are no full stop.
std::string_view without_full_stop(std::string_view text) {
  if (text.ends_with("..")) return text;
  while (text.ends_with('.') || text.ends_with(',') || text.ends_with(';'))
    text = strip_right(text.substr(0, text.size() - 1));
  return text;
}

std::string take_prefix(std::string_view& text) {
  const size_t mark = std::min(text.find('='), text.find("\\in"));
  if (mark == kNone || text.find('=', mark + 1) != kNone) return {};
  if (text[mark] == '\\' && mark + 3 < text.size() && is_ascii_letter(text[mark + 3])) return {};
  const std::string name = squeezed(text.substr(0, mark));
  constexpr size_t kLongestName = 12;
  const std::string_view letters = std::string_view(name).substr(name.starts_with('\\'));
  size_t word = 0;
  while (word < letters.size() && is_ascii_letter(letters[word])) ++word;
  const bool single = word == 1 || (name.starts_with('\\') && word > 0);
  const std::string_view behind = letters.substr(word);
  const bool called =
      behind.empty() || behind.starts_with('_') || (behind.size() == 3 && behind[0] == '(' && behind[2] == ')');
  if (!single || !called || name.size() > kLongestName) return {};
  text = strip(text.substr(mark + (text[mark] == '=' ? 1 : 3)));
  return name;
}

void append_unit(std::string& unit, std::string_view words) {
  std::string cleaned;
  for (const char c : lower(words))
    if (is_ascii_letter(c)) cleaned += c;
  if (cleaned.size() > 2 && cleaned.ends_with('s')) cleaned.pop_back();
  unit.insert(0, cleaned);
}

// "^2" or "^{2}" at the end, behind a unit.
std::string_view without_exponent(std::string_view text) {
  const size_t caret = text.rfind('^');
  if (caret == kNone || text.size() - caret > 4) return text;
  const std::string_view exponent = unwrapped(text.substr(caret + 1));
  return exponent == "2" || exponent == "3" ? strip_right(text.substr(0, caret)) : text;
}

bool has_value(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return is_ascii_digit(c) || c == '\\'; });
}

// "\text{ cm}^2" at the end.
bool take_text_unit(std::string_view& text, std::string& unit) {
  const std::string_view plain = without_exponent(text);
  const size_t macro = plain.rfind("\\text");
  if (macro == kNone || macro == 0) return false;
  const std::string_view group = strip_left(plain.substr(macro + 5));
  if (!group.starts_with('{') || group_end(group, 0) != group.size() || !has_value(text.substr(0, macro))) return false;
  const std::string_view words = strip(group.substr(1, group.size() - 2));
  if (words == "or" || words == "and") return false;
  append_unit(unit, std::string(words) + std::string(text.substr(plain.size())));
  unit += text.size() > plain.size() ? std::string(1, text[text.find_first_of("23", plain.size())]) : "";
  text = strip_right(text.substr(0, macro));
  return true;
}

// "5 m": one letter behind a blank and a plain number.
bool take_letter_unit(std::string_view& text, std::string_view word, std::string& unit) {
  constexpr std::string_view kLetters = "mgsLh";
  if (word.size() != 1 || !text.ends_with(word) || kLetters.find(word) == kNone) return false;
  const std::string_view before = text.substr(0, text.size() - 1);
  const bool number =
      before.ends_with(' ') && has_value(before) && before.find_first_not_of("0123456789.,+-/{}() \\frac") == kNone;
  if (!number) return false;
  unit = fmt::format("{}{}", word, unit);
  text = strip_right(before);
  return true;
}

// "cm" or "square feet" at the end, behind a number.
bool take_word_unit(std::string_view& text, std::string& unit) {
  const std::string_view plain = without_exponent(text);
  size_t begin = plain.size();
  while (begin > 0 && is_ascii_letter(plain[begin - 1])) --begin;
  const std::string_view word = plain.substr(begin);
  if (take_letter_unit(text, word, unit)) return true;
  if (begin == 0 || word.size() < 2 || plain[begin - 1] == '\\' || holds(kNoUnits, word)) return false;
  const std::string_view before = strip_right(plain.substr(0, begin));
  const bool behind_blank = before.size() < begin;
  const bool known = holds(kShortUnits, word) || (word.size() >= 4) || (word.size() >= 3 && behind_blank);
  if (!known || before.empty() || !has_value(before)) return false;
  append_unit(unit, word);
  unit += text.size() > plain.size() ? std::string(1, text[text.find_first_of("23", plain.size())]) : "";
  text = before;
  return true;
}

std::string take_scale(std::string& unit) {
  for (const auto& [word, scale] : {std::pair("thousand", "*10^3"), std::pair("trillion", "*10^12"),
                                    std::pair("million", "*10^6"), std::pair("billion", "*10^9")}) {
    const std::string_view name = word;
    if (!unit.starts_with(name)) continue;
    unit.erase(0, name.size());
    return scale;
  }
  return {};
}

}  // namespace

AnswerForm take_apart(std::string_view answer) {
  std::string text(answer);
  for (const auto& [from, to] : kSpellings) replace_all(text, from, to);
  text = respelled(text);
  for (const std::string_view word : {"or", "and"})
    for (const std::string_view blanks : {"{", "{ "}) {
      replace_all(text, fmt::format("\\text{}{}}}", blanks, word), ",");
      replace_all(text, fmt::format("\\text{}{} }}", blanks, word), ",");
    }
  join_thousands(text);
  AnswerForm form;
  std::string_view body = without_full_stop(unwrapped(text));
  form.prefix = take_prefix(body);
  for (int words = 0; words < 6 && (take_text_unit(body, form.unit) || take_word_unit(body, form.unit)); ++words)
    continue;
  form.body = std::string(unwrapped(without_full_stop(body)));
  form.body += take_scale(form.unit);
  return form;
}

std::string squeezed(std::string_view text) {
  std::string kept;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ' ') {
      kept += text[i];
      continue;
    }
    const size_t next = text.find_first_not_of(' ', i);
    if (next == kNone) break;
    if (!kept.empty() && is_ascii_digit(kept.back()) && is_ascii_digit(text[next])) kept += ' ';
    i = next - 1;
  }
  return kept;
}

std::vector<std::string_view> split_outside(std::string_view text, std::string_view mark) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (depth == 0 && text.substr(i).starts_with(mark)) {
      parts.push_back(strip(text.substr(begin, i - begin)));
      begin = i + mark.size();
      i = begin - 1;
      continue;
    }
    depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
  }
  parts.push_back(strip(text.substr(begin)));
  return parts;
}

bool is_words(std::string_view text) {
  bool pair = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_ascii_letter(text[i]) && text[i] != ' ') return false;
    pair = pair || (i > 0 && is_ascii_letter(text[i]) && is_ascii_letter(text[i - 1]));
  }
  return pair;
}

}  // namespace hrm::grading
