#include "tree/pass_rate.h"

namespace hrm::tree {

EnumNames<Fit> enum_names(Fit) {
  static constexpr std::pair<Fit, std::string_view> names[] = {
      {Fit::kInside, "inside"}, {Fit::kTooHard, "too-hard"}, {Fit::kTooEasy, "too-easy"}, {Fit::kUnknown, "unknown"}};
  return names;
}

void PassBand::validate() const {
  if (!(low >= 0 && low <= high && high <= 1))
    throw bad_input("tree.pass_rate", "--low {} --high {}: expected 0 <= low <= high <= 1", low, high);
  if (least < 1) throw bad_input("tree.pass_rate", "--least {}: expected 1 or more", least);
}

PassRate pass_rate(const LabeledTree& tree, const PassBand& band) {
  PassRate found{.solutions = tree.counts.front(), .rate = {}};
  if (found.solutions.total < band.least) return found;
  found.rate = tree.labels.front();
  if (!found.rate) return found;
  found.fit = *found.rate < band.low ? Fit::kTooHard : *found.rate > band.high ? Fit::kTooEasy : Fit::kInside;
  return found;
}

Json passed_problem(const steps::Problem& problem, const PassRate& found) {
  return {{"id", problem.id},         {"question", problem.question},       {"gold", problem.gold},
          {"pass_rate", *found.rate}, {"solutions", found.solutions.total}, {"correct", found.solutions.correct}};
}

void PassTally::add(const PassRate& found) {
  ++problems[static_cast<size_t>(found.fit)];
  solutions += found.solutions.total;
  correct += found.solutions.correct;
}

double PassTally::share() const {
  return solutions > 0 ? static_cast<double>(correct) / static_cast<double>(solutions) : 0;
}

Json PassTally::to_json() const {
  using enum Fit;
  return {{"inside", of(kInside)},   {"too_hard", of(kTooHard)}, {"too_easy", of(kTooEasy)},
          {"unknown", of(kUnknown)}, {"solutions", solutions},   {"correct", correct}};
}

}  // namespace hrm::tree
