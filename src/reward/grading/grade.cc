#include "grading/grade.h"

#include <algorithm>

#include "grading/exact_library.h"
#include "grading/prm800k.h"
#include "grading/sound.h"

namespace hrm::grading {
namespace {

constexpr size_t kMostBytes = size_t{1} << 16;  // of an answer that is more than compared as it stands
constexpr double kMostSeconds = 1;

Explained explain_once(std::string_view given, std::string_view gold, const GradeOptions& options) {
  if (given.size() > kMostBytes || gold.size() > kMostBytes) {
    if (given == gold) return {Verdict::kCorrect, "equal strings"};
    return {Verdict::kUndecided, "nothing"};
  }
  const Deadline deadline(std::clamp(options.seconds, 0.0, kMostSeconds));
  if (options.profile == Profile::kPrm800k) {
    const Prm800kSteps steps = grade_prm800k(given, gold, deadline);
    return {steps.verdict, steps.verdict == Verdict::kUndecided ? "nothing" : steps.decided_by};
  }
  const SoundVerdict sound = grade_sound(given, gold, deadline);
  return {sound.verdict, sound.decided_by};
}

}  // namespace

Explained explain(std::string_view given, std::string_view gold, const GradeOptions& options) {
  const bool loads = !exact_library_is_loaded();
  const Explained explained = explain_once(given, gold, options);
  // What loading the library took is not the pair's time.
  const bool again = loads && explained.verdict == Verdict::kUndecided && exact_library_is_loaded();
  return again ? explain_once(given, gold, options) : explained;
}

Verdict grade(std::string_view given, std::string_view gold, const GradeOptions& options) {
  return explain(given, gold, options).verdict;
}

EnumNames<Profile> enum_names(Profile) {
  static constexpr std::pair<Profile, std::string_view> kNames[] = {{Profile::kSound, "sound"},
                                                                    {Profile::kPrm800k, "prm800k"}};
  return kNames;
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kCorrect:
      return "correct";
    case Verdict::kWrong:
      return "wrong";
    case Verdict::kUndecided:
      break;
  }
  return "undecided";
}

}  // namespace hrm::grading
