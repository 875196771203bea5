#include "solving/depth_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <numeric>

#include "base/clock.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/rng.h"
#include "formats/plot.h"
#include "solving/continuous.h"
#include "solving/fit.h"
#include "solving/halting.h"
#include "solving/rating_bands.h"

namespace hrm::solving {
namespace {

constexpr int64_t kMostSegments = 65536;

// What became of one example.
struct Track {
  bool supervised = false;
  int64_t halted = 0;  // segment at which the model asked to halt; 0: not yet
  bool right_at_halt = false;
  std::vector<uint8_t> fixed, halting;  // [depths] right?
  std::vector<int64_t> used;            // [depths]
};

class CurveRun {
 public:
  CurveRun(const model::Backend& backend, const puzzles::Dataset& dataset, std::span<const int64_t> depths,
           const EvaluationOptions& options)
      : dataset_(dataset),
        depths_(depths),
        options_(options),
        rule_(halting_rule(backend.config().arch)),
        cells_(static_cast<size_t>(dataset.metadata().seq_len)),
        wanted_(options.limit > 0 ? std::min(options.limit, dataset.examples()) : dataset.examples()),
        labels_(cells_),
        scratch_(cells_),
        tracks_(static_cast<size_t>(wanted_)) {
    rule_.margin = options.halt_margin;
  }

  size_t size() const { return tracks_.size(); }
  uint64_t done() const { return done_; }

  ExampleHeader load(size_t index, std::span<int32_t> tokens) {
    const int64_t example = example_of(index);
    dataset_.read(example, tokens, labels_);
    return {.identifier = dataset_.identifier_of(dataset_.puzzle_of(example)),
            .seed = derive_seed(options_.seed, {static_cast<uint64_t>(example), 0})};  // as the evaluator's first view
  }

  void observe(const SegmentEvent& event) {
    for (size_t slot = 0; slot < event.examples.size(); ++slot) {
      Track& track = tracks_[event.examples[slot]];
      const int64_t segment = event.segments[slot];
      const bool at_depth = std::ranges::binary_search(depths_, segment);
      const bool halts =
          track.halted == 0 && asks_to_halt(rule_, {event.output.q_halt[slot], event.output.q_continue[slot]});
      if (!at_depth && !halts) continue;
      const bool right = is_right(track, event, slot);
      if (halts) {
        track.halted = segment;
        track.right_at_halt = right;
      }
      if (!at_depth) continue;
      track.fixed.push_back(right);
      track.halting.push_back(track.halted > 0 ? track.right_at_halt : right);
      track.used.push_back(track.halted > 0 ? track.halted : segment);
      done_ += event.finished[slot];
    }
  }

  DepthBand band(std::string rating, std::span<const int64_t> numbers) const {
    DepthBand band{.rating = std::move(rating), .depths = {}};
    for (size_t i = 0; i < depths_.size(); ++i) {
      uint64_t fixed = 0, halting = 0, supervised = 0;
      std::vector<double> used;
      for (const int64_t number : numbers) {
        const Track& track = tracks_[static_cast<size_t>(number)];
        supervised += track.supervised;
        fixed += track.supervised && track.fixed[i];
        halting += track.supervised && track.halting[i];
        used.push_back(static_cast<double>(track.used[i]));
      }
      band.depths.push_back({.segments = depths_[i],
                             .fixed = share_of(fixed, supervised),
                             .halting = share_of(halting, supervised),
                             .used = mean_of(used)});
    }
    for (const int64_t number : numbers) {
      const Track& track = tracks_[static_cast<size_t>(number)];
      band.lost += track.supervised && !track.fixed.back() && std::ranges::find(track.fixed, 1) != track.fixed.end();
    }
    return band;
  }

  std::vector<DepthBand> bands() const {
    std::vector<int64_t> all(tracks_.size());
    std::iota(all.begin(), all.end(), 0);
    std::vector<DepthBand> bands = {band("all", all)};
    std::vector<std::optional<int32_t>> ratings;
    for (size_t i = 0; i < tracks_.size(); ++i) ratings.push_back(dataset_.rating_of(example_of(i)));
    for (const auto& [key, numbers] : group_by_rating(ratings)) bands.push_back(band(band_name(key), numbers));
    return bands;
  }

 private:
  int64_t example_of(size_t index) const { return static_cast<int64_t>(index) * dataset_.examples() / wanted_; }

  bool is_right(Track& track, const SegmentEvent& event, size_t slot) {
    dataset_.read(example_of(event.examples[slot]), scratch_, labels_);
    const auto answer = std::span(event.output.answers).subspan(slot * cells_, cells_);
    bool right = true;
    for (size_t cell = 0; cell < cells_; ++cell) {
      if (labels_[cell] == model::kIgnoreLabel) continue;
      track.supervised = true;
      right = right && labels_[cell] == answer[cell];
    }
    return right && track.supervised;
  }

  const puzzles::Dataset& dataset_;
  const std::span<const int64_t> depths_;
  const EvaluationOptions& options_;
  HaltingRule rule_;
  const size_t cells_;
  const int64_t wanted_;
  std::vector<int32_t> labels_, scratch_;
  std::vector<Track> tracks_;
  uint64_t done_ = 0;
};

std::string in_words(const Estimate& estimate) {
  return fmt::format("{:.4f} ({:.4f} .. {:.4f})", estimate.value, estimate.interval.low, estimate.interval.high);
}

}  // namespace

std::vector<int64_t> parse_depths(std::string_view text) {
  std::vector<int64_t> depths;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view entry = text.substr(begin, end - begin);
    int64_t depth = 0;
    const auto [stop, error] = std::from_chars(entry.data(), entry.data() + entry.size(), depth);
    if (error != std::errc() || stop != entry.data() + entry.size() || depth < 1 || depth > kMostSegments)
      throw bad_input("solving.depths", "--depths {}: '{}' is not a number of segments from 1 to {}", text, entry,
                      kMostSegments);
    if (!depths.empty() && depth <= depths.back())
      throw bad_input("solving.depths", "--depths {}: {} after {}; give them in ascending order", text, depth,
                      depths.back());
    depths.push_back(depth);
    begin = end + 1;
  }
  return depths;
}

DepthCurve depth_curve(model::Backend& backend, const puzzles::Dataset& dataset, std::span<const int64_t> depths,
                       const EvaluationOptions& options) {
  check_fit(backend.config(), dataset);
  if (options.limit < 0) throw bad_input("solving.depths", "limit {} is below 0", options.limit);
  CurveRun run(backend, dataset, depths, options);
  Progress progress("evaluating", run.size(), {.unit = "puzzles", .enabled = options.progress});
  const auto begin = std::chrono::steady_clock::now();
  DepthCurve curve;
  curve.complete = run_examples(
      backend, run.size(), [&](size_t index, std::span<int32_t> tokens) { return run.load(index, tokens); },
      {.segments = depths.back(), .halting = false, .batch = options.batch, .weights = options.weights},
      [&](const SegmentEvent& event) {
        run.observe(event);
        progress.update(run.done());
      });
  curve.seconds = seconds_since(begin);
  if (curve.complete) curve.bands = run.bands();
  return curve;
}

Json to_json(const DepthCurve& curve) {
  Json bands = Json::array();
  for (const DepthBand& band : curve.bands) {
    Json depths = Json::array();
    for (const DepthScores& scores : band.depths)
      depths.push_back({{"segments", scores.segments},
                        {"exact", to_json(scores.fixed)},
                        {"exact_halting", to_json(scores.halting)},
                        {"segments_used", to_json(scores.used)}});
    bands.push_back({{"rating", band.rating}, {"lost", band.lost}, {"depths", std::move(depths)}});
  }
  return {{"complete", curve.complete}, {"seconds", curve.seconds}, {"bands", std::move(bands)}};
}

std::string to_table(const DepthCurve& curve) {
  if (!curve.complete) return "interrupted: nothing was measured\n";
  std::string text;
  const auto add = std::back_inserter(text);
  for (const DepthBand& band : curve.bands) {
    fmt::format_to(add, "{}rating {}: {} puzzles, {} of them right at a smaller depth and wrong at the largest\n",
                   text.empty() ? "" : "\n", band.rating, band.depths.front().used.n, band.lost);
    fmt::format_to(add, "{:>8}   {:<26} {:<26} {}\n", "segments", "exact", "exact, halting", "segments used");
    for (const DepthScores& scores : band.depths)
      fmt::format_to(add, "{:>8}   {:<26} {:<26} {:.2f}\n", scores.segments, in_words(scores.fixed),
                     in_words(scores.halting), scores.used.value);
  }
  return text;
}

void save_depth_plot(const std::filesystem::path& path, const DepthCurve& curve) {
  std::vector<PlotSeries> series;
  for (const DepthBand& band : curve.bands) {
    PlotSeries& line = series.emplace_back();
    line.name = band.rating == "all" ? "all" : "rating " + band.rating;
    for (const DepthScores& scores : band.depths) {
      line.x.push_back(static_cast<double>(scores.segments));
      line.y.push_back(scores.fixed.value);
      if (band.rating != "all") continue;
      line.low.push_back(scores.fixed.interval.low);
      line.high.push_back(scores.fixed.interval.high);
    }
  }
  save_plot(path, series,
            {.title = "Exact answers by depth",
             .x_label = "segments",
             .y_label = "share",
             .log_x = true,
             .y_min = 0,
             .y_max = 1});
}

}  // namespace hrm::solving
