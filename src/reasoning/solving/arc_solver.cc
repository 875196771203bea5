#include "solving/arc_solver.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/clock.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/signals.h"
#include "model/weights.h"
#include "solving/continuous.h"
#include "solving/train_stepper.h"

namespace hrm::solving {
namespace {

constexpr std::string_view kInArcSolver = "solving.arc";
constexpr double kFitShare = 2. / 3;

// Streams of the seed.
enum Stream : uint64_t { kDraw = 1, kNoise = 2, kAnswer = 3, kSlots = 4 };

using puzzles::ArcGrid;
using puzzles::ArcMap;
using puzzles::ArcPair;
using puzzles::ArcTask;
using Clock = std::chrono::steady_clock;

// Every row is the mean of the trained ones, without the blank row if there are others.
HostTensor mean_table(const HostTensor& table, int64_t rows) {
  const auto values = table.as<float>();
  const auto width = static_cast<size_t>(table.shape()[1]), trained = static_cast<size_t>(table.shape()[0]);
  const size_t first = trained > 1 ? 1 : 0;
  std::vector<double> sums(width);
  for (size_t i = first * width; i < trained * width; ++i) sums[i % width] += values[i];
  std::vector<float> all(static_cast<size_t>(rows) * width);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<float>(sums[i % width] / static_cast<double>(trained - first));
  return HostTensor::of<float>({rows, table.shape()[1]}, all);
}

class ArcRun {
 public:
  ArcRun(const ModelFile& model, std::span<const ArcTask> tasks, const ArcSolveOptions& options,
         const ArcBackend& backend)
      : tasks_(tasks), options_(options), side_(arc_side_of(model, "model")), votes_({tasks.begin(), tasks.end()}) {
    int32_t next = 1;
    for (const ArcTask& given : tasks) {
      ArcTask task = given;  // known outputs of tests are for the score alone
      for (ArcPair& pair : task.test) pair.output = {};
      check_task(task);
      first_row_.push_back(next);
      maps_.push_back(puzzles::draw_arc_variants(task, options.variants));
      next += static_cast<int32_t>(maps_.back().size());
      result_.solutions.push_back({.variants = maps_.back().size(), .tests = {}});
      result_.solutions.back().tests.resize(task.test.size());
    }
    has_table_ = model.config.puzzle_tokens() > 0;
    model::ModelConfig config = model.config;
    NamedTensors weights = model.weights;
    if (has_table_) {
      config.data.num_puzzle_identifiers = next;
      result_.table_rows = next;
      for (const model::Parameter& p : model::parameters(config))
        if (p.kind == model::ParameterKind::kPuzzle) weights[p.name] = mean_table(weights.at(p.name), next);
    }
    backend_ = backend.make(config, backend.options);
    backend_->set_weights(weights);
  }

  ArcSolveResult run() {
    begin_ = Clock::now();
    if (has_table_) fit();
    answer();
    for (size_t t = 0; t < tasks_.size(); ++t)
      for (size_t i = 0; i < tasks_[t].test.size(); ++i) result_.solutions[t].tests[i].candidates = votes_.ranked(t, i);
    result_.scores = votes_.score(puzzles::arc_pass_ks());
    result_.submission = votes_.submission();
    return std::move(result_);
  }

 private:
  struct Item {  // a test input of a variant
    size_t variant, task, test;
  };

  void check_task(const ArcTask& task) const {
    if (task.largest_side() > side_)
      throw bad_input(kInArcSolver, "{}: task {}: has a grid of side {}, but the model's canvas is {}x{}", task.origin,
                      task.name, task.largest_side(), side_, side_);
  }

  size_t cells() const { return static_cast<size_t>(side_) * static_cast<size_t>(side_); }

  void write(const ArcGrid& grid, puzzles::ArcOffset offset, std::span<int32_t> tokens) const {
    puzzles::encode_arc(grid, offset, side_, tokens);
  }

  // Demonstration `draw` of the fit, in a random variant, at a random place.
  int32_t draw(uint64_t draw, std::span<int32_t> inputs, std::span<int32_t> labels) const {
    Rng rng(options_.seed, {kDraw, draw});
    const size_t t = rng.below(tasks_.size());
    const size_t v = rng.below(maps_[t].size());
    const ArcPair& pair = tasks_[t].train[rng.below(tasks_[t].train.size())];
    const ArcGrid input = maps_[t][v].apply(pair.input), output = maps_[t][v].apply(pair.output);
    const puzzles::ArcOffset offset = puzzles::draw_arc_place(rng, input, output, side_);
    write(input, offset, inputs);
    write(output, offset, labels);
    std::ranges::replace(labels, 0, model::kIgnoreLabel);
    return first_row_[t] + static_cast<int32_t>(v);
  }

  void fit() {
    backend_->set_optimizer({.lr = 0,
                             .weight_decay = 0,
                             .puzzle_emb_lr = options_.lr,
                             .puzzle_emb_weight_decay = options_.weight_decay,
                             .muon_lr = 0});
    const size_t B = options_.fit_batch;
    TrainStepper stepper(*backend_, {.batch = B, .seed = derive_seed(options_.seed, {kSlots})});
    std::vector<int32_t> inputs(B * cells()), labels(B * cells()), rows(B);
    std::vector<uint64_t> seeds(B);
    std::vector<double> losses;
    const double fit_limit = options_.seconds > 0 ? kFitShare * options_.seconds : INFINITY;
    Progress progress("fitting embeddings", options_.fit_steps,
                      {.unit = "steps", .enabled = options_.progress, .most_seconds = fit_limit});
    for (uint64_t step = 0; step < options_.fit_steps; ++step) {
      if (interrupted()) {
        result_.complete = false;
        break;
      }
      if (step > 0 && seconds_since(begin_) > fit_limit) break;
      for (size_t b = 0; b < B; ++b) {
        if (!stepper.halted()[b]) continue;
        rows[b] = draw(drawn_++, std::span(inputs).subspan(b * cells(), cells()),
                       std::span(labels).subspan(b * cells(), cells()));
        seeds[b] = derive_seed(options_.seed, {kNoise, drawn_});
      }
      const StepResult done = stepper.step(
          {.size = B, .inputs = inputs, .labels = labels, .puzzle_identifiers = rows, .noise_seeds = seeds}, {});
      if (!done.output.applied)
        throw failure(kInArcSolver, "step {} of the fit: the loss is not finite; use a smaller --fit-lr than {}",
                      step + 1, options_.lr);
      losses.push_back(done.metrics.lm_loss / static_cast<double>(B));
      progress.update(step + 1, fmt::format("loss {:.3f}", losses.back()));
    }
    result_.fit_steps = losses.size();
    result_.fit_seconds = seconds_since(begin_);
    const size_t tenth = std::max<size_t>(1, losses.size() / 10);
    const auto mean = [&](size_t first) {
      double sum = 0;
      for (size_t i = first; i < std::min(losses.size(), first + tenth); ++i) sum += losses[i];
      return losses.empty() ? 0 : sum / static_cast<double>(std::min(tenth, losses.size()));
    };
    result_.first_loss = mean(0);
    result_.last_loss = mean(losses.size() - std::min(tenth, losses.size()));
  }

  // Tasks as they are first, then variant by variant, so that a time limit cuts all tasks alike.
  std::vector<Item> items() const {
    std::vector<Item> all;
    for (size_t t = 0; t < tasks_.size(); ++t)
      for (size_t i = 0; i < tasks_[t].test.size(); ++i)
        for (size_t v = 0; v < maps_[t].size(); ++v) all.push_back({v, t, i});
    std::ranges::stable_sort(all, {}, &Item::variant);
    return all;
  }

  void answer() {
    const auto begin = Clock::now();
    const std::vector<Item> all = items();
    result_.wanted = all.size();
    Progress progress("answering", all.size(), {.unit = "test inputs", .enabled = options_.progress});
    const auto originals = static_cast<size_t>(std::ranges::count(all, size_t{0}, &Item::variant));
    for (size_t first = 0, last = 0; first < all.size(); first = last) {
      last = std::min(all.size(), first == 0 ? originals : first + round_size(begin, first));
      if (last == first) break;  // no time is left
      const bool finished = run_examples(
          *backend_, last - first,
          [&](size_t i, std::span<int32_t> tokens) { return load(all[first + i], first + i, tokens); },
          {.segments = options_.segments,
           .halting = options_.halting,
           .halt_margin = options_.halt_margin,
           .batch = options_.batch},
          [&](const auto& event) { record(event, std::span(all).subspan(first), first); });
      progress.update(result_.answered);
      if (!finished) {
        result_.complete = false;
        break;
      }
    }
    result_.answer_seconds = seconds_since(begin);
  }

  // As many as the time that is left allows, by the speed so far.
  size_t round_size(Clock::time_point begin, size_t done) const {
    if (options_.seconds <= 0) return options_.batch;
    const double left = options_.seconds - seconds_since(begin_);
    const double each = seconds_since(begin) / static_cast<double>(done);
    return left <= 0 ? 0 : std::min(options_.batch, static_cast<size_t>(std::min(1e6, left / std::max(each, 1e-9))));
  }

  ExampleHeader load(const Item& item, size_t number, std::span<int32_t> tokens) const {
    write(maps_[item.task][item.variant].apply(tasks_[item.task].test[item.test].input), {}, tokens);
    return {.identifier = has_table_ ? first_row_[item.task] + static_cast<int32_t>(item.variant) : 0,
            .seed = derive_seed(options_.seed, {kAnswer, number})};
  }

  // event: the batch after a segment (solving/continuous.h).
  void record(const auto& event, std::span<const Item> items, size_t first) {
    for (size_t slot = 0; slot < event.examples.size(); ++slot) {
      const Item& item = items[event.examples[slot]];
      if (item.variant > 0 && !event.finished[slot]) continue;
      const auto tokens = std::span(event.output.answers).subspan(slot * cells(), cells());
      ArcGrid grid = maps_[item.task][item.variant].undo(puzzles::decode_arc(tokens, side_));
      const float q_halt = event.output.q_halt[slot];
      if (item.variant == 0) result_.solutions[item.task].tests[item.test].segments.push_back({grid, q_halt});
      if (!event.finished[slot]) continue;
      ++result_.answered;
      votes_.add({item.task, item.test, item.variant == 0}, std::move(grid), q_halt, first + event.examples[slot]);
    }
  }

  std::span<const ArcTask> tasks_;
  const ArcSolveOptions& options_;
  int side_;
  bool has_table_ = false;
  puzzles::ArcVotes votes_;
  std::vector<std::vector<ArcMap>> maps_;  // [task][variant]
  std::vector<int32_t> first_row_;
  std::unique_ptr<model::Backend> backend_;
  uint64_t drawn_ = 0;
  Clock::time_point begin_;
  ArcSolveResult result_;
};

Json candidates_json(const std::vector<puzzles::ArcCandidate>& candidates) {
  constexpr size_t kMost = 10;
  Json list = Json::array();
  for (size_t i = 0; i < std::min(kMost, candidates.size()); ++i)
    list.push_back({{"grid", puzzles::to_json(candidates[i].grid)},
                    {"votes", candidates[i].votes},
                    {"weight", candidates[i].weight}});
  return list;
}

// attempts: attempt_1 and attempt_2.
Json test_json(const ArcTestAnswer& answer, const ArcPair& pair, const Json& attempts) {
  Json segments = Json::array();
  for (const ArcSegment& segment : answer.segments)
    segments.push_back({{"answer", puzzles::to_json(segment.answer)},
                        {"q_halt", std::isfinite(segment.q_halt) ? Json(segment.q_halt) : Json(nullptr)}});
  Json right = nullptr;  // the number of the attempt that is, 0: none
  if (!pair.output.empty()) {
    right = 0;
    for (size_t k = std::min<size_t>(2, answer.candidates.size()); k-- > 0;)
      if (answer.candidates[k].grid == pair.output) right = k + 1;
  }
  return {{"attempt_1", attempts["attempt_1"]},
          {"attempt_2", attempts["attempt_2"]},
          {"right_attempt", right},
          {"distinct_answers", answer.candidates.size()},
          {"candidates", candidates_json(answer.candidates)},
          {"segments", std::move(segments)}};
}

}  // namespace

int arc_side_of(const ModelFile& model, std::string_view source) {
  const auto family = model.family.is_null()
                          ? puzzles::guess_family(model.config.data.seq_len, model.config.data.vocab_size)
                          : puzzles::make_family(model.family, source);
  const auto side = family->arc_side();
  if (!side || family->seq_len() != model.config.data.seq_len || family->vocab_size() != model.config.data.vocab_size)
    throw bad_input(kInArcSolver, "{}: is not a model of ARC grids: it has {} tokens of a vocabulary of {}", source,
                    model.config.data.seq_len, model.config.data.vocab_size);
  return *side;
}

ArcSolveResult solve_arc(const ModelFile& model, std::span<const ArcTask> tasks, const ArcSolveOptions& options,
                         const ArcBackend& backend) {
  if (tasks.empty()) throw bad_input(kInArcSolver, "no task to solve");
  if (options.fit_batch == 0) throw bad_input(kInArcSolver, "--fit-batch 0: expected at least 1");
  if (options.batch == 0) throw bad_input(kInArcSolver, "--batch 0: expected at least 1");
  if (!(options.seconds >= 0))
    throw bad_input(kInArcSolver, "seconds {}: expected at least 0 (0: no limit)", options.seconds);
  if (!(options.lr >= 0) || !(options.weight_decay >= 0))
    throw bad_input(kInArcSolver, "learning rate {}, weight decay {}: expected at least 0", options.lr,
                    options.weight_decay);
  return ArcRun(model, tasks, options, backend).run();
}

Json to_json(const ArcSolveResult& result, std::span<const ArcTask> tasks) {
  Json list = Json::array();
  for (size_t t = 0; t < tasks.size(); ++t) {
    Json tests = Json::array();
    for (size_t i = 0; i < tasks[t].test.size(); ++i)
      tests.push_back(test_json(result.solutions[t].tests[i], tasks[t].test[i], result.submission[tasks[t].name][i]));
    list.push_back({{"task", tasks[t].name},
                    {"source", tasks[t].origin},
                    {"variants", result.solutions[t].variants},
                    {"tests", std::move(tests)}});
  }
  return {{"complete", result.complete},
          {"fit",
           {{"steps", result.fit_steps},
            {"seconds", result.fit_seconds},
            {"table_rows", result.table_rows},
            {"first_loss", result.first_loss},
            {"last_loss", result.last_loss}}},
          {"answers", {{"done", result.answered}, {"wanted", result.wanted}, {"seconds", result.answer_seconds}}},
          {"score", result.scores.tasks > 0 ? puzzles::to_json(result.scores) : Json(nullptr)},
          {"tasks", std::move(list)}};
}

}  // namespace hrm::solving
