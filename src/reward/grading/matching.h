// Which elements of two lists are equal, and the names of elements.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "grading/grade.h"

namespace hrm::grading {

class Matching {
 public:
  Matching(size_t given, size_t gold) : given_(given), gold_(gold), verdicts_(given * gold, Verdict::kUndecided) {}
  Verdict& at(size_t i, size_t j) { return verdicts_[i * gold_ + j]; }

  // Each element has a partner of its own.
  bool is_one_to_one();

  bool is_decided() const { return std::ranges::find(verdicts_, Verdict::kUndecided) == verdicts_.end(); }

  bool is_all(Verdict verdict) const {
    return std::ranges::all_of(verdicts_, [&](Verdict one) { return one == verdict; });
  }

  // An element of one side that equals none of the other.
  bool has_stranger();

 private:
  template <typename Get>
  static bool all_wrong(const Get& get, size_t n) {
    for (size_t k = 0; k < n; ++k)
      if (get(k) != Verdict::kWrong) return false;
    return true;
  }

  size_t given_, gold_;
  std::vector<Verdict> verdicts_;
};

// "x=3" as a name and a value; the name is empty where there is none.
struct Named {
  std::vector<std::string> names, values;

  bool has_names() const {
    return std::ranges::none_of(names, [](const std::string& name) { return name.empty(); });
  }
  bool is_distinct() const {
    std::vector<std::string> sorted = names;
    std::ranges::sort(sorted);
    return std::ranges::adjacent_find(sorted) == sorted.end();
  }
};
Named named(const std::vector<std::string>& elements);

}  // namespace hrm::grading
