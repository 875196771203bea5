#include "solving/solver.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "solving/fit.h"
#include "solving/puzzle_run.h"

namespace hrm::solving {
double SolvedPuzzle::confidence() const { return 1 / (1 + std::exp(-double{segments.back().q_halt})); }

std::unique_ptr<puzzles::Family> family_of(ModelFile& model, std::string_view chosen, std::string_view source) {
  const model::DataShape& data = model.config.data;
  std::unique_ptr<puzzles::Family> family;
  if (chosen.starts_with('{')) {
    family = puzzles::make_family(parse_json(chosen, "--family"), "--family");
  } else if (!chosen.empty()) {
    // A name leaves the sizes to the model's.
    family = puzzles::guess_family(data.seq_len, data.vocab_size);
    if (family->name() != chosen) family = puzzles::make_family({{"family", std::string(chosen)}}, "--family");
  } else if (model.family.is_object()) {
    family = puzzles::make_family(model.family, source);
  } else {
    family = puzzles::guess_family(data.seq_len, data.vocab_size);
  }
  adapt(model.config, *family);
  check_fit(model.config, *family);
  return family;
}

SolverResult solve(model::Backend& backend, const puzzles::Family& family, std::span<const puzzles::Tokens> questions,
                   const SolverOptions& options) {
  check_fit(backend.config(), family);
  const ViewPlan plan(backend.config(), family, options);
  std::vector<PuzzleRun> runs;
  std::vector<size_t> open;  // puzzles whose next view is to be run
  for (size_t i = 0; i < questions.size(); ++i) {
    runs.emplace_back(plan, questions[i]);
    open.push_back(i);
  }
  ParticipationTrace trace(static_cast<size_t>(backend.config().arch.hidden_size));
  Progress progress("solving", questions.size(), {.unit = "puzzles", .enabled = options.progress});
  uint64_t done = 0;
  SolverResult result;
  // View by view: all puzzles as they are, then those that the rules have rejected so far.
  for (int64_t view = 0; !open.empty() && result.complete; ++view) {
    const bool participation = options.participation && view == 0;
    const std::vector<size_t> wave = std::exchange(open, {});
    const auto load = [&](size_t place, std::span<int32_t> tokens) {
      return runs[wave[place]].load(wave[place], tokens).header;
    };
    const auto observe = [&](const SegmentEvent& event) {
      std::vector<ParticipationRatios> ratios;
      if (participation) ratios = trace.add(backend, event.carry, event.segments);
      for (size_t slot = 0; slot < event.examples.size(); ++slot) {
        const size_t puzzle = wave[event.examples[slot]];
        const PuzzleRun::Next next = runs[puzzle].add(event, slot, participation ? &ratios[slot] : nullptr);
        if (next == PuzzleRun::Next::kView) open.push_back(puzzle);
        if (next != PuzzleRun::Next::kSegment && view == 0) progress.update(++done);
      }
    };
    result.complete = run_examples(backend, wave.size(), load,
                                   {.segments = options.segments,
                                    .halting = options.halting,
                                    .halt_margin = options.halt_margin,
                                    .batch = options.batch,
                                    .residuals = true,
                                    .logits = options.probabilities && view == 0},
                                   observe);
    std::ranges::sort(open);
  }
  for (PuzzleRun& run : runs) result.solutions.push_back(run.take());
  result.pooled = trace.pooled();
  return result;
}

Json to_json(const SolvedPuzzle& solution, const puzzles::Family& family) {
  Json steps = Json::array();
  for (const SolvedSegment& segment : solution.segments) {
    Json step = {{"answer", family.to_line(segment.answer)},
                 {"q_halt", segment.q_halt},
                 {"q_continue", segment.q_continue},
                 {"residual_H", segment.residual_H},
                 {"residual_L", segment.residual_L}};
    if (!std::isnan(segment.participation.H)) step["participation_H"] = segment.participation.H;
    if (!std::isnan(segment.participation.L)) step["participation_L"] = segment.participation.L;
    steps.push_back(std::move(step));
  }
  Json json = {{"question", family.to_line(solution.question)}, {"finished", solution.finished}};
  if (solution.finished) {
    json["answer"] = family.to_line(solution.answer());
    json["accepted"] = family.has_rules() ? Json(solution.rules.accepted) : Json(nullptr);
    json["reason"] = solution.rules.reason;
    json["segments"] = solution.segments.size();
    json["halted"] = solution.halted;
    json["view"] = solution.view;
    json["confidence"] = solution.confidence();
  }
  json["steps"] = std::move(steps);
  return json;
}

}  // namespace hrm::solving
