// POST /v1/select: chooses among scored solutions and gives the reasons. No model runs.
#pragma once

#include <string_view>

#include "base/json.h"
#include "server/limits.h"

namespace hrm::server {

// body: {solutions: [{answer?, scores[]}], aggregate?: last | min | product | mean, pick?: best | weighted | majority,
// answers?: equivalent | exact}.
// Answer: {index, answer, pick, aggregate, answers, values: [per solution], groups: [per solution, null: no answer],
// votes: [{group, answer, count, weight}]}. Ties go to the first. Throws ApiError 400 and 422.
Json select_solution(std::string_view body, const Limits& limits);

}  // namespace hrm::server
