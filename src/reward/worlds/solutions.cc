#include "worlds/solutions.h"

#include <algorithm>

#include "base/error.h"

namespace hrm::worlds {

namespace {

std::vector<policy::Choice> choices_of(policy::Policy& policy, const ArithmeticProblem& problem,
                                       const policy::Request& request) {
  policy::Reply reply = policy.complete(request);
  if (const auto* fault = std::get_if<policy::PolicyFault>(&reply))
    throw failure("worlds.solutions", "{}: {}", problem.id, fault->message);
  return std::move(std::get<policy::Response>(reply).choices);
}

}  // namespace

ArithmeticProblem problem_from_json(const Json& json, std::string_view place) {
  ArithmeticProblem problem;
  problem.question = json_field<std::string>(json, "question", place);
  const auto question = find_question(problem.question);
  if (!question)
    throw bad_input("worlds.problem", "{}: question '{}' is not of the arithmetic world: expected (7+12)*3-15=?", place,
                    problem.question.substr(0, 80));
  problem.answer = fmt::format("{}", question->value());
  if (json.contains("answer") && json_field<std::string>(json, "answer", place) != problem.answer)
    throw bad_input("worlds.problem", "{}: answer '{}' of {} is wrong: it is {}", place,
                    json_field<std::string>(json, "answer", place).substr(0, 40), question->text(), problem.answer);
  problem.id = json.contains("id") ? json_field<std::string>(json, "id", place) : problem.question;
  return problem;
}

Json to_json(const ArithmeticProblem& problem) {
  return {{"id", problem.id}, {"question", problem.question}, {"answer", problem.answer}};
}

std::string prompt_of(std::string_view question, const std::vector<std::string>& steps) {
  std::string prompt = std::string(question) + "\n";
  for (const std::string& step : steps) prompt += step + "\n";
  return prompt;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (text.substr(0, end).find_first_not_of(" \t\r") != std::string_view::npos)
      lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool ends_right(const Walk& from, std::string_view text) {
  Walk walk = from;
  walk.take(text);
  return walk.answer() && walk.on_track();
}

JudgedSolution judged(const ArithmeticProblem& problem, std::vector<std::string> steps, TrueValues* values) {
  JudgedSolution solution{.steps = std::move(steps)};
  Walk walk(find_question(problem.question).value());
  for (const std::string& step : solution.steps) {
    solution.truth.steps.push_back(walk.take(step));
    solution.tokens += static_cast<int64_t>(step.size()) + 1;
    if (!values) continue;
    const auto value = values->success(walk);
    if (!value)
      throw bad_input("worlds.values", "{} has more than {} states, too many for exact values: use fewer operations",
                      problem.question, values->states());
    solution.values.push_back(*value);
  }
  solution.truth.answered = walk.answer().has_value();
  solution.truth.correct = solution.truth.answered && walk.on_track();
  if (walk.answer()) solution.answer = fmt::format("{}", *walk.answer());
  return solution;
}

std::vector<JudgedSolution> sample_solutions(policy::Policy& policy, const ArithmeticProblem& problem,
                                             policy::Request how, TrueValues* values) {
  how.prompt = prompt_of(problem.question, {});
  std::vector<JudgedSolution> solutions;
  for (const policy::Choice& choice : choices_of(policy, problem, how)) {
    std::vector<std::string> steps = lines_of(choice.text);
    const auto answer = std::ranges::find_if(steps, [](const std::string& step) { return step.starts_with("####"); });
    if (answer != steps.end()) steps.erase(answer + 1, steps.end());
    if (steps.empty()) steps.emplace_back();
    solutions.push_back(judged(problem, std::move(steps), values));
    solutions.back().tokens = choice.tokens;
  }
  return solutions;
}

std::vector<double> rollout_labels(policy::Policy& policy, const ArithmeticProblem& problem,
                                   const JudgedSolution& solution, policy::Request how) {
  std::vector<double> labels;
  Walk walk(find_question(problem.question).value());
  how.prompt = prompt_of(problem.question, {});
  for (const std::string& step : solution.steps) {
    walk.take(step);
    how.prompt += step + "\n";
    if (walk.answer()) {
      labels.push_back(walk.on_track() ? 1 : 0);
      continue;
    }
    double right = 0;
    for (const policy::Choice& choice : choices_of(policy, problem, how)) right += ends_right(walk, choice.text);
    labels.push_back(right / static_cast<double>(how.n));
  }
  return labels;
}

Json to_json(const JudgedSolution& solution) {
  Json json = {{"steps", solution.steps},
               {"answer", solution.answer.empty() ? Json(nullptr) : Json(solution.answer)},
               {"correct", solution.truth.correct},
               {"tokens", solution.tokens}};
  json["valid"] = Json::array();
  json["on_track"] = Json::array();
  for (const StepTruth& step : solution.truth.steps) {
    json["valid"].push_back(step.valid);
    json["on_track"].push_back(step.on_track);
  }
  if (!solution.values.empty()) json["scores"]["value"] = solution.values;
  return json;
}

}  // namespace hrm::worlds
