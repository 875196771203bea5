#include "rows/cleanup.h"

#include <array>

#include "base/utf8.h"

namespace hrm::rows {
namespace {

constexpr std::string_view kStep = "# Step ";
constexpr std::array<std::string_view, 5> kPlaceholders = {"# Step 2", "# Step 3", "# Step 4", "# Step 5", "# END!"};

std::string_view placeholder(size_t height) { return kPlaceholders[height - 1]; }

void lose(std::string& text, std::string_view what) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    text.replace(at, what.size(), "\n");
}

}  // namespace

std::string ensure_step_spacing(std::string_view text) {
  std::string spaced;
  spaced.reserve(text.size() + 16);
  for (size_t at; (at = text.find(kStep)) != std::string_view::npos;) {
    size_t end = at + kStep.size();
    std::string_view rest = text.substr(end);
    const CodePoint digit = rest.empty() ? CodePoint{} : decode_utf8(rest);
    const bool is_heading = digit.valid && is_digit(digit.value);
    if (is_heading) end += digit.size;
    spaced += text.substr(0, end);
    text.remove_prefix(end);
    if (is_heading && !text.empty() && !is_space(decode_utf8(text).value)) spaced += " \n";
  }
  return spaced.append(text);
}

std::vector<std::string> clean_parts(std::vector<std::string> parts, Kind kind) {
  const size_t n = parts.size();
  const bool merges = kind == Kind::kHierarchical;
  const auto moved = [&](size_t height) { return std::string(placeholder(height)) + (merges ? "\n" : "\n\n"); };
  if (n != 5) {
    lose(parts[n - 1], placeholder(n));
    if (merges) lose(parts[n - 1], placeholder(n + 1));
  }
  if (merges && n > 2) {
    lose(parts[n - 3], placeholder(n - 2));
    parts[n - 2].insert(0, moved(n - 2));
  }
  if (n > 1) {
    lose(parts[n - 2], placeholder(n - 1));
    parts[n - 1].insert(0, moved(n - 1));
  }
  return parts;
}

}  // namespace hrm::rows
