#include "solving/puzzle_run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "solving/probabilities.h"

namespace hrm::solving {

ViewPlan::ViewPlan(const model::ModelConfig& config, const puzzles::Family& family, const SolverOptions& options)
    : config_(config),
      family_(family),
      options_(options),
      rule_(halting_rule(config.arch)),
      maps_(options.views > 1 && family.has_rules() ? family.augmenter() : nullptr) {
  if (options.segments < 0) throw bad_input("solving.solve", "segments {} is below 0", options.segments);
  if (options.segments > 0) rule_.max_segments = options.segments;
  rule_.margin = options.halt_margin;
  if (options.views < 1) throw bad_input("solving.solve", "views {} is below 1", options.views);
  if (options.views > 1 && !maps_)
    throw bad_input("solving.solve", "views {}: these puzzles have no {}", options.views,
                    family.has_rules() ? "symmetries" : "rules to choose an answer");
}

uint64_t ViewPlan::map_of(int64_t view) const {
  const auto number = static_cast<uint64_t>(view);
  if (view == 0 || maps_->distinct_maps() > 0) return number;
  return derive_seed(options_.seed, {number});
}

void ViewPlan::apply(int64_t view, std::span<int32_t> tokens) const {
  if (maps_) maps_->apply(map_of(view), tokens, {});
}

void ViewPlan::undo(int64_t view, std::span<int32_t> grid) const {
  if (maps_) maps_->undo(map_of(view), grid);
}

PuzzleRun::PuzzleRun(const ViewPlan& plan, puzzles::Tokens question)
    : plan_(plan), running_{.question = std::move(question)} {}

ContinuousBatch::Newcomer PuzzleRun::load(size_t example, std::span<int32_t> tokens) const {
  std::ranges::copy(running_.question, tokens.begin());
  plan_.apply(running_.view, tokens);
  // One seed for all: the same question gives the same answer at any position.
  return {.example = example,
          .header = {.identifier = 0, .seed = plan_.options().seed},
          .rule = plan_.rule(),
          .halting = plan_.options().halting};
}

PuzzleRun::Next PuzzleRun::add(const SegmentEvent& batch, size_t slot, const ParticipationRatios* ratios) {
  const size_t cells = running_.question.size();
  const model::SegmentOutput& output = batch.output;
  const auto answer = std::span(output.answers).subspan(slot * cells, cells);
  SolvedSegment segment{.answer = {answer.begin(), answer.end()},
                        .q_halt = output.q_halt[slot],
                        .q_continue = output.q_continue[slot],
                        .residual_H = output.residual_H[slot],
                        .residual_L = output.residual_L[slot]};
  if (ratios) segment.participation = *ratios;
  segment_ = batch.segments[slot];
  last_view_ = running_.view;
  before_ = running_.segments.empty() ? puzzles::Tokens() : std::move(last_.answer);
  plan_.undo(running_.view, segment.answer);
  last_ = segment;
  running_.segments.push_back(std::move(segment));
  if (!batch.finished[slot]) return Next::kSegment;

  running_.finished = true;
  running_.halted = asks_to_halt(plan_.rule(), {last_.q_halt, last_.q_continue});
  running_.rules = plan_.family().check_answer(running_.question, running_.answer());
  const int64_t view = running_.view;
  if (plan_.options().probabilities && view == 0)
    running_.log_probabilities = log_probabilities_of(plan_.config(), output.logits, slot, plan_.family());
  const bool accepted = running_.rules.accepted;
  SolvedPuzzle next{.question = running_.question, .view = view + 1};
  if (view == 0 || accepted) done_ = std::move(running_);
  if (accepted || view + 1 >= plan_.options().views) return Next::kDone;
  running_ = std::move(next);
  return Next::kView;
}

std::vector<int32_t> PuzzleRun::changed() const {
  std::vector<int32_t> cells;
  for (size_t i = 0; i < before_.size(); ++i)
    if (before_[i] != last_.answer[i]) cells.push_back(static_cast<int32_t>(i));
  return cells;
}

std::vector<float> PuzzleRun::confidence(const SegmentEvent& batch, size_t slot) const {
  const std::vector<float> all = log_probabilities_of(plan_.config(), batch.output.logits, slot, plan_.family());
  const size_t cells = last_.answer.size(), vocab = all.size() / cells;
  // Maps do not change negative tokens: numbered this way, each cell shows its origin.
  std::vector<int32_t> places(cells);
  for (size_t cell = 0; cell < cells; ++cell) places[cell] = -1 - static_cast<int32_t>(cell);
  plan_.undo(last_view_, places);
  std::vector<float> confidence(cells);
  for (size_t cell = 0; cell < cells; ++cell) {
    const auto row = std::span(all).subspan(static_cast<size_t>(-1 - places[cell]) * vocab, vocab);
    confidence[cell] = std::exp(std::ranges::max(row));
  }
  return confidence;
}

}  // namespace hrm::solving
