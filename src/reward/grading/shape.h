// What an answer is made of: one value, a list, a tuple or interval, a set, a matrix, a union.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hrm::grading {

struct Shape {
  enum class Kind {
    kScalar,
    kList,     // 2, 3 and 5
    kOrdered,  // tuples, points, vectors and intervals: brackets "()", "[)"
    kMatrix,   // brackets tell where rows end
    kSet,      // \{..\}
    kUnion,
  };
  Kind kind = Kind::kScalar;
  std::string brackets;
  std::vector<std::string> elements;
  bool has_and = false, has_or = false;  // between the elements of a list
  bool has_signs = false;                // a \pm b was made two elements
};

Shape shape_of(std::string_view text);

// The parts between commas, kAnd and kOr outside of brackets; empty ones are dropped. One part: it is not a list.
std::vector<std::string> list_parts(std::string_view text);

// \emptyset, \{\}, "empty set".
bool is_empty_set(std::string_view text);

}  // namespace hrm::grading
