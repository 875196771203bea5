// Words after a number that say what is counted and nothing about how much: apples, students, people.
#pragma once

#include <string_view>

namespace hrm::grading {

// A plural in small letters. A list, for an ending tells nothing: isosceles and sometimes end in s, too. A word that is
// not in it leaves a comparison undecided.
bool names_things(std::string_view plural);

}  // namespace hrm::grading
