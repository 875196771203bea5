#include "web/session.h"

#include <utility>
#include <vector>

#include "engine/engine_backend.h"
#include "model/weights.h"
#include "server/api_error.h"
#include "server/limits.h"
#include "server/solve_events.h"
#include "solving/own_model.h"
#include "solving/solver.h"

namespace hrm::web {

using solving::ContinuousBatch;
using solving::PuzzleRun;

Session::Session(std::span<const std::byte> model, const std::string& id) : id_(id) {
  solving::ModelFile file = solving::parse_model(model, id);
  parameters_ = model::parameter_count(file.config);
  family_ = solving::family_of(file, "", id);
  backend_ = engine::make_engine_backend(file.config, {.threads = 1});
  backend_->set_weights(file.weights);
}

Json Session::describe() const { return server::describe_model(id_, parameters_, *backend_, *family_); }

void Session::begin(std::string_view body) {
  work_.reset();
  blame_ = {};
  const server::Limits limits;
  server::SolveRequest request = server::read_solve_request(body, limits);
  if (!request.model.empty() && request.model != id_)
    throw server::ApiError(404, fmt::format("no reasoning model '{}'", request.model.substr(0, 80)), "model",
                           fmt::format("known are: {}", id_));
  if (request.keep_going)
    throw server::ApiError(422, "field 'keep_going' is true", "keep_going",
                           "only hrm serve and hrm solve skip puzzles");
  blame_ = {request.texts.size() == 1 ? request.texts.front().first : "puzzles", family_->way_to_write()};
  puzzles::Questions asked = server::read_questions(request, *family_, limits);
  blame_ = {"views", ""};
  solving::ViewPlan plan(backend_->config(), *family_, request.solver);
  work_.reset(new Work{.request = std::move(request),
                       .asked = std::move(asked),
                       .plan = std::move(plan),
                       .batch = ContinuousBatch(*backend_, 1),
                       .run = std::nullopt});
  blame_ = {};
}

bool Session::step(const Emit& emit) {
  Work& work = *work_;
  if (work.puzzle == work.asked.good.size()) {
    if (!work.told) emit("done", server::done_event(id_, work.asked, *family_));
    work.told = true;
    return false;
  }
  if (!work.run) work.run.emplace(work.plan, work.asked.good[work.puzzle].tokens);
  work.batch.refill([&](std::span<int32_t> tokens) -> std::optional<ContinuousBatch::Newcomer> {
    if (work.loaded) return std::nullopt;
    work.loaded = true;
    return work.run->load(work.puzzle, tokens);
  });
  const solving::SegmentEvent event = work.batch.run_segment({.logits = work.request.confidence, .residuals = true});
  const PuzzleRun::Next next = work.run->add(event, 0);
  std::vector<float> confidence;
  if (work.request.confidence) confidence = work.run->confidence(event, 0);
  emit("segment", server::segment_event(work.puzzle, *work.run, confidence, *family_));
  if (next == PuzzleRun::Next::kSegment) return true;
  work.loaded = false;
  if (next == PuzzleRun::Next::kView) return true;
  emit("solution",
       server::solution_event(
           {.puzzle = work.puzzle, .source = work.asked.good[work.puzzle].source, .solution = work.run->take()},
           *family_, work.request.steps));
  work.run.reset();
  ++work.puzzle;
  return true;
}

}  // namespace hrm::web
