// Checks of a batch that every backend makes before it computes.
#pragma once

#include <string_view>

#include "model/backend.h"

namespace hrm::model {

// Throws bad_input, beginning with `where`, that names the first array of a wrong length or value out of range.
// carry_rows: slots times chains of the carry that comes with the batch. labels: whether labels are needed.
void check_batch(const model::ModelConfig& config, const Batch& batch, size_t carry_rows, bool labels,
                 std::string_view where);

}  // namespace hrm::model
