// The labels of the steps of a record that holds one solution, in any labeled format that this room reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rows/formats.h"

namespace hrm::rows {

// Per step, whether it is right (a label of at least 0.5); nullopt where nothing is known of it and for steps that stand
// there for context. format: nullopt at first; set by that record and kept for the others of its file. Throws bad_input
// naming the place for a record without labels and for one of several solutions.
std::vector<std::optional<bool>> step_labels(const Json& record, const std::string& place,
                                             std::optional<Format>& format);

}  // namespace hrm::rows
