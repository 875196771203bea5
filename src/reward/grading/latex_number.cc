#include "grading/latex_number.h"

#include <algorithm>

#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

std::string_view take_while(std::string_view& text, std::string_view characters) {
  const size_t size = std::min(text.find_first_not_of(characters), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}
std::string_view take_digits(std::string_view& text) { return take_while(text, kDecimalDigits); }
void skip_blanks(std::string_view& text) { take_while(text, " "); }

bool take(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(mark.size());
  return true;
}

}  // namespace

bool is_ordinal(std::string_view letters) {
  return letters == "st" || letters == "nd" || letters == "rd" || letters == "th";
}

bool is_proper_fraction(std::string_view above, std::string_view below) {
  above.remove_prefix(std::min(above.find_first_not_of('0'), above.size()));
  below.remove_prefix(std::min(below.find_first_not_of('0'), below.size()));
  return above.size() != below.size() ? above.size() < below.size() : above < below;
}

bool is_whole_fraction(std::string_view text) {
  std::string_view parts[2];
  text.remove_prefix(std::string_view("\\frac").size());
  for (std::string_view& part : parts) {
    skip_blanks(text);
    const bool braced = take(text, "{");
    part = text.substr(0, std::min(text.find_first_not_of(kDecimalDigits), text.size()));
    if (part.empty()) return false;
    if (!braced) part = part.substr(0, 1);
    text.remove_prefix(part.size());
    if (braced && !take(text, "}")) return false;
  }
  if (!is_proper_fraction(parts[0], parts[1])) throw LatexRefused();
  return true;
}

bool is_whole_over(std::string_view text) {
  const auto part = [&] {
    skip_blanks(text);
    const bool braced = take(text, "{");
    const std::string_view digits = take_digits(text);
    if (braced && !take(text, "}")) return std::string_view();
    skip_blanks(text);
    return digits;
  };
  if (!take(text, "{")) return false;
  const std::string_view above = part();
  if (above.empty() || !take(text, "\\over")) return false;
  const std::string_view below = part();
  if (below.empty() || !text.starts_with('}')) return false;
  if (!is_proper_fraction(above, below)) throw LatexRefused();
  return true;
}

bool is_digits_in_brackets(std::string_view text) {
  const size_t end = text.find_first_not_of(kDecimalDigits, 1);
  return end != kNowhere && end > 1 && text[end] == ')';
}

bool is_fraction_in_brackets(std::string_view text) {
  const size_t slash = text.find_first_not_of(kDecimalDigits, 1);
  if (slash == kNowhere || slash == 1 || text[slash] != '/') return false;
  const size_t end = text.find_first_not_of(kDecimalDigits, slash + 1);
  return end != kNowhere && end > slash + 1 && text[end] == ')';
}

bool is_based_with_letters(std::string_view text) {
  const std::string_view digits = take_while(text, "0123456789ABCDEFabcdef");
  if (digits.size() < 2 || digits.find_first_not_of(kDecimalDigits) == kNowhere || !take(text, "_")) return false;
  take(text, "{");
  const std::string_view base = take_digits(text);
  return base.size() == 2 && base > "10";
}

}  // namespace hrm::grading
