// How the authors clean the texts of a tree's path before they become training rows, byte for byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rows/row.h"

namespace hrm::rows {

// After "# Step " and one decimal digit (of any script), if no white space follows: " \n". So "# Step 12" becomes
// "# Step 1 \n2".
std::string ensure_step_spacing(std::string_view text);

// With P_1 .. P_5 = "# Step 2" .. "# Step 5", "# END!" and n parts:
//   kProcess       the last part loses P_n (n != 5), the one before loses P_{n-1}, which then stands before
//                  the last part with two newlines; "loses" means that each occurrence becomes one newline
//   kHierarchical  the last part loses P_n and P_{n+1} (n != 5); the third last loses P_{n-2}, which goes
//                  before the second last with one newline; that one loses P_{n-1}, which goes before the
//                  last with one newline
// REQUIRES: 1 to 5 parts, kind is one of these.
std::vector<std::string> clean_parts(std::vector<std::string> parts, Kind kind);

}  // namespace hrm::rows
