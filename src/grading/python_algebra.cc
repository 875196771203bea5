#include "grading/python_algebra.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {

bool refuses_algebra(std::string_view expression) {
  constexpr std::string_view kDigits = "0123456789";
  for (size_t at = expression.find('^'); at != std::string_view::npos; at = expression.find('^', at + 1)) {
    const std::string_view exponent = expression.substr(at + 1);
    if (exponent.starts_with('{') || exponent.starts_with('(')) return true;
    const size_t digits = std::min(exponent.find_first_not_of(kDigits), exponent.size());
    if (digits >= 2 || (digits == 1 && exponent.substr(1).starts_with('^'))) return true;
  }
  std::string rest(expression);
  replace_all(rest, "sqrt", "");
  replace_all(rest, "frac", "");
  std::vector<char32_t> letters;
  for (std::string_view view = rest; !view.empty() && letters.size() <= 2;) {
    const CodePoint point = decode_utf8(view);
    view.remove_prefix(point.size);
    if (is_letter(point.value) && std::ranges::find(letters, point.value) == letters.end())
      letters.push_back(point.value);
  }
  return letters.size() > 2;
}

Algebra compare_python(std::string_view gold, std::string_view given, const Deadline&) {
  const std::string expression = "(" + std::string(gold) + ")-(" + std::string(given) + ")";
  if (refuses_algebra(expression)) return Algebra::kRefused;
  return Algebra::kUndecided;
}

}  // namespace hrm::grading
