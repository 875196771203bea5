#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "grading/extract.h"
#include "grading/grade.h"

// Two answers, parted by the first line break, under both profiles; nothing may throw, and equal answers are correct.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hrm::grading;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(text.find('\n'), text.size());
  const std::string_view given = text.substr(0, line), gold = text.substr(std::min(line + 1, text.size()));
  for (const Profile profile : {Profile::kSound, Profile::kPrm800k}) {
    grade(given, gold, {.profile = profile, .seconds = 1});
    if (grade(gold, gold, {.profile = profile}) == Verdict::kWrong) std::abort();
  }
  for (const auto format :
       {AnswerFormat::kHrm, AnswerFormat::kHeading, AnswerFormat::kGsm8k, AnswerFormat::kBoxed, AnswerFormat::kAuto})
    extract_answer(text, format);
  return 0;
}
