#include "grading/shape.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

using Elements = std::vector<std::string>;

Elements copied(const std::vector<std::string_view>& parts) { return {parts.begin(), parts.end()}; }

size_t find_sign(std::string_view text, size_t from = 0) {
  for (size_t at = text.find('\\', from); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    const std::string_view name = leading_letters(text.substr(at + 1));
    if (name == "pm" || name == "mp") return at;
  }
  return std::string_view::npos;
}

// a \pm b is a+b and a-b, wherever the only sign of the element stands; \pm 0 is 0.
bool expand_signs(Elements& elements) {
  constexpr size_t kSign = 3;
  Elements expanded;
  bool any = false;
  for (const std::string& element : elements) {
    const size_t at = find_sign(element);
    if (at == std::string::npos || element[at + 1] == 'm' || find_sign(element, at + kSign) != std::string::npos) {
      expanded.push_back(element);
      continue;
    }
    any = true;
    const std::string before = element.substr(0, at), behind = element.substr(at + kSign);
    expanded.push_back(before + "+" + behind);
    if (strip(behind) != "0") expanded.push_back(before + "-" + behind);
  }
  elements = std::move(expanded);
  return any;
}

// "{cc}" behind \begin{array}, without lines between columns; npos: there is none.
size_t end_of_columns(std::string_view text) {
  const size_t close = text.find('}');
  const bool plain = text.starts_with('{') && close != std::string_view::npos &&
                     text.substr(1, close - 1).find_first_not_of("lcr ") == std::string_view::npos;
  return plain ? close + 1 : std::string_view::npos;
}

// The text between \begin{..} and the \end{..} that is its end, where that is one matrix. Determinants are none; an
// array is one within brackets.
std::optional<std::string_view> matrix_body(std::string_view text) {
  constexpr std::string_view kBegin = "\\begin{";
  constexpr std::string_view kNames[] = {"matrix",      "pmatrix",      "bmatrix",     "Bmatrix",
                                         "smallmatrix", "psmallmatrix", "bsmallmatrix"};
  const bool bracketed = text.size() > 2 && (text[0] == '(' || text[0] == '[') && encloses(text);
  if (bracketed) text = strip(text.substr(1, text.size() - 2));
  if (!text.starts_with(kBegin)) return std::nullopt;
  const size_t close = text.find('}');
  const std::string_view name = text.substr(kBegin.size(), std::max(close, kBegin.size()) - kBegin.size());
  const bool array = bracketed && name == "array";
  if (close == std::string_view::npos || (!array && std::ranges::find(kNames, name) == std::end(kNames)))
    return std::nullopt;
  const std::string end = "\\end{" + std::string(name) + "}";
  std::string_view behind = text.substr(close + 1);
  if (array) {
    const size_t columns = end_of_columns(behind);
    if (columns == std::string_view::npos) return std::nullopt;
    behind.remove_prefix(columns);
  }
  if (!behind.ends_with(end)) return std::nullopt;
  const std::string_view body = behind.substr(0, behind.size() - end.size());
  const bool nested = body.find(kBegin) != std::string_view::npos || body.find("\\end{") != std::string_view::npos;
  return nested ? std::nullopt : std::optional(body);
}

std::optional<Shape> matrix_shape(std::string_view text) {
  const auto body = matrix_body(text);
  if (!body) return std::nullopt;
  Shape shape{.kind = Shape::Kind::kMatrix, .brackets = "matrix"};
  for (std::string_view row : split_outside(*body, "\\\\")) {
    if (row.empty()) continue;
    for (const std::string_view cell : split_outside(row, "&")) shape.elements.emplace_back(cell);
    shape.brackets += ';' + std::to_string(shape.elements.size());  // where rows end
  }
  return shape;
}

bool is_bracketed(std::string_view text) {
  return text.size() > 2 && (text[0] == '(' || text[0] == '[') && (text.back() == ')' || text.back() == ']') &&
         encloses(text);
}

Shape list_shape(std::string_view text, Elements parts) {
  Shape shape{.kind = Shape::Kind::kList, .brackets = "", .elements = std::move(parts)};
  shape.has_and = find_outside(text, std::string(1, kAnd)) != std::string_view::npos;
  shape.has_or = find_outside(text, std::string(1, kOr)) != std::string_view::npos;
  shape.has_signs = expand_signs(shape.elements);
  return shape;
}

}  // namespace

std::vector<std::string> list_parts(std::string_view text) {
  Elements parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (depth <= 0 && (c == ',' || c == kAnd || c == kOr)) {
      const std::string_view part = strip(text.substr(begin, i - begin));
      if (!part.empty()) parts.emplace_back(part);
      begin = i + 1;
    }
    depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
  }
  return parts;
}

bool is_empty_set(std::string_view text) {
  text = unwrapped(text);
  const std::string plain = squeezed(lower(text));
  return plain == "\\emptyset" || plain == "\\{\\}" || plain == "empty set" || plain == "the empty set" ||
         plain == "\\text{empty set}";
}

Shape shape_of(std::string_view text) {
  if (auto matrix = matrix_shape(text)) return *std::move(matrix);
  if (auto parts = list_parts(text); parts.size() > 1) return list_shape(text, std::move(parts));
  if (const auto pieces = split_outside(text, "\\cup"); pieces.size() > 1)
    return {.kind = Shape::Kind::kUnion, .brackets = "", .elements = copied(pieces)};
  if (text.starts_with("\\{") && text.ends_with("\\}")) {
    Shape shape{.kind = Shape::Kind::kSet, .brackets = "{}", .elements = list_parts(text.substr(2, text.size() - 4))};
    shape.has_signs = expand_signs(shape.elements);
    return shape;
  }
  if (is_bracketed(text)) {
    const std::string_view inner = strip(text.substr(1, text.size() - 2));
    auto parts = list_parts(inner);
    if (Elements points{std::string(text)}; parts.size() > 1 && text[0] == '(' && expand_signs(points))
      return {.kind = Shape::Kind::kList, .brackets = "", .elements = std::move(points), .has_signs = true};
    if (parts.size() > 1)
      return {.kind = Shape::Kind::kOrdered, .brackets = {text[0], text.back()}, .elements = std::move(parts)};
    if (text[0] == '(' && text.back() == ')') return shape_of(inner);
  }
  Elements signs{std::string(text)};
  if (text.find("\\{") == std::string_view::npos && expand_signs(signs))
    return {.kind = Shape::Kind::kList, .brackets = "", .elements = std::move(signs), .has_signs = true};
  return {.kind = Shape::Kind::kScalar, .brackets = "", .elements = {std::string(text)}};
}

}  // namespace hrm::grading
