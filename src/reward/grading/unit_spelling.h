// Units in one spelling, without a change of the value: cm^{2} as cm^2, \frac{m}{s} and m s^{-1} as m/s.
#pragma once

#include <string>
#include <string_view>

namespace hrm::grading {

std::string plain_units(std::string_view text);

}  // namespace hrm::grading
