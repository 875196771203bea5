#include "selection/step_scores.h"

#include <ranges>
#include <unordered_map>
#include <unordered_set>

#include "formats/memory_budget.h"
#include "selection/record_fields.h"

namespace hrm::selection {
namespace {

StepScores scores_of(std::string id, const Json& record, const std::string& place) {
  StepScores read{.id = std::move(id)};
  const Json* scores = find_any(record, {"scores", "step_scores"});
  if (!scores)
    throw bad_input("step_scores.read", "{}: field 'scores' is missing: expected {{\"NAME\": [one per step]}}", place);
  if (!scores->is_object())
    read.by_scorer[std::string(kUnnamed)] = numbers_of(*scores, "scores", place);
  else
    for (const auto& [name, list] : scores->items())
      read.by_scorer[name] = numbers_of(list, "scores", fmt::format("{}, scorer {}", place, name));
  if (read.by_scorer.empty()) throw bad_input("step_scores.read", "{}: field 'scores' names no scorer", place);
  const Json* steps = find_any(record, {"steps"});
  const size_t wanted = steps && steps->is_array() ? steps->size() : read.by_scorer.begin()->second.size();
  for (const auto& [name, list] : read.by_scorer)
    if (list.size() != wanted || list.empty())
      throw bad_input("step_scores.read", "{}: {} scores by '{}', but {} steps", place, list.size(), name, wanted);
  return read;
}

}  // namespace

BadLines for_each_solution(JsonlReader reader, const RecordSink& use, const std::string& inherited) {
  return for_each_record(std::move(reader), [&](const Json& record, const std::string& place) {
    const Json* candidates = find_any(record, {"candidates"});
    if (!candidates) return use("", record, place);
    const std::string id = id_of(record, {"id", "problem_id"}, place);
    if (!candidates->is_array() || candidates->empty())
      throw bad_input("step_scores.read", "{}: field 'candidates' is not a list of at least one solution", place);
    const Json* handed_down = inherited.empty() ? nullptr : find_any(record, {inherited});
    for (size_t i = 0; i < candidates->size(); ++i) {
      const std::string where = fmt::format("{}, candidate {}", place, i);
      const Json& candidate = (*candidates)[i];
      if (!candidate.is_object()) throw bad_input("step_scores.read", "{}: expected an object", where);
      if (!handed_down || find_any(candidate, {inherited})) {
        use(fmt::format("{}/{}", id, i), candidate, where);
        continue;
      }
      Json with = candidate;
      with[inherited] = *handed_down;
      use(fmt::format("{}/{}", id, i), with, where);
    }
  });
}

BadLines read_step_scores(JsonlReader reader, const StepScoresSink& use) {
  std::unordered_set<std::string> seen;
  const auto take = [&](const std::string& given, const Json& record, const std::string& place) {
    const std::string id = given.empty() ? id_of(record, {"id", "problem_id"}, place) : given;
    if (seen.contains(id))
      throw bad_input("step_scores.read", "{}: id '{}' also has scores in an earlier line", place, id);
    use(scores_of(id, record, place), record, place);
    seen.insert(id);
  };
  return for_each_solution(std::move(reader), take);
}

ScoredResult read_scored(const ScoredSource& source, const ScoredSink& use) {
  ScoredResult result{.scorers = source.scorers};
  std::unordered_map<std::string, StepScores> table;
  MemoryBudget budget;
  const auto hold = [&](const std::string& id, const auto& lists, const std::string& place) {
    budget.add(2 * id.size() + 256, place, kHeld);
    for (const auto& list : lists) budget.add(64 + list.size() * sizeof(double), place, kHeld);
  };
  const auto keep = [&](StepScores scores, const Json&, const std::string& place) {
    hold(scores.id, std::views::values(scores.by_scorer), place);
    std::string id = scores.id;
    table.emplace(std::move(id), std::move(scores));
  };
  if (!source.scores.empty()) result.bad = read_step_scores(open_records(source.scores, source.skip_bad), keep);
  std::unordered_set<std::string> seen;
  const auto take = [&](const std::string& given, const Json& record, const std::string& place) {
    ScoredSteps steps{.id = source.id_of     ? source.id_of(record, place)
                            : !given.empty() ? given
                                             : id_of(record, {"id", "problem_id"}, place)};
    if (!source.keep_repeats && seen.contains(steps.id))
      throw bad_input("step_scores.read", "{}: id '{}' is also in an earlier line", place, steps.id);
    steps.problem = given.empty() ? steps.id : given.substr(0, given.rfind('/'));
    StepScores own;
    const StepScores* scores = &own;
    if (source.scores.empty()) {
      own = scores_of(steps.id, record, place);
    } else {
      const auto at = table.find(steps.id);
      if (at == table.end())
        throw bad_input("step_scores.read", "{}: '{}' has no scores in {}", place, steps.id, source.scores.string());
      scores = &at->second;
    }
    std::vector<std::string> scorers = result.scorers;
    if (scorers.empty())
      for (const auto& [name, list] : scores->by_scorer) scorers.push_back(name);
    for (const std::string& name : scorers) {
      const auto at = scores->by_scorer.find(name);
      if (at == scores->by_scorer.end())
        throw bad_input("step_scores.read", "{}: '{}' has no scores by '{}'", place, steps.id, name);
      steps.scores.push_back(at->second);
    }
    hold(steps.id, steps.scores, place);
    std::string id = steps.id;
    use(std::move(steps), record, place);
    result.scorers = std::move(scorers);
    seen.insert(std::move(id));
  };
  const BadLines faulty = for_each_solution(open_records(source.solutions, source.skip_bad), take, source.inherited);
  for (const std::string& message : faulty.messages) result.bad.add(message);
  result.bad.count += faulty.count - faulty.messages.size();
  if (seen.empty())
    throw bad_input("step_scores.read", "{}: contains no valid solution{}", source.solutions.string(),
                    result.bad.count ? "; the first fault: " + result.bad.messages.front() : "");
  return result;
}

Json with_step_scores(Json record, const StepScores& scores) {
  if (!record.is_object()) record = Json::object();
  if (!find_any(record, {"id", "problem_id"})) record["id"] = scores.id;
  add_step_scores(record, scores.by_scorer);
  return record;
}

void add_step_scores(Json& solution, const std::map<std::string, std::vector<double>>& by_scorer) {
  Json& to = solution["scores"];
  if (to.is_array()) to = Json{{"scores", Json(to)}};
  if (!to.is_object()) to = Json::object();
  for (const auto& [name, list] : by_scorer) to[name] = list;
}

}  // namespace hrm::selection
