// Normalization form C of Unicode: characters composed where a composed one exists.
#pragma once

#include <string>
#include <string_view>

namespace hrm::text {

// In time n log n also for hostile texts (utf8proc alone sorts combining marks in n^2). REQUIRES: valid UTF-8.
std::string to_nfc(std::string_view text);

}  // namespace hrm::text
