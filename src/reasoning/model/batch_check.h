// Checks of a batch that every backend makes before it computes.
#pragma once

#include <string_view>

#include "model/backend.h"

namespace hrm::model {

// Throws bad_input, beginning with `where`, that names the first array of a wrong length or value out of range.
struct BatchUse {
  size_t carry_rows = 0;  // slots times chains of the carry that comes with the batch
  bool labels = false;    // whether labels are needed
};
void check_batch(const ModelConfig& config, const Batch& batch, const BatchUse& use, std::string_view where);

}  // namespace hrm::model
