#include "steps/verdicts.h"

namespace hrm::steps {

AnswerVerdict AnswerGrader::operator()(const std::optional<std::string>& answer) {
  if (!answer) return std::nullopt;
  const auto [at, fresh] = known_.try_emplace(*answer, grading::Verdict::kUndecided);
  if (fresh) at->second = grading::grade(*answer, gold_, options_);
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
