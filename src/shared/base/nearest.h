// "Did you mean ...?": the known name nearest to a mistyped one.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hrm {

// Levenshtein's distance: insertions, deletions and replacements of one byte.
size_t edit_distance(std::string_view a, std::string_view b);

// The first name with the smallest distance, if that is at most a third of the typed letters plus one.
std::optional<std::string> nearest_name(std::string_view typed, std::span<const std::string> known);

}  // namespace hrm
