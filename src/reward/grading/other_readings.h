// Readings of an answer that people mean as well as the one that grade_sound() takes. A verdict "wrong" does not stand
// where such a reading makes two answers equal.
#pragma once

#include <functional>
#include <string_view>

#include "grading/spelling.h"

namespace hrm::grading {

struct WrittenAnswer {
  std::string_view raw;  // as it was written
  const Spelling& spelling;
};

// A label with a colon ("x: 5"), j for i, 1:2 for 50\%, decimal commas (3,5 cm; (1,5; 2)), hyphens in mixed numbers
// (2-3/4), dates in another order, another letter for an integer or a constant (2\pi n and 2\pi k). `equal` compares
// spelled answers.
using EqualAnswers = std::function<bool(std::string_view, std::string_view)>;
bool may_be_equal(const WrittenAnswer& given, const WrittenAnswer& gold, const EqualAnswers& equal);

}  // namespace hrm::grading
