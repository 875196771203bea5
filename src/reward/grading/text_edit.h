// Small edits of text and questions about it that the files of this room share.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace hrm::grading {

constexpr size_t kNowhere = std::string_view::npos;  // no such place in a text

// Every occurrence, left to right, as Python's str.replace.
inline void replace_all(std::string& text, std::string_view from, std::string_view to) {
  size_t at = text.find(from);
  if (at == std::string::npos) return;
  std::string replaced;
  replaced.reserve(text.size());
  size_t done = 0;
  for (; at != std::string::npos; at = text.find(from, done)) {
    replaced.append(text, done, at - done).append(to);
    done = at + from.size();
  }
  replaced.append(text, done);
  text = std::move(replaced);
}

inline bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

inline std::string_view leading_letters(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && is_ascii_letter(text[size])) ++size;
  return text.substr(0, size);
}

inline bool holds(const auto& words, std::string_view name) {
  return std::ranges::find(words, name) != std::end(words);
}

}  // namespace hrm::grading
