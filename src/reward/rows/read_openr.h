// OpenR's Monte-Carlo step values (MATH-APS; arXiv 2410.09671): one solution per path from the question to a leaf.
#pragma once

#include <string_view>

#include "base/json.h"
#include "rows/counts.h"
#include "rows/solution.h"

namespace hrm::rows {

// reasoning_steps is a list of {solution_prefix, mc_value}; a prefix begins with the question. A prefix that begins
// with another one continues it: from that the tree is found again. Throws bad_input.
void read_openr_flat(const Json& record, std::string_view place, ConversionCounts& counts, const SolutionSink& emit);

// reasoning_steps is {text, mc_value, children}; its root is the question. Throws bad_input.
void read_openr_tree(const Json& record, std::string_view place, const SolutionSink& emit);

}  // namespace hrm::rows
