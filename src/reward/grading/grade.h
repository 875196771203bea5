// Does a given answer equal the gold answer? (docs/grading.md)
//
// The sound profile decides by meaning alone: answers are brought into one spelling that loses nothing (spelling.h),
// cut into elements (shape.h), and compared as words, choices, numbers with units, sets of numbers, equations, and
// expressions by exact algebra. What stays open is undecided, never guessed.
// The prm800k profile gives the verdicts of the PRM800K grader that the authors use, its quirks included (an unreduced
// fraction is wrong; exactly one side being an integer is wrong).
#pragma once

#include <string_view>

#include "base/fields.h"

namespace hrm::grading {

enum class Verdict { kCorrect, kWrong, kUndecided };
enum class Profile { kSound, kPrm800k };
EnumNames<Profile> enum_names(Profile);  // sound, prm800k

struct GradeOptions {
  Profile profile = Profile::kSound;
  double seconds = 0.01;  // after which symbolic work gives up: kUndecided. At most 1
};

// Answers as extract_answer() finds them; any bytes. Never throws on its input, and ends within 1.2 seconds. May be
// called from any number of threads.
Verdict grade(std::string_view given, std::string_view gold, const GradeOptions& options = {});

// The verdict and what decided it: a stage of sound.h, or of the PRM800K grader ("first_normaliser", "rules",
// "algebra_equal", ...).
struct Explained {
  Verdict verdict = Verdict::kUndecided;
  std::string_view decided_by;
};
Explained explain(std::string_view given, std::string_view gold, const GradeOptions& options = {});

std::string_view name_of(Verdict verdict);  // "correct", "wrong", "undecided"

}  // namespace hrm::grading
