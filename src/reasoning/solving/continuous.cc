#include "solving/continuous.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "base/signals.h"
#include "solving/halting.h"

namespace hrm::solving {
namespace {

class Slots {
 public:
  Slots(model::Backend& backend, size_t count, const ExampleLoader& load, size_t batch)
      : backend_(backend), count_(count), load_(load), seq_len_(static_cast<size_t>(backend.config().data.seq_len)) {
    resize(std::min(batch, count));
    for (size_t slot = 0; slot < size(); ++slot) take_next(slot);
    if (size()) carry_ = backend_.make_carry(size());
  }

  size_t size() const { return examples_.size(); }

  model::SegmentOutput run_segment(const model::ForwardOptions& options) {
    for (size_t slot = 0; slot < size(); ++slot)
      noise_seeds_[slot] = derive_seed(seeds_[slot], {static_cast<uint64_t>(segments_[slot])});
    const model::Batch batch{.size = size(),
                             .inputs = inputs_,
                             .labels = {},
                             .puzzle_identifiers = identifiers_,
                             .noise_seeds = noise_seeds_};
    if (std::ranges::find(fresh_, uint8_t{1}) != fresh_.end()) backend_.reset(*carry_, batch, fresh_);
    model::SegmentOutput output = backend_.forward(batch, *carry_, options);
    for (int64_t& segments : segments_) ++segments;
    std::ranges::fill(fresh_, uint8_t{0});
    return output;
  }

  void decide(const HaltingRule& rule, bool halting, const model::SegmentOutput& output) {
    for (size_t slot = 0; slot < size(); ++slot)
      finished_[slot] = halting
                            ? halts_at_inference(rule, segments_[slot], output.q_halt[slot], output.q_continue[slot])
                            : segments_[slot] >= rule.max_segments;
  }

  SegmentView view(const model::SegmentOutput& output) const {
    return {.examples = examples_,
            .segments = segments_,
            .finished = finished_,
            .inputs = inputs_,
            .output = output,
            .carry = *carry_};
  }

  // Refills the slots that finished; those without a successor are closed and the batch shrinks.
  void replace_finished() {
    std::vector<size_t> keep;
    for (size_t slot = 0; slot < size(); ++slot)
      if (!finished_[slot] || take_next(slot)) keep.push_back(slot);
    if (keep.size() == size()) return;
    if (!keep.empty()) carry_ = backend_.select(*carry_, keep);
    for (size_t to = 0; to < keep.size(); ++to) move_slot(keep[to], to);
    resize(keep.size());
  }

 private:
  bool take_next(size_t slot) {
    if (next_ == count_) return false;
    const ExampleHeader header = load_(next_, tokens(slot));
    examples_[slot] = next_++;
    identifiers_[slot] = header.identifier;
    seeds_[slot] = header.seed;
    segments_[slot] = 0;
    fresh_[slot] = 1;
    return true;
  }

  void move_slot(size_t from, size_t to) {  // REQUIRES: to <= from
    if (from == to) return;
    std::ranges::copy(tokens(from), tokens(to).begin());
    examples_[to] = examples_[from];
    segments_[to] = segments_[from];
    identifiers_[to] = identifiers_[from];
    seeds_[to] = seeds_[from];
    fresh_[to] = fresh_[from];
  }

  void resize(size_t slots) {
    inputs_.resize(slots * seq_len_);
    examples_.resize(slots);
    segments_.resize(slots);
    identifiers_.resize(slots);
    seeds_.resize(slots);
    noise_seeds_.resize(slots);
    fresh_.resize(slots);
    finished_.resize(slots);
  }

  std::span<int32_t> tokens(size_t slot) { return std::span(inputs_).subspan(slot * seq_len_, seq_len_); }

  model::Backend& backend_;
  const size_t count_;
  const ExampleLoader& load_;
  const size_t seq_len_;
  size_t next_ = 0;  // of the queue
  std::unique_ptr<model::Carry> carry_;
  std::vector<int32_t> inputs_, identifiers_;
  std::vector<size_t> examples_;
  std::vector<int64_t> segments_;
  std::vector<uint64_t> seeds_, noise_seeds_;
  std::vector<uint8_t> fresh_, finished_;
};

}  // namespace

bool run_examples(model::Backend& backend, size_t count, const ExampleLoader& load, const RunOptions& options,
                  const SegmentObserver& observe) {
  if (options.segments < 0)
    throw bad_input("reasoning.run_examples", "segments {} is below 0 (0 means the model's own limit)",
                    options.segments);
  if (options.batch == 0) throw bad_input("reasoning.run_examples", "batch 0: at least one example must run at a time");
  HaltingRule rule = halting_rule(backend.config().arch);
  if (options.segments > 0) rule.max_segments = options.segments;
  rule.margin = options.halt_margin;
  const model::ForwardOptions forward{.weights = options.weights, .logits = false, .residuals = options.residuals};

  Slots slots(backend, count, load, options.batch);
  while (slots.size() > 0) {
    if (interrupted()) return false;
    const model::SegmentOutput output = slots.run_segment(forward);
    slots.decide(rule, options.halting, output);
    observe(slots.view(output));
    slots.replace_finished();
  }
  return true;
}

}  // namespace hrm::solving
