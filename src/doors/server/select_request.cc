#include "server/select_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "selection/aggregate.h"
#include "selection/best_of_n.h"
#include "selection/pick.h"
#include "server/api_error.h"
#include "server/fields.h"

namespace hrm::server {
namespace {

using selection::Candidate;

constexpr std::string_view kMajority = "majority";
constexpr size_t kMostGraded = 128;  // answers that are graded against each other: the work grows with the square

template <typename E>
E choice(const std::string& name, std::string_view field) {
  try {
    return parse_enum<E>(name, field);
  } catch (const Error& error) {
    throw api_error(error, std::string(field));
  }
}

std::vector<double> scores_of(const Json& list, const std::string& field) {
  std::vector<double> scores;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string place = fmt::format("{}[{}]", field, i);
    if (!list[i].is_number() || std::abs(list[i].get<double>()) > 1e15)
      throw ApiError(422, fmt::format("field '{}' is not a number within +-1e15", place), place);
    scores.push_back(list[i].get<double>());
  }
  return scores;
}

Candidate candidate_of(const Json& json, const std::string& path, bool wants_scores) {
  Fields fields(json, path + ".");
  Candidate candidate;
  const std::string answer = fields.text("answer");
  if (fields.has("answer")) candidate.answer = answer;
  const Json* scores = fields.list("scores");
  fields.refuse_unknown();
  if (scores) candidate.scores.push_back(scores_of(*scores, path + ".scores"));
  if (wants_scores && (!scores || candidate.scores.front().empty()))
    throw ApiError(422, fmt::format("field '{}.scores' is {}", path, scores ? "empty" : "missing"), path + ".scores",
                   "one number per step, or \"pick\": \"majority\"");
  return candidate;
}

Json votes_of(const selection::SampledProblem& problem, const std::vector<int32_t>& groups,
              const std::vector<double>& values) {
  struct Vote {
    size_t first = 0, count = 0;
    double weight = 0;
  };
  std::map<int32_t, Vote> votes;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] == selection::kNoAnswer) continue;
    Vote& vote = votes.try_emplace(groups[i], Vote{.first = i}).first->second;
    ++vote.count;
    if (!values.empty()) vote.weight += values[i];
  }
  Json list = Json::array();
  for (const auto& [group, vote] : votes)
    list.push_back({{"group", group},
                    {"answer", *problem.candidates[vote.first].answer},
                    {"count", vote.count},
                    {"weight", values.empty() ? Json(nullptr) : Json(vote.weight)}});
  return list;
}

}  // namespace

Json select_solution(std::string_view body, const Limits& limits) {
  const Json json = parse_body(body);
  Fields fields(json);
  const Json* solutions = fields.list("solutions");
  const std::string pick = fields.text("pick", "best");
  const auto how = choice<selection::Aggregation>(fields.text("aggregate", "min"), "aggregate");
  const auto match = choice<selection::AnswerMatch>(fields.text("answers", "equivalent"), "answers");
  fields.refuse_unknown();
  const bool majority = pick == kMajority;
  const bool best = !majority && choice<selection::Pick>(pick, "pick") == selection::Pick::kBest;
  if (!solutions || solutions->empty())
    throw ApiError(422, solutions ? "field 'solutions' is empty" : "field 'solutions' is missing", "solutions",
                   "a list of {\"answer\": text, \"scores\": [one number per step]}");
  if (solutions->size() > static_cast<size_t>(limits.puzzles))
    throw ApiError(422, fmt::format("{} solutions, at most {} are allowed", solutions->size(), limits.puzzles),
                   "solutions");
  if (match == selection::AnswerMatch::kEquivalent && solutions->size() > kMostGraded)
    throw ApiError(422, fmt::format("{} solutions, at most {} are compared by meaning", solutions->size(), kMostGraded),
                   "solutions", "\"answers\": \"exact\" compares answers as texts");

  selection::SampledProblem problem{.id = "request"};
  for (size_t i = 0; i < solutions->size(); ++i)
    problem.candidates.push_back(candidate_of((*solutions)[i], fmt::format("solutions[{}]", i), !majority));
  std::vector<double> values;
  if (!majority)
    for (const Candidate& candidate : problem.candidates) values.push_back(aggregate(candidate.scores.front(), how));
  const std::vector<int32_t> groups = group_answers(problem, match);
  const size_t index = best ? selection::pick_best(values) : selection::pick_by_vote(groups, values);

  Json group_list = Json::array();
  for (const int32_t group : groups) group_list.push_back(group == selection::kNoAnswer ? Json(nullptr) : Json(group));
  const auto& answer = problem.candidates[index].answer;
  return {{"index", index},
          {"answer", answer ? Json(*answer) : Json(nullptr)},
          {"pick", pick},
          {"aggregate", majority ? Json(nullptr) : Json(std::string(name_of_enum(how)))},
          {"answers", std::string(name_of_enum(match))},
          {"values", majority ? Json(nullptr) : Json(values)},
          {"groups", std::move(group_list)},
          {"votes", votes_of(problem, groups, values)}};
}

}  // namespace hrm::server
