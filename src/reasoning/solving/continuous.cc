#include "solving/continuous.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "base/signals.h"

namespace hrm::solving {

std::span<int32_t> ContinuousBatch::tokens(size_t slot) {
  const auto cells = static_cast<size_t>(backend_.config().data.seq_len);
  return std::span(inputs_).subspan(slot * cells, cells);
}

void ContinuousBatch::resize(size_t slots) {
  inputs_.resize(slots * static_cast<size_t>(backend_.config().data.seq_len));
  newcomers_.resize(slots);
  examples_.resize(slots);
  segments_.resize(slots);
  identifiers_.resize(slots);
  noise_seeds_.resize(slots);
  fresh_.resize(slots);
  finished_.resize(slots);
}

bool ContinuousBatch::take_next(const Next& next, size_t slot) {
  const std::optional<Newcomer> newcomer = next(tokens(slot));
  if (!newcomer) return false;
  newcomers_[slot] = *newcomer;
  examples_[slot] = newcomer->example;
  identifiers_[slot] = newcomer->header.identifier;
  segments_[slot] = 0;
  fresh_[slot] = 1;
  finished_[slot] = 0;
  return true;
}

void ContinuousBatch::move_slot(size_t from, size_t to) {  // REQUIRES: to <= from
  if (from == to) return;
  std::ranges::copy(tokens(from), tokens(to).begin());
  newcomers_[to] = newcomers_[from];
  examples_[to] = examples_[from];
  segments_[to] = segments_[from];
  identifiers_[to] = identifiers_[from];
  fresh_[to] = fresh_[from];
  finished_[to] = finished_[from];
}

void ContinuousBatch::refill(const Next& next) {
  const size_t before = size();
  bool more = true;  // `next` is not asked again once it had nothing
  std::vector<size_t> keep;
  for (size_t slot = 0; slot < before; ++slot)
    if (!finished_[slot] || (more = more && take_next(next, slot))) keep.push_back(slot);
  const size_t kept = keep.size();
  if (kept < before) {
    for (size_t to = 0; to < kept; ++to) move_slot(keep[to], to);
    resize(kept);
  }
  while (more && size() < most_) {
    resize(size() + 1);
    more = take_next(next, size() - 1);
    if (!more) resize(size() - 1);
  }
  if (size() == before && kept == before) return;
  if (size() == 0) {
    carry_.reset();
  } else if (kept == 0) {
    carry_ = backend_.make_carry(size());
  } else {
    keep.resize(size(), keep.front());  // new slots hold a copy of any state until they are reset
    carry_ = backend_.select(*carry_, keep);
  }
}

SegmentEvent ContinuousBatch::run_segment(const model::ForwardOptions& options) {
  for (size_t slot = 0; slot < size(); ++slot)
    noise_seeds_[slot] = derive_seed(newcomers_[slot].header.seed, {static_cast<uint64_t>(segments_[slot])});
  const model::Batch batch{
      .size = size(), .inputs = inputs_, .labels = {}, .puzzle_identifiers = identifiers_, .noise_seeds = noise_seeds_};
  if (std::ranges::find(fresh_, uint8_t{1}) != fresh_.end()) backend_.reset(*carry_, batch, fresh_);
  output_ = backend_.forward(batch, *carry_, options);
  for (size_t slot = 0; slot < size(); ++slot) {
    const Newcomer& newcomer = newcomers_[slot];
    const int64_t segments = ++segments_[slot];
    finished_[slot] =
        newcomer.halting ? halts_at_inference(newcomer.rule, segments, {output_.q_halt[slot], output_.q_continue[slot]})
                         : segments >= newcomer.rule.max_segments;
  }
  std::ranges::fill(fresh_, uint8_t{0});
  return {.examples = examples_,
          .segments = segments_,
          .finished = finished_,
          .inputs = inputs_,
          .output = output_,
          .carry = *carry_};
}

void ContinuousBatch::abandon(const std::function<bool(size_t example)>& unwanted) {
  for (size_t slot = 0; slot < size(); ++slot)
    if (unwanted(examples_[slot])) finished_[slot] = 1;
}

bool run_examples(model::Backend& backend, size_t count, const ExampleLoader& load, const RunOptions& options,
                  const SegmentObserver& observe) {
  if (options.segments < 0)
    throw bad_input("solving.run_examples", "segments {} is below 0 (0 means the model's own limit)", options.segments);
  if (options.batch == 0) throw bad_input("solving.run_examples", "batch 0: at least one example must run at a time");
  HaltingRule rule = halting_rule(backend.config().arch);
  if (options.segments > 0) rule.max_segments = options.segments;
  rule.margin = options.halt_margin;
  const model::ForwardOptions forward{
      .weights = options.weights, .logits = options.logits, .residuals = options.residuals};

  size_t queued = 0;
  const ContinuousBatch::Next next = [&](std::span<int32_t> tokens) -> std::optional<ContinuousBatch::Newcomer> {
    if (queued == count) return std::nullopt;
    const ExampleHeader header = load(queued, tokens);
    return ContinuousBatch::Newcomer{.example = queued++, .header = header, .rule = rule, .halting = options.halting};
  };
  ContinuousBatch batch(backend, options.batch);
  for (batch.refill(next); batch.size() > 0; batch.refill(next)) {
    if (interrupted()) return false;
    observe(batch.run_segment(forward));
  }
  return true;
}

}  // namespace hrm::solving
