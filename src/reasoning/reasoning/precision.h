// What BackendOptions::precision asks for.
#pragma once

#include <string_view>

#include "engine/config.h"

namespace hrm::reasoning {

inline constexpr std::string_view kInt8 = "int8";

// The configuration with the forward_dtype that `precision` names; unchanged where it is empty or int8. Throws
// bad_input on another word.
engine::ModelConfig with_precision(engine::ModelConfig config, std::string_view precision);

}  // namespace hrm::reasoning
