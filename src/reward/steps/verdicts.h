// Verdicts on the answers of a tree, recomputed from the answers; each distinct answer is graded once.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "grading/grade.h"
#include "steps/tree.h"

namespace hrm::steps {

// nullopt: there is no answer.
using AnswerVerdict = std::optional<grading::Verdict>;

struct Verdicts {
  std::vector<AnswerVerdict> nodes;     // by node index
  std::vector<AnswerVerdict> rollouts;  // by position in Tree::rollouts
};

// Grades the answers of one problem and remembers the verdicts. Not for several threads at once.
class AnswerGrader {
 public:
  AnswerGrader(std::string gold, grading::GradeOptions options) : gold_(std::move(gold)), options_(options) {}
  AnswerVerdict operator()(const std::optional<std::string>& answer);
  size_t distinct() const { return known_.size(); }

 private:
  std::string gold_;
  grading::GradeOptions options_;
  std::unordered_map<std::string, grading::Verdict> known_;
};

Verdicts grade_answers(const Tree& tree, const grading::GradeOptions& options = {});

}  // namespace hrm::steps
