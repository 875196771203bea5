#include "solving/solver.h"

#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "solving/halting.h"

namespace hrm::solving {
namespace {

constexpr int32_t kBlankIdentifier = 0;

}  // namespace

double Solution::confidence() const { return 1 / (1 + std::exp(-double{segments.back().q_halt})); }

std::unique_ptr<puzzles::Family> family_of(const ModelFile& model, std::string_view chosen, std::string_view source) {
  const model::DataShape& data = model.config.data;
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

void check_fit(const model::ModelConfig& config, const puzzles::Family& family) {
  if (family.seq_len() != config.data.seq_len)
    throw bad_input("reasoning.solve", "{} has {} cells, but the model was trained on {}", family.describe().dump(),
                    family.seq_len(), config.data.seq_len);
  if (family.vocab_size() > config.data.vocab_size)
    throw bad_input("reasoning.solve", "{} has {} token ids, but the model knows {}", family.describe().dump(),
                    family.vocab_size(), config.data.vocab_size);
}

namespace {

class SolverRun {
 public:
  SolverRun(model::Backend& backend, const puzzles::Family& family, const SolverOptions& options)
      : backend_(backend),
        family_(family),
        options_(options),
        rule_(halting_rule(backend.config().arch)),
        maps_(options.views > 1 && family.has_rules() ? family.augmenter() : nullptr),
        trace_(static_cast<size_t>(backend.config().arch.hidden_size)) {
    rule_.margin = options.halt_margin;
    if (options.views < 1) throw bad_input("reasoning.solve", "views {} is below 1", options.views);
    if (options.views > 1 && !maps_)
      throw bad_input("reasoning.solve", "views {}: these puzzles have no {}", options.views,
                      family.has_rules() ? "symmetries" : "rules to choose an answer");
  }

  // View number `view` of the listed questions. False if Ctrl-C ended it.
  bool look(std::span<const puzzles::Tokens> questions, std::span<const size_t> which, int64_t view,
            std::span<SolvedPuzzle> solutions, Progress& progress);

  std::vector<PooledParticipation> pooled() const { return trace_.pooled(); }

 private:
  uint64_t map_of(int64_t view) const {
    const auto number = static_cast<uint64_t>(view);
    if (view == 0 || maps_->distinct_maps() > 0) return number;
    return derive_seed(options_.seed, {number});
  }
  void finish(SolvedPuzzle& solution, int64_t view) const {
    const SolvedSegment& last = solution.segments.back();
    solution.view = view;
    solution.finished = true;
    solution.halted = asks_to_halt(rule_, last.q_halt, last.q_continue);
    solution.verdict = family_.check_answer(solution.question, solution.answer());
  }

  model::Backend& backend_;
  const puzzles::Family& family_;
  const SolverOptions& options_;
  HaltingRule rule_;
  std::unique_ptr<puzzles::Augmenter> maps_;  // null: one view
  ParticipationTrace trace_;
  uint64_t done_ = 0;
};

bool SolverRun::look(std::span<const puzzles::Tokens> questions, std::span<const size_t> which, int64_t view,
                     std::span<SolvedPuzzle> solutions, Progress& progress) {
  const size_t cells = questions.front().size();
  const bool participation = options_.participation && view == 0;
  std::vector<SolvedPuzzle> views;
  for (const size_t question : which) views.push_back({.question = questions[question]});
  const auto load = [&](size_t place, std::span<int32_t> tokens) -> ExampleHeader {
    std::ranges::copy(questions[which[place]], tokens.begin());
    if (maps_) maps_->apply(map_of(view), tokens, {});
    // One seed and the same views for all: the same question gives the same answer wherever it stands among the others.
    return {.identifier = kBlankIdentifier, .seed = options_.seed};
  };
  const auto observe = [&](const SegmentView& view) {
    std::vector<ParticipationRatios> ratios;
    if (participation) ratios = trace_.add(backend_, view.carry, view.segments);
    const model::SegmentOutput& output = view.output;
    for (size_t slot = 0; slot < view.examples.size(); ++slot) {
      const size_t place = view.examples[slot];
      const auto answer = std::span(output.answers).subspan(slot * cells, cells);
      SolvedSegment segment{.answer = {answer.begin(), answer.end()},
                            .q_halt = output.q_halt[slot],
                            .q_continue = output.q_continue[slot],
                            .residual_H = output.residual_H[slot],
                            .residual_L = output.residual_L[slot]};
      if (maps_) maps_->undo(map_of(view), segment.answer);
      if (participation) segment.participation = ratios[slot];
      views[place].segments.push_back(std::move(segment));
      if (!view.finished[slot]) continue;
      finish(views[place], view);
      if (view == 0 || views[place].verdict.accepted) solutions[which[place]] = std::move(views[place]);
      if (view == 0) progress.update(++done_);
    }
  };
  const bool complete = run_examples(backend_, which.size(), load,
                                     {.segments = options_.segments,
                                      .halting = options_.halting,
                                      .halt_margin = options_.halt_margin,
                                      .batch = options_.batch,
                                      .residuals = true},
                                     observe);
  for (size_t place = 0; place < which.size(); ++place)  // interrupted ones keep what they have
    if (view == 0 && !solutions[which[place]].finished) solutions[which[place]] = std::move(views[place]);
  return complete;
}

}  // namespace

SolverResult solve(model::Backend& backend, const puzzles::Family& family, std::span<const puzzles::Tokens> questions,
                   const SolverOptions& options) {
  check_fit(backend.config(), family);
  SolverRun run(backend, family, options);
  SolverResult result;
  for (const puzzles::Tokens& question : questions) result.solutions.push_back({.question = question});
  Progress progress("solving", questions.size(), {.unit = "puzzles", .enabled = options.progress});
  for (int64_t view = 0; view < options.views && result.complete; ++view) {
    std::vector<size_t> open;
    for (size_t i = 0; i < questions.size(); ++i)
      if (!result.solutions[i].verdict.accepted) open.push_back(i);
    if (open.empty()) break;
    result.complete = run.look(questions, open, view, result.solutions, progress);
  }
  result.pooled = run.pooled();
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
    json["accepted"] = family.has_rules() ? Json(solution.verdict.accepted) : Json(nullptr);
    json["reason"] = solution.verdict.reason;
    json["segments"] = solution.segments.size();
    json["halted"] = solution.halted;
    json["view"] = solution.view;
    json["confidence"] = solution.confidence();
  }
  json["steps"] = std::move(steps);
  return json;
}

}  // namespace hrm::solving
