// The bodies of POST /v1/score and POST /pooling, as a tree in which solutions share their first steps, and the
// answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "server/limits.h"
#include "steps/step_scorer.h"

namespace hrm::server {

struct ScoreRequest {
  std::string model;                                // empty: the first one
  bool one = false;                                 // 'steps' of one solution was given, not 'solutions'
  std::vector<std::string> problems;                // one, or one per solution (pooling)
  std::vector<std::vector<std::string>> solutions;  // [solution][step]
  std::vector<std::string> fields;                  // [solution] the field that holds it
};

// {model?, problem, steps[]} or {model?, problem, solutions[][]}. Throws ApiError 400, or 422 that names the field.
ScoreRequest read_score_request(std::string_view body, const Limits& limits);

// vLLM's request to a process reward model: {model?, input: text or list of texts} or {model?, messages}. A text is a
// chat in ChatML whose assistant's steps end with <extra_0> each, the form of Qwen2.5-Math-PRM; messages are a user's
// and an assistant's, whose content has the steps in the same form. Other fields of vLLM are accepted and ignored.
ScoreRequest read_pooling_request(std::string_view body, const Limits& limits);

struct Scored {
  std::vector<std::vector<double>> scores;  // [solution][step]
  int64_t tokens = 0;                       // read
};
// The first steps that solutions of one problem share are read once. Throws ApiError 422 that names the field.
Scored score_solutions(const ScoreRequest& request, steps::StepScorer& scorer);

Json score_answer(const ScoreRequest& request, const Scored& scored, const std::string& model);
// data: per text the list of its steps, each [1 - score, score], like the two classes in vLLM's answer.
Json pooling_answer(const Scored& scored, const std::string& model);

}  // namespace hrm::server
