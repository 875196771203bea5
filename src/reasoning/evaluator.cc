#include "reasoning/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "base/rng.h"
#include "reasoning/continuous.h"
#include "reasoning/rollouts.h"

namespace hrm::reasoning {
namespace {

using puzzles::Dataset;

void check_fit(const engine::ModelConfig& config, const Dataset& dataset) {
  const puzzles::DatasetMetadata& data = dataset.metadata();
  const std::string where = dataset.folder().string();
  if (data.seq_len != config.data.seq_len)
    throw bad_input("reasoning.evaluate", "{}: puzzles of {} tokens, but the model was trained on {}", where,
                    data.seq_len, config.data.seq_len);
  if (data.vocab_size > config.data.vocab_size)
    throw bad_input("reasoning.evaluate", "{}: vocabulary of {} token ids, but the model knows {}", where,
                    data.vocab_size, config.data.vocab_size);
  if (config.arch.puzzle_emb_ndim > 0 && data.num_puzzle_identifiers > config.data.num_puzzle_identifiers)
    throw bad_input("reasoning.evaluate", "{}: {} puzzle identifiers, but the model has embeddings for {}", where,
                    data.num_puzzle_identifiers, config.data.num_puzzle_identifiers);
}

void check_options(const engine::ArchConfig& arch, const EvaluationOptions& options) {
  if (options.limit < 0) throw bad_input("reasoning.evaluate", "limit {} is below 0", options.limit);
  if (options.rollouts < 1) throw bad_input("reasoning.evaluate", "rollouts {} is below 1", options.rollouts);
  const bool random = arch.initial_state == engine::InitialState::kRandom || arch.noise > 0 ||
                      arch.inference_noise > 0 || arch.chains > 1;
  if (options.rollouts > 1 && !random)
    throw bad_input("reasoning.evaluate",
                    "{} rollouts would all be the same: this model draws no random numbers (add noise with "
                    "arch.inference_noise=0.1)",
                    options.rollouts);
}

// The examples to run, each `rollouts` times, and what became of them.
class Run {
 public:
  Run(const Dataset& dataset, const EvaluationOptions& options)
      : dataset_(dataset),
        options_(options),
        seq_len_(static_cast<size_t>(dataset.metadata().seq_len)),
        wanted_(options.limit > 0 ? std::min(options.limit, dataset.examples()) : dataset.examples()),
        labels_(seq_len_),
        scratch_(seq_len_),
        outcomes_(static_cast<size_t>(wanted_ * options.rollouts)) {
    if (options.keep_answers) answers_.resize(static_cast<size_t>(wanted_) * seq_len_);
  }

  int64_t wanted() const { return wanted_; }
  size_t size() const { return outcomes_.size(); }
  std::vector<int32_t> take_answers() { return std::move(answers_); }

  int64_t example_of(int64_t number) const {
    // floor(i N / wanted) without overflow for any realistic N (below 2^31).
    return number * dataset_.examples() / wanted_;
  }
  std::span<const Outcome> rollouts_of(int64_t number) const {
    const auto k = static_cast<size_t>(options_.rollouts);
    return std::span(outcomes_).subspan(static_cast<size_t>(number) * k, k);
  }

  // Examples before the first one with an unfinished rollout.
  int64_t finished_prefix() const {
    const auto unfinished = std::ranges::find(outcomes_, int64_t{0}, &Outcome::segments);
    return (unfinished - outcomes_.begin()) / options_.rollouts;
  }

  ExampleHeader load(size_t index, std::span<int32_t> tokens) {
    const int64_t example = example_of(static_cast<int64_t>(index) / options_.rollouts);
    const uint64_t rollout = index % static_cast<uint64_t>(options_.rollouts);
    dataset_.read(example, tokens, labels_);
    return {.identifier = dataset_.identifier_of(dataset_.puzzle_of(example)),
            .seed = derive_seed(options_.seed, {static_cast<uint64_t>(example), rollout})};
  }

  void record(const SegmentView& view) {
    for (size_t slot = 0; slot < view.examples.size(); ++slot)
      if (view.finished[slot]) record_slot(view, slot);
  }

  uint64_t done() const { return done_; }
  std::string note() const {
    return supervised_ ? fmt::format("exact {:.3f}", static_cast<double>(exact_) / static_cast<double>(supervised_))
                       : "";
  }

 private:
  void record_slot(const SegmentView& view, size_t slot) {
    const size_t index = view.examples[slot];
    const int64_t number = static_cast<int64_t>(index) / options_.rollouts;
    const auto question = view.inputs.subspan(slot * seq_len_, seq_len_);
    const auto answer = std::span(view.output.answers).subspan(slot * seq_len_, seq_len_);
    dataset_.read(example_of(number), scratch_, labels_);

    Outcome& outcome = outcomes_[index];
    outcome.segments = view.segments[slot];
    outcome.q_halt = view.output.q_halt[slot];
    if (!view.output.residual_H.empty()) outcome.residual = view.output.residual_H[slot];
    outcome.fingerprint = fingerprint(answer);
    outcome.accepted = dataset_.family().check_answer(question, answer).accepted;
    for (size_t cell = 0; cell < seq_len_; ++cell) {
      if (labels_[cell] == kIgnoreLabel) continue;
      ++outcome.supervised;
      outcome.correct += labels_[cell] == answer[cell];
    }
    ++done_;
    supervised_ += outcome.supervised > 0;
    exact_ += outcome.exact();
    const bool first_rollout = index % static_cast<size_t>(options_.rollouts) == 0;
    if (options_.keep_answers && first_rollout)
      std::ranges::copy(answer, answers_.begin() + number * static_cast<int64_t>(seq_len_));
  }

  const Dataset& dataset_;
  const EvaluationOptions& options_;
  const size_t seq_len_;
  const int64_t wanted_;
  std::vector<int32_t> labels_, scratch_, answers_;
  std::vector<Outcome> outcomes_;
  uint64_t done_ = 0, supervised_ = 0, exact_ = 0;
};

struct Tally {
  uint64_t n = 0, supervised = 0, exact = 0, accepted = 0, q_right = 0;
  double cells = 0, cells_squared = 0, segments = 0, segments_squared = 0;

  void add(const Outcome& outcome) {
    ++n;
    accepted += outcome.accepted;
    const auto used = static_cast<double>(outcome.segments);
    segments += used;
    segments_squared += used * used;
    if (outcome.supervised == 0) return;
    ++supervised;
    exact += outcome.exact();
    q_right += (outcome.q_halt >= 0) == outcome.exact();
    const double share = static_cast<double>(outcome.correct) / static_cast<double>(outcome.supervised);
    cells += share;
    cells_squared += share * share;
  }

  Scores scores() const {
    return {.exact = share(exact, supervised),
            .cells = mean(cells, cells_squared, supervised),
            .q_halt = share(q_right, supervised),
            .rules = share(accepted, n),
            .segments = mean(segments, segments_squared, n)};
  }

  static Estimate share(uint64_t successes, uint64_t of) {
    return {of ? static_cast<double>(successes) / static_cast<double>(of) : 0, wilson95(successes, of), of};
  }
  static Estimate mean(double sum, double sum_of_squares, uint64_t of) {
    return {of ? sum / static_cast<double>(of) : 0, mean95(sum, sum_of_squares, of), of};
  }
};

// Ratings spread over orders of magnitude; bands by decimal digits keep every one populated, whatever the data.
struct BandKey {
  int digits = 0;  // of the rating; 0 for the rating 0; a large number for "unknown", which sorts last
  auto operator<=>(const BandKey&) const = default;
};
constexpr int kUnknown = std::numeric_limits<int>::max();

BandKey band_of(std::optional<int32_t> rating) {
  if (!rating || *rating < 0) return {kUnknown};
  int digits = 0;
  for (int32_t rest = *rating; rest > 0; rest /= 10) ++digits;
  return {digits};
}

std::string band_name(BandKey key) {
  if (key.digits == kUnknown) return "unknown";
  if (key.digits == 0) return "0";
  const auto low = static_cast<int64_t>(std::llround(std::pow(10.0, key.digits - 1)));
  return fmt::format("{}-{}", low, low * 10 - 1);
}

std::vector<RatingBand> bands_of(const Run& run, const Dataset& dataset, int64_t examples) {
  std::map<BandKey, Tally> tallies;
  for (int64_t number = 0; number < examples; ++number)
    tallies[band_of(dataset.rating_of(run.example_of(number)))].add(run.rollouts_of(number).front());
  std::vector<RatingBand> bands;
  if (tallies.size() == 1 && tallies.begin()->first.digits == kUnknown) return bands;
  for (const auto& [key, tally] : tallies) bands.push_back({band_name(key), tally.scores()});
  return bands;
}

std::vector<Selection> selections_of(const Run& run, int64_t examples, bool has_rules) {
  std::vector<Selection> all;
  for (const Selector& selector : selectors()) {
    if (selector.needs_rules && !has_rules) continue;
    Tally tally;
    for (int64_t number = 0; number < examples; ++number) {
      const auto rollouts = run.rollouts_of(number);
      tally.add(rollouts[selector.pick(rollouts)]);
    }
    const Scores scores = tally.scores();
    all.push_back({std::string(selector.name), selector.needs_rules, scores.exact, scores.rules});
  }
  return all;
}

std::string rule_name_of(const puzzles::Family& family) {
  if (!family.has_rules()) return "";
  return family.rule_metric().empty() ? "rules_accepted" : family.rule_metric();
}

std::string protocol_of(int64_t segments, int64_t trained) {
  if (segments == trained) return "training_depth";
  return segments > trained ? "larger_depth" : "smaller_depth";
}

}  // namespace

Evaluation evaluate(Backend& backend, const Dataset& dataset, const EvaluationOptions& options) {
  const engine::ModelConfig& config = backend.config();
  check_fit(config, dataset);
  check_options(config.arch, options);
  Run run(dataset, options);
  Evaluation evaluation;
  evaluation.segments = options.segments > 0 ? options.segments : config.arch.halt_max_steps;
  evaluation.protocol = protocol_of(evaluation.segments, config.arch.halt_max_steps);
  evaluation.rule_name = rule_name_of(dataset.family());
  evaluation.rollouts = options.rollouts;
  evaluation.halting = options.halting;
  evaluation.wanted = run.wanted();

  Progress progress("evaluating", run.size(), {.unit = "puzzles", .enabled = options.progress});
  const auto begin = std::chrono::steady_clock::now();
  evaluation.complete = run_examples(
      backend, run.size(), [&](size_t index, std::span<int32_t> tokens) { return run.load(index, tokens); },
      {.segments = options.segments,
       .halting = options.halting,
       .halt_margin = options.halt_margin,
       .batch = options.batch,
       .weights = options.weights,
       .residuals = options.rollouts > 1},
      [&](const SegmentView& view) {
        run.record(view);
        progress.update(run.done(), run.note());
      });
  evaluation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  const int64_t finished = run.finished_prefix();
  Tally tally;
  for (int64_t number = 0; number < finished; ++number) tally.add(run.rollouts_of(number).front());
  evaluation.all = tally.scores();
  evaluation.bands = bands_of(run, dataset, finished);
  if (options.rollouts > 1) evaluation.selected = selections_of(run, finished, dataset.family().has_rules());
  evaluation.answers = run.take_answers();
  if (options.keep_answers)
    evaluation.answers.resize(static_cast<size_t>(finished) * static_cast<size_t>(config.data.seq_len));
  return evaluation;
}

}  // namespace hrm::reasoning
