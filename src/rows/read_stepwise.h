// Formats whose records are one solution with a label per step.
#pragma once

#include <string_view>

#include "base/json.h"
#include "rows/solution.h"

namespace hrm::rows {

// Math-Shepherd (Wang et al. 2023, arXiv 2312.08935): `input` has the mark behind each step, `label` is the same text
// with + or - in its place. The question ends where "Step 1:" begins.
inline constexpr std::string_view kShepherdMark = "\u043A\u0438";  // "ки"

// All of these throw bad_input naming place and field.
Solution read_math_shepherd(const Json& record, std::string_view place);
Solution read_trl(const Json& record, std::string_view place);
// RLHFlow: user messages hold steps, the first one the question before "Step 1:"; the assistant answers + or -.
Solution read_rlhflow(const Json& record, std::string_view place);

}  // namespace hrm::rows
