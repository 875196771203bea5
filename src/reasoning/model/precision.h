// The meaning of BackendOptions::precision.
#pragma once

#include <string_view>

#include "model/config.h"

namespace hrm::model {

inline constexpr std::string_view kInt8 = "int8";

// The configuration with the forward_dtype that `precision` names; unchanged if it is empty or int8. Throws
// bad_input on another word.
model::ModelConfig with_precision(model::ModelConfig config, std::string_view precision);

}  // namespace hrm::model
