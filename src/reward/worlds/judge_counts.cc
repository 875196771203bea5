#include "worlds/judge_counts.h"

#include "base/error.h"

namespace hrm::worlds {
namespace {

std::vector<std::string> steps_of(const Json& record, std::string_view place) {
  if (record.contains("steps")) return json_field<std::vector<std::string>>(record, "steps", place);
  if (record.contains("solution")) return lines_of(json_field<std::string>(record, "solution", place));
  throw bad_input("worlds.judge", "{}: expected 'steps', 'solution' or a list of 'candidates'", place);
}

// A solution's own "answer" is its result, not the gold answer.
Json without_answer(const Json& record) {
  return {{"id", record.value("id", Json("solution"))}, {"question", record.value("question", Json())}};
}

}  // namespace

void judge_record(const Json& record, std::string_view place, const JudgedSink& sink) {
  if (!record.is_object()) throw bad_input("worlds.judge", "{}: expected an object", place);
  if (!record.contains("candidates")) {
    const ArithmeticProblem problem = problem_from_json(without_answer(record), place);
    return sink(problem, judged(problem, steps_of(record, place)));
  }
  const ArithmeticProblem problem = problem_from_json(record, place);
  const auto candidates = json_field<std::vector<Json>>(record, "candidates", place);
  for (size_t i = 0; i < candidates.size(); ++i)
    sink(problem, judged(problem, steps_of(candidates[i], fmt::format("{}, candidate {}", place, i))));
}

Json judged_json(const ArithmeticProblem& problem, const JudgedSolution& solution) {
  Json row = to_json(problem);
  row["solution"] = to_json(solution);
  for (const StepTruth& step : solution.truth.steps) row["solution"]["reasons"].push_back(step.reason);
  return row;
}

Json stepwise_row(const ArithmeticProblem& problem, const JudgedSolution& solution) {
  Json row = {{"prompt", problem.question}, {"completions", solution.steps}, {"labels", Json::array()}};
  for (const StepTruth& step : solution.truth.steps) row["labels"].push_back(step.on_track);
  return row;
}

void JudgeCounts::add(const JudgedSolution& solution) {
  ++solutions_;
  answered_ += solution.truth.answered;
  correct_ += solution.truth.correct;
  bool before = true;
  for (const StepTruth& step : solution.truth.steps) {
    ++steps_;
    valid_ += step.valid;
    on_track_ += step.on_track;
    repairs_ += step.repairs;
    breaks_ += step.breaks;
    off_track_before_ += !before;
    valid_off_track_ += step.valid && !step.on_track;
    invalid_on_track_ += !step.valid && step.on_track;
    for (size_t i = 0; i < kFaults.size(); ++i) faults_[i] += step.fault == kFaults[i];
    before = step.on_track;
  }
}

std::vector<JudgeCounts::Line> JudgeCounts::lines() const {
  std::vector<Line> lines = {{"answered", answered_, solutions_},
                             {"correct", correct_, solutions_},
                             {"valid steps", valid_, steps_},
                             {"steps that end on track", on_track_, steps_},
                             {"valid but off track", valid_off_track_, steps_},
                             {"invalid but on track", invalid_on_track_, steps_},
                             {"repairs, of steps taken off track", repairs_, off_track_before_},
                             {"breaks, of steps taken on track", breaks_, steps_ - off_track_before_}};
  for (size_t i = 0; i < kFaults.size(); ++i) lines.push_back({name_of(kFaults[i]), faults_[i], steps_});
  return lines;
}

Json JudgeCounts::to_json() const {
  Json json = {{"solutions", solutions_}, {"steps", steps_}};
  for (const Line& line : lines()) {
    const Estimate share = line.share();
    json[std::string(line.name)] = {{"count", line.part},
                                    {"of", line.whole},
                                    {"share", share.value},
                                    {"low", share.interval.low},
                                    {"high", share.interval.high}};
  }
  return json;
}

}  // namespace hrm::worlds
