#include "solving/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/rng.h"
#include "solving/continuous.h"
#include "solving/fit.h"
#include "solving/rating_bands.h"
#include "solving/same_data.h"
#include "solving/views.h"

namespace hrm::solving {
namespace {

using puzzles::Dataset;
using puzzles::Family;

bool draws_numbers(const model::ArchConfig& arch) {
  return arch.initial_state == model::InitialState::kRandom || arch.noise > 0 || arch.inference_noise > 0 ||
         arch.chains > 1;
}

// The maps through which further views see a puzzle; null for none.
std::unique_ptr<puzzles::Augmenter> maps_of(const model::ArchConfig& arch, const puzzles::Family& family,
                                            const EvaluationOptions& options) {
  if (options.views == 1 || !options.symmetries.value_or(!draws_numbers(arch))) return nullptr;
  auto maps = family.augmenter();
  if (!maps && !draws_numbers(arch))
    throw bad_input("solving.evaluate",
                    "{} views would all be the same: this model draws no random numbers and the puzzles have no "
                    "symmetries (add noise with arch.inference_noise=0.1)",
                    options.views);
  return maps;
}

void check_options(const model::ArchConfig& arch, const puzzles::Family& family, const EvaluationOptions& options) {
  if (options.limit < 0) throw bad_input("solving.evaluate", "limit {} is below 0", options.limit);
  if (options.views < 1) throw bad_input("solving.evaluate", "views {} is below 1", options.views);
  if (options.views > INT32_MAX) throw bad_input("solving.evaluate", "views {} is above {}", options.views, INT32_MAX);
  if (options.views > 1 && options.symmetries == false && !draws_numbers(arch))
    throw bad_input("solving.evaluate",
                    "{} views without symmetries would all be the same: this model draws no random numbers",
                    options.views);
  if (options.until_accepted && !family.has_rules())
    throw bad_input("solving.evaluate", "views until the rules accept: these puzzles have no rules");
}

// The examples to run, each `views` times, and what became of them.
class Run {
 public:
  Run(const Dataset& dataset, const EvaluationOptions& options, std::unique_ptr<puzzles::Augmenter> maps)
      : dataset_(dataset),
        options_(options),
        maps_(std::move(maps)),
        seq_len_(static_cast<size_t>(dataset.metadata().seq_len)),
        wanted_(options.limit > 0 ? std::min(options.limit, dataset.examples()) : dataset.examples()),
        labels_(seq_len_),
        scratch_(seq_len_),
        outcomes_(static_cast<size_t>(wanted_ * options.views)),
        all_(training::or_alone(options.processes)),
        share_(training::share_of(all_, static_cast<size_t>(wanted_))) {
    if (keeps_answers()) answers_.resize(static_cast<size_t>(wanted_) * seq_len_);
  }

  int64_t wanted() const { return wanted_; }
  const Dataset& dataset() const { return dataset_; }
  const EvaluationOptions& options() const { return options_; }
  std::vector<int32_t> take_answers() { return std::move(answers_); }

  int64_t example_of(int64_t number) const {
    // floor(i N / wanted) without overflow for any realistic N (below 2^31).
    return number * dataset_.examples() / wanted_;
  }
  std::span<const Outcome> views_of(int64_t number) const {
    const auto k = static_cast<size_t>(options_.views);
    return std::span(outcomes_).subspan(static_cast<size_t>(number) * k, k);
  }

  // Nothing is left to do for the example.
  bool settled(int64_t number) const {
    const auto views = views_of(number);
    if (options_.until_accepted && std::ranges::any_of(views, &Outcome::accepted)) return true;
    return std::ranges::find(views, int64_t{0}, &Outcome::segments) == views.end();
  }
  // Examples before the first one that is not settled; with until_accepted, before the first that has not run at all.
  int64_t finished_prefix() const {
    int64_t number = 0;
    while (number < wanted_ && (options_.until_accepted ? views_of(number).front().segments > 0 : settled(number)))
      ++number;
    return number;
  }

  // Chooses what runs next, as indices into outcomes: everything at once, or with until_accepted the next view of
  // the examples that need one. Returns their number, 0 when all is done.
  size_t next_round() {
    round_.clear();
    const auto k = static_cast<size_t>(options_.views);
    for (size_t number = share_.first; number < share_.last; ++number) {
      if (settled(static_cast<int64_t>(number))) continue;
      for (size_t view = 0; view < k; ++view) {
        if (outcomes_[number * k + view].segments > 0) continue;
        round_.push_back(number * k + view);
        if (options_.until_accepted) break;
      }
    }
    return round_.size();
  }

  ExampleHeader load(size_t place, std::span<int32_t> tokens) {
    const size_t index = round_[place];
    const int64_t example = example_of(static_cast<int64_t>(index) / options_.views);
    dataset_.read(example, tokens, labels_);
    if (maps_) maps_->apply(map_of(index), tokens, {});
    const int32_t identifier = options_.blank_identifiers
                                   ? static_cast<int32_t>(dataset_.metadata().blank_identifier_id)
                                   : dataset_.identifier_of(dataset_.puzzle_of(example));
    return {.identifier = identifier, .seed = seed_of(index)};
  }

  void record(const SegmentEvent& event) {
    for (size_t slot = 0; slot < event.examples.size(); ++slot)
      if (event.finished[slot]) record_slot(event, slot);
  }

  uint64_t done() const { return done_; }
  std::string note() const {
    return supervised_ ? fmt::format("exact {:.3f}", static_cast<double>(exact_) / static_cast<double>(supervised_))
                       : "";
  }

  // Work of this process: runs of its share of the examples.
  size_t own_size() const { return share_.size() * static_cast<size_t>(options_.views); }

  // What the other processes found, in the place of their examples. Returns whether all have run theirs to the end.
  bool join(bool complete) {
    if (all_.size() == 1) return complete;
    double unfinished[] = {static_cast<double>(!complete)};
    all_.sum(unfinished);
    const auto k = static_cast<size_t>(options_.views);
    outcomes_ = training::gather_values<Outcome>(all_, std::span(outcomes_).subspan(share_.first * k, own_size()));
    if (keeps_answers())
      answers_ = training::gather_values<int32_t>(
          all_, std::span(answers_).subspan(share_.first * seq_len_, share_.size() * seq_len_));
    if (options_.on_answer && all_.is_root())
      for (size_t number = 0; number < static_cast<size_t>(wanted_); ++number)
        if (const Outcome& first = outcomes_[number * k]; first.segments > 0)
          options_.on_answer(example_of(static_cast<int64_t>(number)),
                             std::span<const int32_t>(answers_).subspan(number * seq_len_, seq_len_), first.q_halt);
    return unfinished[0] == 0;
  }

 private:
  // Other processes hand the answers to on_answer by way of process 0.
  bool keeps_answers() const { return options_.keep_answers || (options_.on_answer && all_.size() > 1); }
  uint64_t seed_of(size_t index) const {
    const int64_t example = example_of(static_cast<int64_t>(index) / options_.views);
    return derive_seed(options_.seed, {static_cast<uint64_t>(example), index % static_cast<uint64_t>(options_.views)});
  }
  // Seed of the view's symmetry: the first view is plain; few maps are taken in turn.
  uint64_t map_of(size_t index) const {
    const uint64_t view = index % static_cast<uint64_t>(options_.views);
    return view == 0 || maps_->distinct_maps() > 0 ? view : seed_of(index);
  }

  void record_slot(const SegmentEvent& event, size_t slot) {
    const size_t index = round_[event.examples[slot]];
    const int64_t number = static_cast<int64_t>(index) / options_.views;
    const auto given = std::span(event.output.answers).subspan(slot * seq_len_, seq_len_);
    std::vector<int32_t> answer(given.begin(), given.end());
    if (maps_) maps_->undo(map_of(index), answer);
    dataset_.read(example_of(number), scratch_, labels_);

    Outcome& outcome = outcomes_[index];
    outcome.segments = event.segments[slot];
    outcome.q_halt = event.output.q_halt[slot];
    if (!event.output.residual_H.empty()) outcome.residual = event.output.residual_H[slot];
    outcome.fingerprint = fingerprint(answer);
    outcome.accepted = dataset_.family().check_answer(scratch_, answer).accepted;
    for (size_t cell = 0; cell < seq_len_; ++cell) {
      if (labels_[cell] == model::kIgnoreLabel) continue;
      ++outcome.supervised;
      outcome.correct += labels_[cell] == answer[cell];
    }
    ++done_;
    supervised_ += outcome.supervised > 0;
    exact_ += outcome.exact();
    const bool first_view = index % static_cast<size_t>(options_.views) == 0;
    if (keeps_answers() && first_view)
      std::ranges::copy(answer, answers_.begin() + number * static_cast<int64_t>(seq_len_));
    if (options_.on_answer && first_view && all_.size() == 1)
      options_.on_answer(example_of(number), answer, outcome.q_halt);
  }

  const Dataset& dataset_;
  const EvaluationOptions& options_;
  const std::unique_ptr<puzzles::Augmenter> maps_;
  const size_t seq_len_;
  const int64_t wanted_;
  std::vector<size_t> round_;
  std::vector<int32_t> labels_, scratch_, answers_;
  std::vector<Outcome> outcomes_;
  training::Collective& all_;
  const training::Share share_;  // of the numbers of examples
  uint64_t done_ = 0, supervised_ = 0, exact_ = 0;
};

struct Tally {
  uint64_t n = 0, supervised = 0, exact = 0, accepted = 0, q_right = 0;
  Confusion confusion;
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
    const bool sure = outcome.q_halt >= 0;
    q_right += sure == outcome.exact();
    if (outcome.exact())
      ++(sure ? confusion.right_sure : confusion.right_unsure);
    else
      ++(sure ? confusion.wrong_sure : confusion.wrong_unsure);
    const double share = static_cast<double>(outcome.correct) / static_cast<double>(outcome.supervised);
    cells += share;
    cells_squared += share * share;
  }

  Scores scores() const {
    return {.exact = share_of(exact, supervised),
            .cells = mean(cells, cells_squared, supervised),
            .q_halt = share_of(q_right, supervised),
            .rules = share_of(accepted, n),
            .segments = mean(segments, segments_squared, n),
            .confusion = confusion};
  }

  static Estimate mean(double sum, double sum_of_squares, uint64_t of) {
    return {of ? sum / static_cast<double>(of) : 0, mean95(sum, sum_of_squares, of), of};
  }
};

// Among the first so many views.
std::vector<Selection> selections_of(const Run& run, std::span<const int64_t> numbers, int64_t first) {
  std::vector<Selection> all;
  if (run.options().views == 1) return all;
  const bool has_rules = run.dataset().family().has_rules();
  for (const Selector& selector : selectors()) {
    if (selector.needs_rules ? !has_rules : run.options().until_accepted) continue;
    Tally tally;
    for (const int64_t number : numbers) {
      if (!run.settled(number)) continue;  // interrupted
      const auto views = run.views_of(number).first(static_cast<size_t>(first));
      tally.add(views[selector.pick(views)]);
    }
    const Scores scores = tally.scores();
    all.push_back({std::string(selector.name), selector.needs_rules, scores.exact, scores.rules});
  }
  return all;
}

std::vector<ViewScores> scores_by_views(const Run& run, std::span<const int64_t> numbers) {
  const int64_t most = run.options().views;
  std::vector<ViewScores> all;
  if (most == 1) return all;
  for (int64_t views = 1; views < most; views *= 2) all.push_back({views, selections_of(run, numbers, views)});
  all.push_back({most, selections_of(run, numbers, most)});
  return all;
}

Scores first_views(const Run& run, std::span<const int64_t> numbers) {
  Tally tally;
  for (const int64_t number : numbers) tally.add(run.views_of(number).front());
  return tally.scores();
}

std::vector<RatingBand> bands_of(const Run& run, int64_t examples) {
  std::vector<std::optional<int32_t>> ratings;
  for (int64_t number = 0; number < examples; ++number)
    ratings.push_back(run.dataset().rating_of(run.example_of(number)));
  std::vector<RatingBand> bands;
  for (const auto& [key, numbers] : group_by_rating(ratings))
    bands.push_back({band_name(key), first_views(run, numbers), selections_of(run, numbers, run.options().views)});
  return bands;
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

Evaluation evaluate(model::Backend& backend, const Dataset& dataset, const EvaluationOptions& options) {
  const model::ModelConfig& config = backend.config();
  check_fit(config, dataset, options.blank_identifiers);
  check_options(config.arch, dataset.family(), options);
  check_same_data(training::or_alone(options.processes), &dataset);
  Run run(dataset, options, maps_of(config.arch, dataset.family(), options));
  Evaluation evaluation;
  evaluation.segments = options.segments > 0 ? options.segments : config.arch.halt_max_steps;
  evaluation.protocol = protocol_of(evaluation.segments, config.arch.halt_max_steps);
  evaluation.rule_name = rule_name_of(dataset.family());
  evaluation.views = options.views;
  evaluation.halting = options.halting;
  evaluation.wanted = run.wanted();

  Progress progress(
      "evaluating", run.own_size(),
      {.unit = "puzzles", .enabled = options.progress && training::or_alone(options.processes).is_root()});
  const auto begin = std::chrono::steady_clock::now();
  for (size_t runs = run.next_round(); runs > 0 && evaluation.complete; runs = run.next_round())
    evaluation.complete = run_examples(
        backend, runs, [&](size_t place, std::span<int32_t> tokens) { return run.load(place, tokens); },
        {.segments = options.segments,
         .halting = options.halting,
         .halt_margin = options.halt_margin,
         .batch = options.batch,
         .weights = options.weights,
         .residuals = options.views > 1 && !options.until_accepted},
        [&](const SegmentEvent& event) {
          run.record(event);
          progress.update(run.done(), run.note());
        });
  evaluation.complete = run.join(evaluation.complete);
  evaluation.seconds = seconds_since(begin);

  const int64_t finished = run.finished_prefix();
  std::vector<int64_t> numbers(static_cast<size_t>(finished));
  std::iota(numbers.begin(), numbers.end(), 0);
  evaluation.all = first_views(run, numbers);
  evaluation.bands = bands_of(run, finished);
  evaluation.selected = selections_of(run, numbers, options.views);
  evaluation.by_views = scores_by_views(run, numbers);
  int64_t spent = 0;
  for (const int64_t number : numbers)
    for (const Outcome& outcome : run.views_of(number)) spent += outcome.segments;
  evaluation.segments_spent = static_cast<double>(spent) / static_cast<double>(std::max<int64_t>(1, finished));
  evaluation.answers = run.take_answers();
  evaluation.answers.resize(
      options.keep_answers ? static_cast<size_t>(finished) * static_cast<size_t>(config.data.seq_len) : 0);
  return evaluation;
}

}  // namespace hrm::solving
