// Counting in texts, for tests of pictures.
#pragma once

#include <string_view>

namespace hrm {

// Without overlaps.
inline size_t occurrences(std::string_view text, std::string_view part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

}  // namespace hrm
