// A curve in one line of text: ▁▁▂▄▆█
#pragma once

#include <span>
#include <string>

namespace hrm::training {

// The last `width` values as bars of eight heights between 0 and the largest of all; a value that is not finite is a
// space. Values below 0 count as 0.
std::string sparkline(std::span<const double> values, size_t width);

}  // namespace hrm::training
