#include "grading/answer_text.h"

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

int opened(char c) { return c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0; }

}  // namespace

std::string squeezed(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ' ') {
      kept += text[i];
      continue;
    }
    const size_t next = text.find_first_not_of(' ', i);
    if (next == kNowhere) break;
    const char before = kept.empty() ? ' ' : kept.back();
    const bool digits = is_ascii_digit(before) && is_ascii_digit(text[next]);
    const bool letters = is_ascii_letter(before) && is_ascii_letter(text[next]);
    if (digits || letters) kept += ' ';
    i = next - 1;
  }
  return kept;
}

size_t find_outside(std::string_view text, std::string_view mark, size_t from) {
  int depth = 0;
  for (size_t i = from; i < text.size(); ++i) {
    if (depth == 0 && text[i] == mark[0] && text.substr(i).starts_with(mark)) return i;
    depth += opened(text[i]);
  }
  return kNowhere;
}

std::vector<std::string_view> split_outside(std::string_view text, std::string_view mark) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t at = find_outside(text, mark); at != kNowhere; at = find_outside(text, mark, begin)) {
    parts.push_back(strip(text.substr(begin, at - begin)));
    begin = at + mark.size();
  }
  parts.push_back(strip(text.substr(begin)));
  return parts;
}

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
  return kNowhere;
}

bool encloses(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += opened(text[i]);
    if (depth == 0) return i + 1 == text.size();
  }
  return false;
}

std::string_view unwrapped(std::string_view text) {
  for (;;) {
    text = strip(text);
    std::string_view inner = text;
    if (inner.starts_with("\\text")) inner = strip_left(inner.substr(5));
    if (!inner.starts_with('{') || group_end(inner, 0) != inner.size()) return text;
    text = inner.substr(1, inner.size() - 2);
  }
}

bool is_words(std::string_view text) {
  bool pair = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_ascii_letter(text[i]) && text[i] != ' ') return false;
    pair = pair || (i > 0 && is_ascii_letter(text[i]) && is_ascii_letter(text[i - 1]));
  }
  return pair;
}

bool is_single_letter(std::string_view text) { return text.size() == 1 && is_ascii_letter(text[0]); }

}  // namespace hrm::grading
