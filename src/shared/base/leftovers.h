// Removes what a killed process left behind: temporary files and folders named after it.
#pragma once

#include <filesystem>
#include <string_view>

namespace hrm {

// Removes the entries of the folder that are named `prefix` and a process id, if no such process runs. Those of a
// living process, other names and what cannot be removed stay. A folder that cannot be read has none.
void remove_leftovers(const std::filesystem::path& folder, std::string_view prefix);

}  // namespace hrm
