#include "server/solve_request.h"

#include <fmt/format.h>

#include "server/api_error.h"
#include "server/fields.h"

namespace hrm::server {
namespace {

ApiError too_many(size_t count, const Limits& limits) {
  return ApiError(422, fmt::format("{} puzzles in one request, at most {} are allowed", count, limits.puzzles),
                  "puzzles", "send several requests; --max-puzzles raises the limit");
}

}  // namespace

SolveRequest read_solve_request(std::string_view body, const Limits& limits) {
  const Json json = parse_body(body);
  Fields fields(json);
  SolveRequest request;
  request.model = fields.text("model");
  const std::string puzzle = fields.text("puzzle");
  const Json* list = fields.list("puzzles");
  request.symbols = fields.text("symbols");
  request.solver.segments = fields.integer("segments", 0, {0, limits.segments});
  request.solver.views = fields.integer("views", 1, {1, limits.views});
  request.solver.halting = fields.flag("halting", true);
  request.solver.halt_margin = fields.number("halt_margin", 0, 1e6);
  request.solver.seed = fields.seed("seed");
  request.solver.progress = false;
  request.keep_going = fields.flag("keep_going", false);
  request.steps = fields.flag("steps", true);
  request.stream = fields.flag("stream", false);
  request.confidence = fields.flag("confidence", request.stream);
  fields.refuse_unknown();
  if (request.confidence && !request.stream)
    throw ApiError(422, "field 'confidence' is true without 'stream'", "confidence",
                   "only a stream has the confidence of cells: add \"stream\": true");

  fields.require_one("puzzle", "puzzles", "no puzzle: 'puzzle' and 'puzzles' are missing",
                     "give 'puzzle' (a text) or 'puzzles' (a list of texts)");
  if (!list) {
    request.texts.emplace_back("puzzle", puzzle);
    return request;
  }
  if (list->size() > static_cast<size_t>(limits.puzzles)) throw too_many(list->size(), limits);
  std::vector<std::string> texts = texts_of(*list, "puzzles");
  for (size_t i = 0; i < texts.size(); ++i)
    request.texts.emplace_back(fmt::format("puzzles[{}]", i), std::move(texts[i]));
  return request;
}

puzzles::Questions read_questions(const SolveRequest& request, const puzzles::Family& family, const Limits& limits) {
  std::string field = "symbols";
  try {
    puzzles::QuestionReader reader(family, request.symbols, request.keep_going);
    for (const auto& [name, text] : request.texts) {
      field = name;
      reader.read_text(text, name);
    }
    field = request.texts.size() == 1 ? request.texts.front().first : "puzzles";
    puzzles::Questions questions = reader.take();
    if (questions.good.size() > static_cast<size_t>(limits.puzzles)) throw too_many(questions.good.size(), limits);
    if (questions.good.empty() && questions.skipped.empty())
      throw ApiError(422, fmt::format("{}: the text contains no puzzle", field), field, family.way_to_write());
    return questions;
  } catch (const Error& error) {
    throw api_error(error, field, field == "symbols" ? "" : family.way_to_write());
  }
}

}  // namespace hrm::server
