// Neutral solutions as records of the formats that trainers of others read.
#pragma once

#include <optional>

#include "base/json.h"
#include "rows/counts.h"
#include "rows/formats.h"
#include "rows/solution.h"

namespace hrm::rows {

// Whether write_solution() knows the format: TRL, Math-Shepherd, OpenR (flat).
bool is_written(Format format);

// hard_from: in formats with yes or no a step is right from this label on (OpenR keeps labels as they are). nullopt,
// counted: there is not a step with a label; a step before the last labeled one has none; Math-Shepherd's mark occurs
// in a text, or its reader would cut the question elsewhere. Steps after the last labeled one are left out, counted in
// steps.
std::optional<Json> write_solution(Format format, const LabeledSolution& solution, double hard_from,
                                   ConversionCounts& counts);

}  // namespace hrm::rows
