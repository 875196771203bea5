// How many processors libtorch uses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hrm::aten {

// For a model of so many parameters: `wanted`, where 0 means all processors, or one where threads would wait for each
// other longer than they work. A run keeps its bits only with the same number.
void use_threads(size_t wanted, int64_t parameters);

}  // namespace hrm::aten
