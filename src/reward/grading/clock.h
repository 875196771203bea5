// Times of day: "10:45 pm", "22:45", "3 p.m.".
#pragma once

#include <optional>
#include <string_view>

#include "grading/grade.h"

namespace hrm::grading {

// nullopt: not two times, or neither says am or pm (3:05 may be a ratio). The half of the day that only one side names
// is not required; 10:30 am and 10:30 pm are undecided, as units are of which one may be a slip.
std::optional<Verdict> compare_clocks(std::string_view given, std::string_view gold);

}  // namespace hrm::grading
