#include "grading/matching.h"

#include "grading/quantity.h"

namespace hrm::grading {

bool Matching::is_one_to_one() {
  std::vector<bool> taken(gold_, false);
  for (size_t i = 0; i < given_; ++i) {
    size_t j = 0;
    while (j < gold_ && (taken[j] || at(i, j) != Verdict::kCorrect)) ++j;
    if (j == gold_) return false;
    taken[j] = true;
  }
  return given_ == gold_;
}

bool Matching::has_stranger() {
  for (size_t i = 0; i < given_; ++i)
    if (all_wrong([&](size_t j) { return at(i, j); }, gold_)) return true;
  for (size_t j = 0; j < gold_; ++j)
    if (all_wrong([&](size_t i) { return at(i, j); }, given_)) return true;
  return false;
}

Named named(const std::vector<std::string>& elements) {
  Named result;
  for (const std::string& element : elements) {
    std::string_view value = element;
    result.names.push_back(take_label(value));
    result.values.emplace_back(value);
  }
  return result;
}

}  // namespace hrm::grading
