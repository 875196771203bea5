#include "grading/spelling.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/number_words.h"
#include "grading/spelling_stages.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

// Macros that say nothing about the value, and macros with another name.
constexpr std::string_view kSilent[] = {"left",         "right",      "big",    "Big",    "bigg",  "Bigg",  "bigl",
                                        "bigr",         "Bigl",       "Bigr",   "biggl",  "biggr", "Biggl", "Biggr",
                                        "displaystyle", "textstyle",  "limits", "middle", "boxed", "fbox",  "large",
                                        "Large",        "normalsize", "bf",     "rm",     "it"};
constexpr std::pair<std::string_view, std::string_view> kRenamed[] = {
    {"dfrac", "\\frac"},
    {"tfrac", "\\frac"},
    {"cfrac", "\\frac"},
    {"nicefrac", "\\frac"},
    {"dbinom", "\\binom"},
    {"tbinom", "\\binom"},
    {"cdot", "*"},
    {"times", "*"},
    {"ast", "*"},
    {"div", "/"},
    {"lvert", "|"},
    {"rvert", "|"},
    {"vert", "|"},
    {"lbrace", "\\{"},
    {"rbrace", "\\}"},
    {"langle", "("},
    {"rangle", ")"},
    {"lbrack", "["},
    {"rbrack", "]"},
    {"le", "\\leq "},
    {"ge", "\\geq "},
    {"leqslant", "\\leq "},
    {"geqslant", "\\geq "},
    {"leqq", "\\leq "},
    {"geqq", "\\geq "},
    {"ne", "\\neq "},
    {"lt", "<"},
    {"gt", ">"},
    {"varnothing", "\\emptyset "},
    {"degrees", "\\degree "},
    {"textdegree", "\\degree "},
    {"bar", "\\overline"},
    {"lor", "\x02"},
    {"vee", "\x02"},
    {"land", "\x01"},
    {"wedge", "\x01"},
    {"&", "\x01"},
    {"quad", " "},
    {"qquad", " "},
    {"colon", ":"},
    {",", "\x03"},
    {" ", "\x03"},
    {";", " "},
    {":", " "},
    {"!", "\x04"},
    {"(", ""},
    {")", ""},
    {"[", ""},
    {"]", ""},
};
constexpr std::string_view kTexts[] = {"text", "textbf", "textit", "textrm", "textsf",    "textnormal",
                                       "mbox", "hbox",   "mathrm", "mathbf", "mathit",    "operatorname",
                                       "emph", "mathsf", "texttt", "mathtt", "boldsymbol"};
constexpr std::string_view kFunctionNames[] = {"sin", "cos", "tan", "cot",    "sec",    "csc", "arcsin",
                                               "ln",  "log", "exp", "arccos", "arctan", "sinh"};
constexpr std::pair<std::string_view, std::string_view> kWordSigns[] = {
    {"infinity", "\\infty "}, {"Infinity", "\\infty "}, {"inf", "\\infty "}, {"oo", "\\infty "},
    {"Pi", "\\pi "},          {"PI", "\\pi "},          {"pi", "\\pi "},     {"and", "\x01"},
    {"or", "\x02"},           {"AND", "\x01"},          {"OR", "\x02"},
};
// Behind `or`, and no second answer.
constexpr std::string_view kBounds[] = {"more",   "less",  "fewer", "greater", "higher", "lower",
                                        "larger", "above", "below", "smaller", "over",   "under"};

class Respeller {
 public:
  explicit Respeller(std::string_view text) : rest_(text) { plain_.reserve(text.size()); }

  std::string run() {
    while (!rest_.empty()) {
      const char c = rest_[0];
      if (c == '\\')
        macro();
      else if (is_ascii_letter(c))
        word();
      else if (c == '^' && takes_degree())
        continue;
      else
        sign(c);
    }
    return std::move(plain_);
  }

 private:
  void sign(char c) {
    const auto take = [&](std::string_view from, std::string_view to) {
      if (!rest_.starts_with(from)) return false;
      plain_ += to;
      rest_.remove_prefix(from.size());
      return true;
    };
    if (take("{,}", std::string(1, kBracedComma)) || take("<=", "\\leq ") || take(">=", "\\geq ") || take("**", "^") ||
        take("+/-", "\\pm ") || take(" != ", " \\neq ") || take("{\\degree}", "\\degree "))
      return;
    if (c == '%') plain_ += '\\';
    plain_ += c == '~' ? kThinSpace : c;
    rest_.remove_prefix(1);
  }

  // ^\circ, ^{\circ}, ^ {\circ}
  bool takes_degree() {
    std::string_view ahead = strip_left(rest_.substr(1));
    const bool braced = ahead.starts_with('{');
    if (braced) ahead = strip_left(ahead.substr(1));
    if (!ahead.starts_with("\\circ") && !ahead.starts_with("\\degree")) return false;
    ahead.remove_prefix(ahead[1] == 'c' ? 5 : 7);
    if (!ahead.empty() && is_ascii_letter(ahead[0])) return false;
    if (braced) {
      ahead = strip_left(ahead);
      if (!ahead.starts_with('}')) return false;
      ahead.remove_prefix(1);
    }
    plain_ += "\\degree ";
    rest_ = ahead;
    return true;
  }

  void word() {
    const std::string_view name = leading_letters(rest_);
    const auto sign = std::ranges::find(kWordSigns, name, &std::pair<std::string_view, std::string_view>::first);
    const bool times = (name == "x" || name == "X") && is_between_numbers(rest_.substr(1));
    rest_.remove_prefix(name.size());
    if (times)
      plain_ += '*';
    else if (sign == std::end(kWordSigns))
      plain_ += name == "degrees" || name == "degree" ? "\\degree " : name;
    else
      connect(name, sign->second);
  }

  // 3 x 10^8
  bool is_between_numbers(std::string_view behind) const {
    const std::string_view before = strip_right(plain_);
    return strip_left(behind).starts_with("10^") && !before.empty() && is_ascii_digit(before.back());
  }

  // "or more" is a bound, no second answer.
  void connect(std::string_view name, std::string_view mark) {
    const bool bound = mark[0] == kOr && holds(kBounds, leading_letters(strip_left(rest_)));
    plain_ += bound ? name : mark;
  }

  void macro() {
    const std::string_view letters = leading_letters(rest_.substr(1));
    const std::string_view name = letters.empty() ? rest_.substr(1, 1) : letters;
    rest_.remove_prefix(1 + name.size());
    if (holds(kSilent, name)) {
      if ((name == "left" || name == "right") && rest_.starts_with('.')) rest_.remove_prefix(1);
      return;
    }
    const auto renamed = std::ranges::find(kRenamed, name, &std::pair<std::string_view, std::string_view>::first);
    if (renamed != std::end(kRenamed)) {
      plain_ += renamed->second;
    } else if (holds(kTexts, name) && strip_left(rest_).starts_with('{')) {
      text_group(name);
    } else if (name == "circ" && !plain_.empty() && is_ascii_digit(plain_.back())) {
      plain_ += "\\degree ";
    } else {
      plain_.append("\\").append(name);
      // Without a letter after it a blank says no more.
      if (!letters.empty() && rest_.starts_with(' ')) plain_ += ' ';
    }
  }

  // \text{...}: what is not a word stands as it is; `and` and `or` are the marks between elements.
  void text_group(std::string_view name) {
    rest_ = strip_left(rest_);
    const size_t end = group_end(rest_, 0);
    if (end == kNowhere) {
      plain_ += "\\text";
      return;
    }
    const std::string inside = Respeller(rest_.substr(1, end - 2)).run();
    rest_.remove_prefix(end);
    const std::string_view content = strip(inside);
    if (content == "\\degree") {
      plain_ += "\\degree ";
    } else if (holds(kFunctionNames, content)) {
      plain_.append("\\").append(content);
    } else if (longest_word(content) < 2 && !is_rate(content) && !is_letter_unit(name, content)) {
      plain_.append(" ").append(content).append(" ");
    } else if (content[0] == kAnd || content[0] == kOr || content.back() == kAnd || content.back() == kOr) {
      plain_ += inside;
    } else {
      plain_.append("\\text{").append(content).append("}");
    }
  }

  // \mbox{ m} after a number.
  bool is_letter_unit(std::string_view name, std::string_view content) const {
    constexpr std::string_view kUpright[] = {"text", "mbox", "hbox", "textrm", "mathrm"};
    constexpr std::string_view kLetters = "mgsLhl";
    const std::string_view before = strip_right(plain_);
    return content.size() == 1 && kLetters.find(content[0]) != kNowhere && holds(kUpright, name) && !before.empty() &&
           (is_ascii_digit(before.back()) || before.back() == '}' || before.ends_with("\\pi"));
  }

  // m/s
  static bool is_rate(std::string_view text) {
    return text.size() == 3 && text[1] == '/' && is_ascii_letter(text[0]) && is_ascii_letter(text[2]);
  }

  static size_t longest_word(std::string_view text) {
    size_t longest = 0, run = 0;
    for (const char c : text) longest = std::max(longest, run = is_ascii_letter(c) ? run + 1 : 0);
    return longest;
  }

  std::string_view rest_;
  std::string plain_;
};

bool is_digit_at(std::string_view text, size_t at) { return at < text.size() && is_ascii_digit(text[at]); }

bool is_blank(char c) { return c == ' ' || c == kThinSpace || c == kNegativeSpace; }

// The mark between two groups of digits that begins at `at`, and where the digits after it begin.
struct GroupMark {
  enum class Kind { kEnd, kComma, kBlank, kSure };  // kSure: it means nothing else
  Kind kind = Kind::kEnd;
  size_t end = 0;
};
GroupMark group_mark(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  // 1'234'567
  if (text[at] == '\'') return is_digit_at(text, at + 1) ? GroupMark{GroupMark::Kind::kSure, at + 1} : GroupMark{};
  const bool braced = text[at] == kBracedComma, comma = braced || text[at] == ',';
  if (!comma && !is_blank(text[at])) return {};
  size_t end = at + comma;
  bool thin = false;
  for (; end < text.size() && is_blank(text[end]); ++end) thin = thin || text[end] != ' ';
  if (!is_digit_at(text, end)) return {};
  if (braced || thin) return {GroupMark::Kind::kSure, end};
  if (!comma) return {GroupMark::Kind::kBlank, end};
  return end == at + 1 ? GroupMark{GroupMark::Kind::kComma, end} : GroupMark{};
}

// Digits, and what follows them as groups of the same number.
struct Groups {
  std::string digits;
  size_t end = 0;
  bool is_number = true;  // false: what looks like groups is none
  bool has_blanks = false, has_commas = false;
};

size_t digits_end(std::string_view text, size_t at) {
  while (is_digit_at(text, at)) ++at;
  return at;
}

// Within brackets a comma may as well separate elements.
Groups read_groups(std::string_view text, size_t begin, bool in_brackets) {
  Groups groups{.end = digits_end(text, begin)};
  groups.digits = text.substr(begin, groups.end - begin);
  constexpr std::string_view kNoBegin = "._^";
  if (groups.digits.size() > 3 || (begin > 0 && kNoBegin.find(text[begin - 1]) != kNowhere)) return groups;
  const bool zero = groups.digits == "0";
  using Kind = GroupMark::Kind;
  Kind kind = Kind::kEnd;
  for (GroupMark mark = group_mark(text, groups.end); mark.kind != Kind::kEnd; mark = group_mark(text, groups.end)) {
    const bool blank = mark.kind == Kind::kBlank;
    if (mark.kind == Kind::kComma && in_brackets) break;
    if (kind != Kind::kEnd && blank != (kind == Kind::kBlank)) break;
    const size_t end = digits_end(text, mark.end);
    if (end - mark.end != 3) groups.is_number = false;
    groups.digits += text.substr(mark.end, end - mark.end);
    groups.end = end;
    groups.has_blanks = groups.has_blanks || blank;
    groups.has_commas = groups.has_commas || mark.kind == Kind::kComma;
    kind = mark.kind;
  }
  // 1 234/567 is a mixed number.
  if (groups.has_blanks && (zero || text.substr(groups.end).starts_with('/'))) groups.is_number = false;
  return groups;
}

// "]0,5[" as "(0,5)", in each piece of a union.
std::string with_usual_brackets(std::string_view text) {
  std::string result(text);
  if (text.find_first_of("[]") == kNowhere) return result;
  for (size_t begin = 0; begin < result.size();) {
    const size_t end = std::min(result.find("\\cup", begin), result.size());
    size_t first = result.find("\\in", begin);
    first = first < end && !is_ascii_letter(result[std::min(first + 3, result.size() - 1)]) ? first + 3 : begin;
    while (first < end && result[first] == ' ') ++first;
    size_t last = end;
    while (last > first && result[last - 1] == ' ') --last;
    const bool brackets = last > first + 2 && std::string_view("[](").find(result[first]) != kNowhere &&
                          std::string_view("[])").find(result[last - 1]) != kNowhere;
    const std::string_view inner = brackets ? std::string_view(result).substr(first + 1, last - first - 2) : "";
    if (brackets && (result[first] == ']' || result[last - 1] == '[') && inner.find_first_of("[]()") == kNowhere) {
      if (result[first] == ']') result[first] = '(';
      if (result[last - 1] == '[') result[last - 1] = ')';
    }
    begin = end + 4;
  }
  return result;
}

// (101)_2 as 101_2, and 101_{\text{two}} as 101_{2}.
std::string with_plain_bases(std::string_view text) {
  std::string result(text);
  constexpr std::pair<std::string_view, std::string_view> kBases[] = {
      {"two", "2"},   {"three", "3"}, {"four", "4"}, {"five", "5"},    {"six", "6"},     {"seven", "7"},
      {"eight", "8"}, {"nine", "9"},  {"ten", "10"}, {"twelve", "12"}, {"sixteen", "16"}};
  if (result.find("_{") != std::string::npos)
    for (const auto& [word, digits] : kBases)
      for (const std::string& name : {"\\text{" + std::string(word) + "}", std::string(word)})
        replace_all(result, "_{" + name + "}", "_{" + std::string(digits) + "}");
  if (!result.starts_with('(')) return result;
  const size_t close = result.find_first_not_of("0123456789", 1);
  if (close != std::string::npos && close > 1 && result.compare(close, 2, ")_") == 0)
    result.erase(close, 1).erase(0, 1);
  return result;
}

char plain_mark(char c) { return c == kThinSpace || c == kNegativeSpace ? ' ' : c == kBracedComma ? ',' : c; }

}  // namespace

std::string plain_macros(std::string_view text) { return Respeller(text).run(); }

JoinedGroups joined_groups(std::string_view text, bool join_commas) {
  JoinedGroups result;
  std::string& joined = result.text;
  joined.reserve(text.size());
  int depth = 0;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (is_ascii_digit(c)) {
      const Groups groups = read_groups(text, i, depth > 0 || !join_commas);
      result.has_blanks = result.has_blanks || (groups.has_blanks && groups.is_number);
      result.has_commas = result.has_commas || (groups.has_commas && groups.is_number);
      if (groups.is_number)
        joined += groups.digits;
      else
        for (; i < groups.end; ++i)
          if (text[i] != kNegativeSpace) joined += plain_mark(text[i]);
      i = groups.end;
      continue;
    }
    const bool of_set = (c == '{' || c == '}') && i > 0 && text[i - 1] == '\\';
    depth += (c == '(' || c == '[' || (of_set && c == '{')) - (c == ')' || c == ']' || (of_set && c == '}'));
    if (c != kNegativeSpace) joined += plain_mark(c);
    ++i;
  }
  return result;
}

Spelling one_spelling(std::string_view answer, bool join_commas) {
  std::string text = without_emphasis(plain_characters(answer));
  for (const std::string_view half : {"a.m", "p.m", "A.M", "P.M"})
    for (const std::string_view end : {".", ""})
      replace_all(text, std::string(half) + std::string(end), std::string{half[0], half[2]});
  JoinedGroups joined = joined_groups(plain_macros(money_and_formulas(text)), join_commas);
  text = std::move(joined.text);
  if (text.find('&') != kNowhere && text.find("\\begin") == kNowhere) std::ranges::replace(text, '&', kAnd);
  // Elements after semicolons, unless commas stand within them: (1,5; 2,5).
  if (text.find(';') != kNowhere && text.find(',') == kNowhere) std::ranges::replace(text, ';', ',');
  std::string_view whole = unwrapped(text);
  while (whole.ends_with("\\\\")) whole = unwrapped(whole.substr(0, whole.size() - 2));
  if (whole == "N/A" || whole == "n/a") whole = "none";
  // Three dots are an ellipsis, not a full stop.
  while (!whole.ends_with("..") && !whole.empty() && std::string_view(".,;").find(whole.back()) != kNowhere)
    whole = unwrapped(whole.substr(0, whole.size() - 1));
  std::string number = number_in_words(whole);
  std::string spelled = number.empty() ? with_usual_brackets(with_plain_bases(whole)) : std::move(number);
  return {.text = std::move(spelled), .has_open_groups = joined.has_blanks, .has_comma_groups = joined.has_commas};
}

}  // namespace hrm::grading
