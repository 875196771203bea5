#include "steps/verdicts.h"

namespace hrm::steps {
namespace {

AnswerVerdict of(grading::Verdict verdict) {
  switch (verdict) {
    case grading::Verdict::kCorrect:
      return AnswerVerdict::kCorrect;
    case grading::Verdict::kWrong:
      return AnswerVerdict::kWrong;
    case grading::Verdict::kUndecided:
      break;
  }
  return AnswerVerdict::kUndecided;
}

}  // namespace

AnswerVerdict AnswerGrader::operator()(const std::optional<std::string>& answer) {
  if (!answer) return AnswerVerdict::kNone;
  const auto [at, fresh] = known_.try_emplace(*answer, AnswerVerdict::kNone);
  if (fresh) at->second = of(grading::grade(*answer, gold_, options_));
  return at->second;
}

Verdicts grade_answers(const Tree& tree, const grading::GradeOptions& options) {
  AnswerGrader grade(tree.problem.gold, options);
  Verdicts verdicts;
  verdicts.nodes.reserve(tree.nodes.size());
  for (const Node& node : tree.nodes) verdicts.nodes.push_back(grade(node.answer));
  verdicts.rollouts.reserve(tree.rollouts.size());
  for (const Rollout& rollout : tree.rollouts) verdicts.rollouts.push_back(grade(rollout.answer));
  return verdicts;
}

}  // namespace hrm::steps
