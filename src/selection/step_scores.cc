#include "selection/step_scores.h"

#include <unordered_set>

#include "selection/record_fields.h"

namespace hrm::selection {
namespace {

constexpr std::string_view kUnnamed = "scores";  // the scorer of a plain list

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

BadLines read_step_scores(JsonlReader reader, const StepScoresSink& use) {
  std::unordered_set<std::string> seen;
  const auto take = [&](StepScores scores, const Json& record, const std::string& place) {
    if (seen.contains(scores.id))
      throw bad_input("step_scores.read", "{}: id '{}' has scores in an earlier line too", place, scores.id);
    std::string id = scores.id;
    use(std::move(scores), record, place);
    seen.insert(std::move(id));
  };
  return for_each_record(std::move(reader), [&](const Json& record, const std::string& place) {
    const std::string id = id_of(record, {"id", "problem_id"}, place);
    const Json* candidates = find_any(record, {"candidates"});
    if (!candidates) return take(scores_of(id, record, place), record, place);
    if (!candidates->is_array() || candidates->empty())
      throw bad_input("step_scores.read", "{}: field 'candidates' is not a list of at least one solution", place);
    for (size_t i = 0; i < candidates->size(); ++i) {
      const Json& candidate = (*candidates)[i];
      const std::string where = fmt::format("{}, candidate {}", place, i);
      if (!candidate.is_object()) throw bad_input("step_scores.read", "{}: expected an object", where);
      take(scores_of(fmt::format("{}/{}", id, i), candidate, where), candidate, where);
    }
  });
}

Json with_step_scores(Json record, const StepScores& scores) {
  if (!record.is_object()) record = Json::object();
  if (!find_any(record, {"id", "problem_id"})) record["id"] = scores.id;
  Json& to = record["scores"];
  if (!to.is_object()) to = Json::object();
  for (const auto& [name, list] : scores.by_scorer) to[name] = list;
  return record;
}

}  // namespace hrm::selection
