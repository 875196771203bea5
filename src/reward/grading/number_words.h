// Numbers written out: "twenty-one", "two hundred and five", "three thousand".
#pragma once

#include <string>
#include <string_view>

namespace hrm::grading {

// The digits of a whole number below 10^12 in English words; empty: it is none, or one word up to "twelve", which
// words.h knows. kAnd may stand for "and".
std::string number_in_words(std::string_view text);

}  // namespace hrm::grading
