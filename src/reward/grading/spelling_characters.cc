// Characters beyond ASCII, dollar signs and Markdown: what comes before macros.
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/spelling_stages.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::pair<char32_t, std::string_view> kCharacters[] = {
    {U'°', "\\degree "}, {U'º', "\\degree "}, {U'˚', "\\degree "},   {U'−', "-"},           {U'–', "-"},
    {U'‐', "-"},         {U'‑', "-"},         {U'×', "*"},           {U'·', "*"},           {U'⋅', "*"},
    {U'∙', "*"},         {U'÷', "/"},         {U'∕', "/"},           {U'⁄', "/"},           {U'π', "\\pi "},
    {U'∞', "\\infty "},  {U'∪', "\\cup "},    {U'∩', "\\cap "},      {U'±', "\\pm "},       {U'∓', "\\mp "},
    {U'≤', "\\leq "},    {U'⩽', "\\leq "},    {U'≥', "\\geq "},      {U'⩾', "\\geq "},      {U'≠', "\\neq "},
    {U'≈', "\\approx "}, {U'∈', "\\in "},     {U'∅', "\\emptyset "}, {U'ℝ', "\\mathbb{R}"}, {U'θ', "\\theta "},
    {U'α', "\\alpha "},  {U'β', "\\beta "},   {U'∠', "\\angle "},    {U'△', "\\triangle "}, {U'⟨', "("},
    {U'⟩', ")"},         {U'‘', "'"},         {U'’', "'"},           {U'€', "\\euro "},     {U'£', "\\pounds "},
    {U'¢', "\\cent "},   {U'∨', "\\lor "},    {U'∧', "\\land "},     {U'\u200B', ""},       {U'“', "\""},
    {U'”', "\""},        {U'„', "\""},        {U'«', "\""},          {U'»', "\""},          {U'¥', "\\yen "},
    {U'₹', "\\rupee "},  {U'\uFEFF', ""},     {U'\u2009', "\\,"},    {U'\u202F', "\\,"},    {U'\u2061', ""},
    {U'\u2062', ""},
};
constexpr char32_t kSuperscripts[] = {U'⁰', U'¹', U'²', U'³', U'⁴', U'⁵', U'⁶', U'⁷', U'⁸', U'⁹', U'⁻', U'ⁿ'};
constexpr char32_t kSubscripts[] = {U'₀', U'₁', U'₂', U'₃', U'₄', U'₅', U'₆', U'₇', U'₈', U'₉'};
constexpr std::string_view kScriptDigits = "0123456789-n";

// The raised or lowered digits at the front of `rest`, taken off it.
template <typename Table>
std::string take_script(std::string_view& rest, const Table& table) {
  std::string digits;
  while (!rest.empty()) {
    const CodePoint point = decode_utf8(rest);
    const auto at = std::ranges::find(table, point.value);
    if (at == std::end(table)) break;
    digits += kScriptDigits[static_cast<size_t>(at - std::begin(table))];
    rest.remove_prefix(point.size);
  }
  return digits;
}

// Full-width, ligatures and styled letters as plain ones; ½ as a fraction.
std::string compatible(std::string_view character) {
  const std::string text(character);
  const auto plain = std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)>(
      utf8proc_NFKC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str())), &std::free);
  if (!plain) return text;
  const std::string result(reinterpret_cast<const char*>(plain.get()));
  constexpr std::string_view kSlash = "⁄";
  const size_t slash = result.find(kSlash);
  if (slash == kNowhere) return result;
  return "\\frac{" + result.substr(0, slash) + "}{" + result.substr(slash + kSlash.size()) + "}";
}

// A line or a dot over the last digit, as \overline{36} and \dot{3}.
bool marks_repetition(std::string& plain, char32_t mark) {
  constexpr char32_t kLine = 0x0305, kDot = 0x0307;
  if ((mark != kLine && mark != kDot) || plain.empty() || !is_ascii_digit(plain.back())) return false;
  const char digit = plain.back();
  plain.pop_back();
  if (mark == kDot) {
    plain.append("\\dot{").append(1, digit).append("}");
  } else if (plain.ends_with('}') && plain.rfind("\\overline{") != kNowhere) {
    plain.back() = digit;
    plain += '}';
  } else {
    plain.append("\\overline{").append(1, digit).append("}");
  }
  return true;
}

// Macros whose backslash a string of a program took as an escape: "\frac" as a form feed and "rac".
std::string_view read_escape(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kEscapes[] = {
      {"\frac", "\\f"}, {"\boxed", "\\b"}, {"\binom", "\\b"}, {"\begin", "\\b"}, {"\text{", "\\t"}, {"\times", "\\t"}};
  for (const auto& [read, macro] : kEscapes)
    if (text.starts_with(read)) return macro;
  return {};
}

bool is_blank_at(std::string_view text, size_t at) { return at >= text.size() || text[at] == ' '; }

// Whether the text between two dollar signs is a formula rather than the words between two sums of money.
bool is_formula(std::string_view inside, std::string_view behind) {
  const bool digit_behind = !behind.empty() && is_ascii_digit(behind[0]);
  const bool ends_open = inside.ends_with(' ') || inside.ends_with(',') || inside.ends_with('-');
  return !(digit_behind && ends_open);
}

}  // namespace

std::string plain_characters(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      const char c = text[0];
      if (const std::string_view escape = read_escape(text); !escape.empty())
        plain += escape;
      else
        plain += c == '\n' || c == '\t' || c == '\r' ? ' ' : c == kAnd || c == kOr ? '?' : c;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view before = text;
    if (const std::string raised = take_script(text, kSuperscripts); !raised.empty()) {
      const bool degree = raised == "0" && !plain.empty() && is_ascii_digit(plain.back());
      plain += degree ? "\\degree " : "^{" + raised + "}";
      continue;
    }
    if (const std::string lowered = take_script(text, kSubscripts); !lowered.empty()) {
      plain += "_{" + lowered + "}";
      continue;
    }
    const CodePoint point = decode_utf8(text);
    if (marks_repetition(plain, point.value)) {
      text.remove_prefix(point.size);
      continue;
    }
    if (is_digit(point.value)) {
      plain += static_cast<char>('0' + digit_value(point.value));
      text.remove_prefix(point.size);
      continue;
    }
    if (point.value == U'√') {  // of digits, that of the whole number: √12
      text.remove_prefix(point.size);
      const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
      plain += "\\sqrt ";
      if (digits > 0) plain.append("{").append(text.substr(0, digits)).append("}");
      text.remove_prefix(digits);
      continue;
    }
    const auto at = std::ranges::find(kCharacters, point.value, &std::pair<char32_t, std::string_view>::first);
    if (at != std::end(kCharacters))
      plain += at->second;
    else
      plain += point.valid ? compatible(before.substr(0, point.size)) : std::string(before.substr(0, point.size));
    text.remove_prefix(point.size);
  }
  return plain;
}

std::string without_emphasis(std::string text) {
  for (bool changed = true; changed;) {
    changed = false;
    const std::string_view all = strip(text);
    for (const std::string_view mark : {"**", "__", "`", "*", "_", "\""}) {
      const size_t n = mark.size();
      if (all.size() <= 2 * n || !all.starts_with(mark) || !all.ends_with(mark)) continue;
      const std::string_view inner = all.substr(n, all.size() - 2 * n);
      if (inner.find(mark) != kNowhere || inner.ends_with('\\')) continue;
      text = std::string(strip(inner));
      changed = true;
      break;
    }
  }
  // x = **5**: marks that touch blanks outside and none inside.
  for (size_t open = text.find("**"); open != kNowhere; open = text.find("**", open + 1)) {
    const size_t close = text.find("**", open + 2);
    if (close == kNowhere) break;
    const bool begins = (open == 0 || text[open - 1] == ' ') && !is_blank_at(text, open + 2);
    const bool ends = (is_blank_at(text, close + 2) || std::string_view(".,;:").find(text[close + 2]) != kNowhere) &&
                      text[close - 1] != ' ';
    if (!begins || !ends) continue;
    text.erase(close, 2).erase(open, 2);
  }
  return text;
}

std::string money_and_formulas(std::string_view text) {
  std::vector<size_t> signs;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '$')
      signs.push_back(i);
  }
  if (signs.empty()) return std::string(text);
  std::vector<bool> money(signs.size(), false);
  for (size_t i = 0; i < signs.size(); ++i) {
    const size_t begin = signs[i] + 1;
    if (i + 1 < signs.size()) {
      const size_t end = signs[i + 1];
      if (is_formula(text.substr(begin, end - begin), text.substr(end + 1))) {
        ++i;
        continue;
      }
    }
    const std::string_view behind = strip_left(text.substr(begin));
    const bool before_number = !behind.empty() && (is_ascii_digit(behind[0]) || behind[0] == '.');
    const bool behind_number = behind.empty() && signs[i] > 0 && is_ascii_digit(text[signs[i] - 1]);
    money[i] = before_number || behind_number;
  }
  std::string plain;
  size_t done = 0;
  for (size_t i = 0; i < signs.size(); ++i) {
    plain.append(text, done, signs[i] - done).append(money[i] ? "\\$" : "");
    done = signs[i] + 1;
  }
  return plain.append(text, done);
}

}  // namespace hrm::grading
