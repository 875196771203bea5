#include "server/solve_events.h"

#include <cmath>
#include <utility>

namespace hrm::server {
namespace {

Json rounded(const std::vector<float>& values) {
  Json list = Json::array();
  for (const float value : values) list.push_back(std::round(double{value} * 1e4) / 1e4);
  return list;
}

}  // namespace

Json segment_event(size_t puzzle, const solving::PuzzleRun& run, const std::vector<float>& confidence,
                   const puzzles::Family& family) {
  const solving::SolvedSegment& last = run.last();
  Json event = {{"puzzle", puzzle},         {"view", run.view()},
                {"segment", run.segment()}, {"answer", family.to_line(last.answer)},
                {"cells", last.answer},     {"changed", run.changed()}};
  if (!confidence.empty()) event["confidence"] = rounded(confidence);
  event["q_halt"] = last.q_halt;
  event["q_continue"] = last.q_continue;
  event["residual_H"] = last.residual_H;
  event["residual_L"] = last.residual_L;
  return event;
}

Json solution_event(const AnsweredPuzzle& answered, const puzzles::Family& family, bool steps) {
  Json event = {{"puzzle", answered.puzzle}, {"source", answered.source}};
  event.update(to_json(answered.solution, family));
  if (!steps) event.erase("steps");
  return event;
}

Json done_event(const std::string& model, const puzzles::Questions& asked, const puzzles::Family& family) {
  return {{"model", model},
          {"family", family.describe()},
          {"complete", true},
          {"puzzles", asked.good.size()},
          {"skipped", puzzles::to_json(asked.skipped)}};
}

Json describe_model(const std::string& id, int64_t parameters, const model::Backend& backend,
                    const puzzles::Family& family) {
  const model::ModelConfig& config = backend.config();
  return {{"id", id},
          {"object", "model"},
          {"kind", "reasoning"},
          {"family", family.describe()},
          {"rules", family.has_rules()},
          {"parameters", parameters},
          {"cells", config.data.seq_len},
          {"vocabulary", config.data.vocab_size},
          {"segments", config.arch.halt_max_steps},
          {"device", backend.description()}};
}

}  // namespace hrm::server
