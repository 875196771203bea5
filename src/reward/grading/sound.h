// Profile::kSound: correct where the answers are mathematically equal, wrong where they are not, else undecided.
#pragma once

#include <string_view>

#include "grading/deadline.h"
#include "grading/grade.h"

namespace hrm::grading {

// decided_by: "equal strings", "normal form", "words", "elements", "algebra", or "nothing"
// (undecided).
struct SoundVerdict {
  Verdict verdict = Verdict::kUndecided;
  std::string_view decided_by = "nothing";
};

SoundVerdict grade_sound(std::string_view given, std::string_view gold, const Deadline& deadline);

}  // namespace hrm::grading
