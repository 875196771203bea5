#include "solving/completion_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <numeric>

#include "base/clock.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "solving/fit.h"
#include "solving/rating_bands.h"

namespace hrm::solving {
namespace {

using puzzles::GuessOrder;
using Clock = std::chrono::steady_clock;

struct Examples {
  std::vector<puzzles::Tokens> questions, labels;
  std::vector<std::optional<int32_t>> ratings;
};

Examples read_examples(const puzzles::Dataset& dataset, int64_t limit) {
  if (limit < 0) throw bad_input("solving.complete", "limit {} is below 0", limit);
  const auto cells = static_cast<size_t>(dataset.metadata().seq_len);
  const int64_t wanted = limit > 0 ? std::min(limit, dataset.examples()) : dataset.examples();
  Examples all;
  for (int64_t number = 0; number < wanted; ++number) {
    const int64_t example = number * dataset.examples() / wanted;
    dataset.read(example, all.questions.emplace_back(cells), all.labels.emplace_back(cells));
    all.ratings.push_back(dataset.rating_of(example));
  }
  return all;
}

// What one way needed for each puzzle.
struct Way {
  std::string name;
  std::vector<double> to_answer, guesses, milliseconds;  // [n]; the first two are empty if they are not known

  void add(const Completion& completion) {
    to_answer.push_back(static_cast<double>(completion.search.guesses_to_answer));
    guesses.push_back(static_cast<double>(completion.search.guesses));
    milliseconds.push_back(completion.milliseconds);
  }

  WayScores scores(std::span<const int64_t> numbers) const {
    const auto of = [&](const std::vector<double>& all) {
      std::vector<double> some;
      for (const int64_t number : numbers)
        if (!all.empty()) some.push_back(all[static_cast<size_t>(number)]);
      return some;
    };
    const std::vector<double> in_all = of(guesses);
    return {.name = name,
            .guesses_to_answer = mean_of(of(to_answer)),
            .guesses = mean_of(in_all),
            .most_guesses = in_all.empty() ? 0 : static_cast<uint64_t>(std::ranges::max(in_all)),
            .milliseconds = mean_of(of(milliseconds))};
  }
};

class Study {
 public:
  Study(model::Backend& backend, const puzzles::Dataset& dataset, const StudyOptions& options)
      : backend_(backend),
        family_(dataset.family()),
        options_(options),
        examples_(read_examples(dataset, options.limit)) {}

  CompletionStudy run() {
    if (with_model() && without_model(GuessOrder::kFixed, "fixed") && without_model(GuessOrder::kRandom, "random") &&
        plain())
      report();
    else
      study_.complete = false;
    return std::move(study_);
  }

 private:
  bool with_model() {
    SolverOptions solver = options_.completion.solver;
    solver.probabilities = true;
    const auto begin = Clock::now();
    const SolverResult solved = solve(backend_, family_, examples_.questions, solver);
    study_.model_seconds = seconds_since(begin);
    if (!solved.complete) return false;
    CompletionResult completed = complete(backend_, family_, solved.solutions, options_.completion);
    study_.reduced_seconds = completed.model_seconds;
    Way& way = ways_.emplace_back(Way{.name = "model", .to_answer = {}, .guesses = {}, .milliseconds = {}});
    for (const Completion& completion : completed.completions) way.add(completion);
    completions_ = std::move(completed.completions);
    return completed.complete;
  }

  bool without_model(GuessOrder order, const char* name) {
    std::vector<SolvedPuzzle> open;
    for (const puzzles::Tokens& question : examples_.questions) {
      open.emplace_back().question = question;
      open.back().finished = true;
    }
    CompletionOptions options = options_.completion;
    options.order = order;
    const CompletionResult completed = complete(backend_, family_, open, options);
    Way& way = ways_.emplace_back(Way{.name = name, .to_answer = {}, .guesses = {}, .milliseconds = {}});
    for (const Completion& completion : completed.completions) way.add(completion);
    return completed.complete;
  }

  bool plain() {
    Way& way = ways_.emplace_back(Way{.name = "plain", .to_answer = {}, .guesses = {}, .milliseconds = {}});
    for (const puzzles::Tokens& question : examples_.questions) {
      if (interrupted()) return false;
      const auto begin = Clock::now();
      family_.solve(question);
      way.milliseconds.push_back(1e3 * seconds_since(begin));
    }
    return true;
  }

  StudyBand band(std::string rating, std::span<const int64_t> numbers) const {
    StudyBand band{.rating = std::move(rating), .by_model = {}, .ways = {}};
    const auto by_model = std::ranges::count_if(
        numbers, [&](int64_t number) { return completions_[static_cast<size_t>(number)].by_model; });
    band.by_model = share_of(static_cast<uint64_t>(by_model), numbers.size());
    for (const Way& way : ways_) band.ways.push_back(way.scores(numbers));
    return band;
  }

  void report() {
    study_.puzzles = std::ssize(completions_);
    study_.totals = totals_of(completions_);
    uint64_t judged = 0, equal = 0;
    for (size_t i = 0; i < completions_.size(); ++i) {
      if (completions_[i].search.answers != puzzles::Answers::kOne) continue;
      ++judged;
      equal += std::ranges::equal(completions_[i].search.answer, examples_.labels[i], [](int32_t cell, int32_t label) {
        return label == model::kIgnoreLabel || cell == label;
      });
    }
    study_.stored = share_of(equal, judged);
    std::vector<int64_t> all(completions_.size());
    std::iota(all.begin(), all.end(), 0);
    study_.bands.push_back(band("all", all));
    for (const auto& [key, numbers] : group_by_rating(examples_.ratings))
      study_.bands.push_back(band(band_name(key), numbers));
  }

  model::Backend& backend_;
  const puzzles::Family& family_;
  const StudyOptions& options_;
  const Examples examples_;
  std::vector<Way> ways_;
  std::vector<Completion> completions_;  // of the way "model"
  CompletionStudy study_;
};

std::string in_words(const Estimate& estimate, int digits) {
  if (estimate.n == 0) return "-";
  return fmt::format("{:.{}f} ({:.{}f} .. {:.{}f})", estimate.value, digits, estimate.interval.low, digits,
                     estimate.interval.high, digits);
}

}  // namespace

CompletionStudy study_completion(model::Backend& backend, const puzzles::Dataset& dataset,
                                 const StudyOptions& options) {
  check_completable(dataset.family());
  check_fit(backend.config(), dataset.family());
  return Study(backend, dataset, options).run();
}

Json to_json(const CompletionStudy& study) {
  Json json = {{"complete", study.complete}};
  if (!study.complete) return json;
  const CompletionTotals& totals = study.totals;
  json.update({{"puzzles", study.puzzles},
               {"solved_by_model", totals.by_model},
               {"completed_by_search", totals.by_search},
               {"without_solution", totals.none},
               {"with_several_solutions", totals.several},
               {"equal_to_stored_answer", to_json(study.stored)},
               {"model_runs", totals.model_runs},
               {"model_seconds", study.model_seconds},
               {"reduced_seconds", study.reduced_seconds},
               {"bands", Json::array()}});
  for (const StudyBand& band : study.bands) {
    Json ways = Json::object();
    for (const WayScores& way : band.ways) {
      ways[way.name] = {{"milliseconds", to_json(way.milliseconds)}};
      if (way.guesses.n == 0) continue;
      ways[way.name].update({{"guesses_to_answer", to_json(way.guesses_to_answer)},
                             {"guesses", to_json(way.guesses)},
                             {"most_guesses", way.most_guesses}});
    }
    json["bands"].push_back({{"rating", band.rating}, {"solved_by_model", to_json(band.by_model)}, {"ways", ways}});
  }
  return json;
}

std::string to_table(const CompletionStudy& study) {
  if (!study.complete) return "interrupted: nothing was measured\n";
  std::string text = fmt::format("{} puzzles: {}\n", study.puzzles, in_words(study.totals));
  const auto add = std::back_inserter(text);
  const auto n = static_cast<double>(std::max<int64_t>(1, study.puzzles));
  fmt::format_to(add, "puzzles with one solution that equals the stored answer: {} of {}\n",
                 static_cast<uint64_t>(study.stored.value * static_cast<double>(study.stored.n) + 0.5), study.stored.n);
  fmt::format_to(add,
                 "time of the model: {:.1f} ms per puzzle for the first run, {:.1f} ms for runs on reduced puzzles\n",
                 1e3 * study.model_seconds / n, 1e3 * study.reduced_seconds / n);
  for (const StudyBand& band : study.bands) {
    fmt::format_to(add, "\nrating {}: {} puzzles, solved by the model {}\n", band.rating, band.by_model.n,
                   in_words(band.by_model, 4));
    fmt::format_to(add, "{:<8} {:<28} {:<28} {:>8}   ms of search\n", "", "guesses to the answer", "guesses in all",
                   "most");
    for (const WayScores& way : band.ways)
      fmt::format_to(add, "{:<8} {:<28} {:<28} {:>8}   {}\n", way.name, in_words(way.guesses_to_answer, 2),
                     in_words(way.guesses, 2), way.guesses.n == 0 ? "-" : std::to_string(way.most_guesses),
                     in_words(way.milliseconds, 3));
  }
  return text;
}

}  // namespace hrm::solving
