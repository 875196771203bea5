// Benchmarks and problem collections.
#pragma once

#include <string_view>

#include "base/json.h"
#include "rows/counts.h"
#include "rows/solution.h"

namespace hrm::rows {

// All of these throw bad_input naming place and field.

// ProcessBench (Zheng et al. 2024, arXiv 2412.06559): label = first wrong step from 0, -1 = none. Steps after it have
// no label.
LabeledSolution read_processbench(const Json& record, std::string_view place);
// BIG-Bench Mistake (Tyen et al. 2023, arXiv 2311.08516): mistake_index = first wrong step from 0, null = none.
LabeledSolution read_bigbench(const Json& record, std::string_view place);
// A question, `steps` and the number of the first wrong one (rows/record_fields.h names the fields). from: of the first
// step, 0 or 1. None is wrong: null, -1, and 0 where steps count from 1.
LabeledSolution read_first_error(const Json& record, std::string_view place, int64_t from);
// PRMBench (Song et al. 2025, arXiv 2501.03124): error_steps from 1; numbers past the last step are noted and ignored.
LabeledSolution read_prmbench(const Json& record, std::string_view place, ConversionCounts& counts);
// GSM8K (Cobbe et al. 2021, arXiv 2110.14168): a step per line of the rationale, without labels; the outcome is right.
LabeledSolution read_gsm8k(const Json& record, std::string_view place);
// MATH (Hendrycks et al. 2021, arXiv 2103.03874): the answer named, else the last \boxed{}; no steps without a
// solution.
LabeledSolution read_math(const Json& record, std::string_view place);
// TRL's unpaired preferences (KTO): prompt, completion and whether it is right. No labels of steps.
LabeledSolution read_kto(const Json& record, std::string_view place);
// Sampled solutions: question, a gold answer, and `completions`, `candidates` or OpenAI's `choices`: texts, or objects
// with steps or a text, perhaps an answer and whether it is correct.
void read_completions(const Json& record, std::string_view place, const SolutionSink& emit);

}  // namespace hrm::rows
