// MATH's normalization. Where the original raises (a \sqrt at the end of the answer, two units), its caller keeps what
// it had; so does this.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "grading/normalize.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::pair<std::string_view, std::string_view> kReplacements[] = {
    {"\n", ""},     {"\\!", ""},     {"\\\\", "\\"},    {"tfrac", "frac"}, {"dfrac", "frac"},
    {"\\left", ""}, {"\\right", ""}, {"^{\\circ}", ""}, {"^\\circ", ""},   {"\\$", ""},
};

size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != kNowhere; at = text.find(part, at + part.size())) ++found;
  return found;
}

// "\text{ " stands before units only; twice is a fault.
bool remove_units(std::string& text) {
  constexpr std::string_view kUnits = "\\text{ ";
  if (count(text, kUnits) > 1) return false;
  text.resize(std::min(text.find(kUnits), text.size()));
  return true;
}

// "x = 5" becomes " 5": a name of at most two characters before the only equals sign.
void remove_name(std::string& text) {
  const size_t at = text.find('=');
  if (at == kNowhere || text.find('=', at + 1) != kNowhere) return;
  size_t characters = 0;
  for (std::string_view name(text.data(), at); !name.empty(); ++characters) name.remove_prefix(decode_utf8(name).size);
  if (characters <= 2) text.erase(0, at + 1);
}

// \sqrt3 becomes \sqrt{3}.
bool brace_roots(std::string& text) {
  constexpr std::string_view kRoot = "\\sqrt";
  size_t at = text.find(kRoot);
  if (at == kNowhere) return true;
  std::string braced = text.substr(0, at);
  while (at != kNowhere) {
    const size_t begin = at + kRoot.size(), next = text.find(kRoot, begin);
    const std::string_view rest = std::string_view(text).substr(begin, next == kNowhere ? next : next - begin);
    if (rest.empty()) return false;
    const size_t size = decode_utf8(rest).size;
    braced += kRoot;
    if (rest[0] == '{')
      braced += rest;
    else
      braced.append("{").append(rest.substr(0, size)).append("}").append(rest.substr(size));
    at = next;
  }
  text = std::move(braced);
  return true;
}

// \frac12 and \frac1{x} become \frac{1}{2} and \frac{1}{x}. False: nothing follows a \frac. An argument that is cut off
// leaves the whole text as it was.
bool brace_fractions(std::string& text) {
  constexpr std::string_view kFraction = "\\frac";
  size_t at = text.find(kFraction);
  std::string braced = text.substr(0, at);
  while (at != kNowhere) {
    const size_t begin = at + kFraction.size(), next = text.find(kFraction, begin);
    const std::string_view rest = std::string_view(text).substr(begin, next == kNowhere ? next : next - begin);
    at = next;
    braced += kFraction;
    if (rest.empty()) return false;
    if (rest[0] == '{') {
      braced += rest;
      continue;
    }
    const std::string_view above = rest.substr(0, decode_utf8(rest).size), behind = rest.substr(above.size());
    if (behind.empty()) return true;
    const std::string_view below = behind.substr(0, decode_utf8(behind).size);
    braced.append("{").append(above).append("}");
    if (below == "{")
      braced += behind;
    else
      braced.append("{").append(below).append("}").append(behind.substr(below.size()));
  }
  text = std::move(braced);
  return true;
}

// What int() reads and str() writes back the same.
bool is_canonical_integer(std::string_view text) {
  constexpr size_t kMostDigits = 4300;  // more than that Python does not convert
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative);
  if (digits.empty() || digits.size() > kMostDigits || digits.find_first_not_of("0123456789") != kNowhere) return false;
  return digits[0] != '0' || (digits.size() == 1 && !negative);
}

void raise_slash(std::string& text) {
  const size_t at = text.find('/');
  if (at == kNowhere || text.find('/', at + 1) != kNowhere) return;
  const std::string above = text.substr(0, at), below = text.substr(at + 1);
  if (is_canonical_integer(above) && is_canonical_integer(below)) text = "\\frac{" + above + "}{" + below + "}";
}

std::optional<std::string> normalized(std::string text) {
  for (const auto& [from, to] : kReplacements) replace_all(text, from, to);
  if (!remove_units(text)) return std::nullopt;
  replace_all(text, "\\%", "");
  replace_all(text, " .", " 0.");
  replace_all(text, "{.", "{0.");
  if (text.empty()) return text;
  if (text[0] == '.') text.insert(text.begin(), '0');
  remove_name(text);
  if (!brace_roots(text)) return std::nullopt;
  replace_all(text, " ", "");
  if (!brace_fractions(text)) return std::nullopt;
  if (text == "0.5") text = "\\frac{1}{2}";
  raise_slash(text);
  return text;
}

}  // namespace

std::string normalize_math(std::string_view answer) {
  constexpr std::string_view kText = "\\text{";
  answer = strip(answer);
  // The pattern's dot does not match a line break.
  if (answer.size() > kText.size() + 1 && answer.starts_with(kText) && answer.ends_with('}') &&
      answer.find('\n') == kNowhere)
    answer = strip(answer.substr(kText.size(), answer.size() - kText.size() - 1));
  auto result = normalized(std::string(answer));
  return result ? *std::move(result) : std::string(answer);
}

}  // namespace hrm::grading
