#include "reasoning/solver.h"

#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "reasoning/halting.h"

namespace hrm::reasoning {
namespace {

constexpr int32_t kBlankIdentifier = 0;

}  // namespace

double Solution::confidence() const { return 1 / (1 + std::exp(-double{segments.back().q_halt})); }

std::unique_ptr<puzzles::Family> family_of(const ModelFile& model, std::string_view chosen, std::string_view source) {
  const engine::DataShape& data = model.config.data;
  std::unique_ptr<puzzles::Family> family;
  if (chosen.starts_with('{')) {
    family = puzzles::make_family(parse_json(chosen, "--family"), "--family");
  } else if (!chosen.empty()) {
    // A name leaves the sizes to the model's.
    family = puzzles::guess_family(data.seq_len, data.vocab_size);
    if (family->describe().value("family", "") != chosen)
      family = puzzles::make_family({{"family", std::string(chosen)}}, "--family");
  } else if (model.family.is_object()) {
    family = puzzles::make_family(model.family, source);
  } else {
    family = puzzles::guess_family(data.seq_len, data.vocab_size);
  }
  check_fit(model.config, *family);
  return family;
}

void check_fit(const engine::ModelConfig& config, const puzzles::Family& family) {
  if (family.seq_len() != config.data.seq_len)
    throw bad_input("reasoning.solve", "{} has {} cells, but the model was trained on {}", family.describe().dump(),
                    family.seq_len(), config.data.seq_len);
  if (family.vocab_size() > config.data.vocab_size)
    throw bad_input("reasoning.solve", "{} has {} token ids, but the model knows {}", family.describe().dump(),
                    family.vocab_size(), config.data.vocab_size);
}

SolverResult solve(Backend& backend, const puzzles::Family& family, std::span<const puzzles::Tokens> questions,
                   const SolverOptions& options) {
  const engine::ModelConfig& config = backend.config();
  check_fit(config, family);
  HaltingRule rule = halting_rule(config.arch);
  rule.margin = options.halt_margin;
  const auto cells = static_cast<size_t>(config.data.seq_len);
  ParticipationTrace trace(static_cast<size_t>(config.arch.hidden_size));
  SolverResult result;
  for (const puzzles::Tokens& question : questions) result.solutions.push_back({.question = question});

  uint64_t done = 0;
  Progress progress("solving", questions.size(), {.unit = "puzzles", .enabled = options.progress});
  const auto load = [&](size_t index, std::span<int32_t> tokens) -> ExampleHeader {
    std::ranges::copy(questions[index], tokens.begin());
    // One seed for all: the same question gives the same answer wherever it stands among the others.
    return {.identifier = kBlankIdentifier, .seed = options.seed};
  };
  const auto observe = [&](const SegmentView& view) {
    std::vector<ParticipationRatios> ratios;
    if (options.participation) ratios = trace.add(backend, view.carry, view.segments);
    const SegmentOutput& output = view.output;
    for (size_t slot = 0; slot < view.examples.size(); ++slot) {
      Solution& solution = result.solutions[view.examples[slot]];
      const auto answer = std::span(output.answers).subspan(slot * cells, cells);
      solution.segments.push_back({.answer = {answer.begin(), answer.end()},
                                   .q_halt = output.q_halt[slot],
                                   .q_continue = output.q_continue[slot],
                                   .residual_H = output.residual_H[slot],
                                   .residual_L = output.residual_L[slot]});
      if (options.participation) solution.segments.back().participation = ratios[slot];
      if (!view.finished[slot]) continue;
      solution.finished = true;
      solution.halted = asks_to_halt(rule, output.q_halt[slot], output.q_continue[slot]);
      solution.verdict = family.check_answer(solution.question, solution.answer());
      progress.update(++done);
    }
  };
  result.complete = run_examples(backend, questions.size(), load,
                                 {.segments = options.segments,
                                  .halting = options.halting,
                                  .halt_margin = options.halt_margin,
                                  .batch = options.batch,
                                  .residuals = true},
                                 observe);
  result.pooled = trace.pooled();
  return result;
}

Json to_json(const Solution& solution, const puzzles::Family& family) {
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
    json["accepted"] = family.has_rules() ? Json(solution.verdict.accepted) : Json(nullptr);
    json["reason"] = solution.verdict.reason;
    json["segments"] = solution.segments.size();
    json["halted"] = solution.halted;
    json["confidence"] = solution.confidence();
  }
  json["steps"] = std::move(steps);
  return json;
}

}  // namespace hrm::reasoning
