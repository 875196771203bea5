// The sentences that name an answer ("The answer is", "Die Antwort lautet", "答えは") in the languages that people and
// models write.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace hrm::grading {

// A subject with its verb or colon, and where the value begins.
struct ClosingPlace {
  size_t subject = 0, value = 0;  // bytes of the text
  bool on_own_line = false;       // the value begins a line
  std::string_view endings;       // verbs behind the value ("です"), separated by '|'
};

// Every closing, the last one first. Any bytes; `lowered` has ASCII letters in lower case.
std::vector<ClosingPlace> find_closings(std::string_view lowered);

}  // namespace hrm::grading
