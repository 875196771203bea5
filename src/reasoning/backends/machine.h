// Describes this program and this machine, for people and for reports of speed.
#pragma once

#include <string>

#include "base/json.h"

namespace hrm::backends {

// {"devices": [{"name", "backend", "available"}], "processor", "instruction_set": {"chosen", "available", "HRM_ISA"},
//  "matrix_library", "native_bfloat16", "threads": {"default", "processors", "HRM_THREADS"}}; an environment variable
// that is not set is null. Throws bad_input for a bad HRM_ISA.
Json describe_machine();

// The same as lines of text, with what the two variables do.
std::string machine_table(const Json& machine);

}  // namespace hrm::backends
