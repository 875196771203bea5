// Formats whose records are one solution with a label per step.
#pragma once

#include <string_view>

#include "base/json.h"
#include "rows/counts.h"
#include "rows/row.h"
#include "rows/solution.h"

namespace hrm::rows {

// Math-Shepherd (Wang et al. 2023, arXiv 2312.08935): `input` has the mark after each step, `label` is the same text
// with + or - in its place. The question ends where "Step 1:" begins (rows/step_text.h).
inline constexpr std::string_view kShepherdMark = "\u043A\u0438";  // "ки"

// All of these throw bad_input naming place and field, and note in counts what is odd.
LabeledSolution read_math_shepherd(const Json& record, std::string_view place, ConversionCounts& counts);
// OpenRLHF: Math-Shepherd's `input`, and a list `value` of + and - or of numbers, one per mark.
LabeledSolution read_openrlhf(const Json& record, std::string_view place, ConversionCounts& counts);
// OpenR's own training files: question, `process` with a mark after each step, and a list `label` or `labels`.
LabeledSolution read_openr_process(const Json& record, std::string_view place);
LabeledSolution read_trl(const Json& record, std::string_view place);
// RLHFlow: user messages hold steps, the first one the question before "Step 1:"; the assistant answers + or -.
LabeledSolution read_rlhflow(const Json& record, std::string_view place, ConversionCounts& counts);
// A question, `steps` and a list `labels`, `step_labels` or `ratings`; or steps that are objects with a text and a
// `label` or `rating` each. Ratings are PRM800K's -1, 0 and 1. null: no label.
LabeledSolution read_plain(const Json& record, std::string_view place, Neutral neutral, ConversionCounts& counts);
// ThinkPRM (Khalifa et al. 2025, arXiv 2504.16828): steps of a solution that may not have come to its end.
LabeledSolution read_thinkprm(const Json& record, std::string_view place);
// VersaPRM (Zeng et al. 2025, arXiv 2502.06737): lists, or texts that hold a JSON list; labels 1 and -1.
LabeledSolution read_versaprm(const Json& record, std::string_view place);

}  // namespace hrm::rows
