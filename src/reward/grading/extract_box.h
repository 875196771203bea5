// The boxes at the end of a solution: \boxed{..} and \fbox{..}.
#pragma once

#include <optional>
#include <string_view>

#include "grading/extract.h"

namespace hrm::grading {

// The last box that holds something, also \boxed 7, with the boxes that stand before it in a list: "x=\boxed{3} or
// x=\boxed{5}" is "x=3, x=5", and its other reading the last box alone.
std::optional<Extraction> extract_boxes(std::string_view text);

// Behind the brace that closes the one before `at`; kNowhere: it never closes.
size_t end_of_group(std::string_view text, size_t at);

}  // namespace hrm::grading
