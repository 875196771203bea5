// Words after a number that say what is counted but not how much: apples, students, people.
#pragma once

#include <string_view>

namespace hrm::grading {

// Whether a lower-case word is such a plural. It uses a list, because endings prove nothing: isosceles and sometimes
// also end in s. Other words leave a comparison undecided.
bool names_things(std::string_view plural);

}  // namespace hrm::grading
