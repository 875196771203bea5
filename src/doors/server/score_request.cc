#include "server/score_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <span>
#include <utility>

#include "server/api_error.h"
#include "server/fields.h"
#include "steps/solution_scores.h"

namespace hrm::server {
namespace {

constexpr std::string_view kStepEnd = "<extra_0>", kTurnEnd = "<|im_end|>";

void check_solution(const std::vector<std::string>& steps, const std::string& field, const Limits& limits) {
  if (steps.empty()) throw ApiError(422, fmt::format("field '{}' has no steps", field), field, "give a list of texts");
  if (steps.size() > static_cast<size_t>(limits.puzzles))
    throw ApiError(422,
                   fmt::format("field '{}' has {} steps, at most {} are allowed", field, steps.size(), limits.puzzles),
                   field);
  for (size_t i = 0; i < steps.size(); ++i)
    if (steps[i].empty())
      throw ApiError(422, fmt::format("field '{}[{}]' is an empty step", field, i), fmt::format("{}[{}]", field, i));
}

void check_count(size_t count, const std::string& field, const Limits& limits) {
  if (count == 0) throw ApiError(422, fmt::format("field '{}' is empty", field), field);
  if (count > static_cast<size_t>(limits.puzzles))
    throw ApiError(422, fmt::format("field '{}' has {} texts, at most {} are allowed", field, count, limits.puzzles),
                   field, "send several requests; --max-puzzles raises the limit");
}

std::vector<std::string> split_steps(std::string_view text, const std::string& field) {
  std::vector<std::string> steps;
  for (size_t end = text.find(kStepEnd); end != std::string_view::npos; end = text.find(kStepEnd)) {
    steps.emplace_back(text.substr(0, end));
    text.remove_prefix(end + kStepEnd.size());
  }
  if (steps.empty())
    throw ApiError(422, fmt::format("field '{}' marks no step", field), field, "end each step with <extra_0>");
  return steps;
}

// The content of the last turn of a role in ChatML; to the end if the turn is not closed.
std::optional<std::string_view> turn(std::string_view chat, std::string_view role) {
  const std::string head = fmt::format("<|im_start|>{}\n", role);
  const size_t begin = chat.rfind(head);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = chat.substr(begin + head.size());
  return rest.substr(0, rest.find(kTurnEnd));
}

void add_chat(ScoreRequest& request, std::string_view chat, const std::string& field) {
  const auto problem = turn(chat, "user"), answer = turn(chat, "assistant");
  if (!problem || !answer)
    throw ApiError(
        422, fmt::format("field '{}' is not a chat with a user's and an assistant's turn", field), field,
        "ChatML: <|im_start|>user, the problem, <|im_end|>, <|im_start|>assistant, steps that end with <extra_0>");
  request.problems.emplace_back(*problem);
  request.solutions.push_back(split_steps(*answer, field));
  request.fields.push_back(field);
}

void add_messages(ScoreRequest& request, const Json& messages) {
  std::optional<std::string> problem, answer;
  for (size_t i = 0; i < messages.size(); ++i) {
    Fields message(messages[i], fmt::format("messages[{}].", i));
    const std::string role = message.text("role"), content = message.text("content");
    if (role == "user") problem = content;
    if (role == "assistant") answer = content;
  }
  if (!problem || !answer)
    throw ApiError(422, "field 'messages' lacks a user's or an assistant's message", "messages",
                   "the user's message is the problem; the assistant's has the steps, each ending with <extra_0>");
  request.problems.push_back(*problem);
  request.solutions.push_back(split_steps(*answer, "messages"));
  request.fields.emplace_back("messages");
}

}  // namespace

ScoreRequest read_score_request(std::string_view body, const Limits& limits) {
  const Json json = parse_body(body);
  Fields fields(json);
  ScoreRequest request;
  request.model = fields.text("model");
  const std::string problem = fields.text("problem");
  const Json* steps = fields.list("steps");
  const Json* solutions = fields.list("solutions");
  fields.refuse_unknown();
  if (!fields.has("problem")) throw ApiError(422, "field 'problem' is missing", "problem", "the question, a text");
  request.problems.push_back(problem);
  fields.require_one("steps", "solutions", "'steps' and 'solutions' are missing",
                     "give 'steps' (one solution) or 'solutions' (a list of lists)");
  request.one = steps != nullptr;
  if (steps) {
    request.solutions.push_back(texts_of(*steps, "steps"));
    request.fields.emplace_back("steps");
  } else {
    check_count(solutions->size(), "solutions", limits);
    for (size_t i = 0; i < solutions->size(); ++i) {
      request.fields.push_back(fmt::format("solutions[{}]", i));
      if (!(*solutions)[i].is_array())
        throw ApiError(422, fmt::format("field '{}' is not a list of steps", request.fields.back()),
                       request.fields.back());
      request.solutions.push_back(texts_of((*solutions)[i], request.fields.back()));
    }
  }
  for (size_t i = 0; i < request.solutions.size(); ++i) check_solution(request.solutions[i], request.fields[i], limits);
  return request;
}

ScoreRequest read_pooling_request(std::string_view body, const Limits& limits) {
  const Json json = parse_body(body);
  Fields fields(json);
  ScoreRequest request;
  request.model = fields.text("model");
  const Json* messages = fields.list("messages");
  const Json* input = fields.value("input");
  fields.require_one("input", "messages", "field 'input' is missing",
                     "give 'input' (a text or a list of texts) or 'messages'");
  if (messages) {
    add_messages(request, *messages);
  } else if (input->is_string()) {
    add_chat(request, input->get_ref<const std::string&>(), "input");
  } else if (input->is_array()) {
    check_count(input->size(), "input", limits);
    const std::vector<std::string> texts = texts_of(*input, "input");
    for (size_t i = 0; i < texts.size(); ++i) add_chat(request, texts[i], fmt::format("input[{}]", i));
  } else {
    throw ApiError(422, "field 'input' is neither a text nor a list of texts", "input",
                   "lists of token ids are not supported");
  }
  for (size_t i = 0; i < request.solutions.size(); ++i) check_solution(request.solutions[i], request.fields[i], limits);
  return request;
}

Scored score_solutions(const ScoreRequest& request, steps::StepScorer& scorer) {
  Scored scored;
  const int64_t before = scorer.scored_tokens();
  const bool shared = request.problems.size() == 1;
  for (size_t first = 0; first < request.solutions.size();) {
    const size_t last = shared ? request.solutions.size() : first + 1;
    const std::string& problem = shared ? request.problems.front() : request.problems[first];
    try {
      auto rows = steps::score_solutions(scorer, problem, std::span(request.solutions).subspan(first, last - first));
      std::ranges::move(rows, std::back_inserter(scored.scores));
    } catch (const Error& error) {
      throw api_error(error, shared && !request.one ? "solutions" : request.fields[first]);
    }
    first = last;
  }
  scored.tokens = scorer.scored_tokens() - before;
  return scored;
}

Json score_answer(const ScoreRequest& request, const Scored& scored, const std::string& model) {
  return {{"model", model},
          {"scores", request.one ? Json(scored.scores.front()) : Json(scored.scores)},
          {"read_tokens", scored.tokens}};
}

Json pooling_answer(const Scored& scored, const std::string& model) {
  Json data = Json::array();
  for (size_t i = 0; i < scored.scores.size(); ++i) {
    Json rows = Json::array();
    for (const double score : scored.scores[i]) rows.push_back({1 - score, score});
    data.push_back({{"index", i}, {"object", "pooling"}, {"data", std::move(rows)}});
  }
  return {{"id", fmt::format("pool-{:x}", static_cast<uint64_t>(std::time(nullptr)))},
          {"object", "list"},
          {"created", static_cast<int64_t>(std::time(nullptr))},
          {"model", model},
          {"data", std::move(data)},
          {"usage", {{"prompt_tokens", scored.tokens}, {"total_tokens", scored.tokens}, {"completion_tokens", 0}}}};
}

}  // namespace hrm::server
