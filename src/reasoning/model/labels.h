#pragma once

#include <cstdint>

namespace hrm::model {

// Label of a token that is not supervised: no loss, and it counts neither as right nor as wrong.
inline constexpr int32_t kIgnoreLabel = -100;

}  // namespace hrm::model
