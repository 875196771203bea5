#include "reward/evaluate.h"

#include <chrono>
#include <map>

#include "base/clock.h"
#include "base/files.h"
#include "base/progress.h"
#include "base/signals.h"
#include "rows/read_solutions.h"
#include "rows/record_fields.h"
#include "selection/best_of_n.h"
#include "selection/prmbench.h"
#include "selection/processbench.h"
#include "selection/repair_probe.h"
#include "selection/step_measures.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;
using rows::Format;

constexpr std::string_view kInEvaluate = "reward.evaluate";

// The first record of a file, and its format where it is one of foreign data.
struct Sight {
  Json record;
  std::optional<Format> format;
};

Sight look_at(const fs::path& file, std::optional<Format> given) {
  JsonlReader lines(file, {.forgive_cut_end = false, .accept_array = true});
  if (!lines.next()) throw bad_input(kInEvaluate, "{}: contains no records", file.string());
  Sight sight{.record = lines.value(), .format = {}};
  if (!rows::find_field(sight.record, "candidates"))
    sight.format = given ? *given : rows::need_format(sight.record, lines.place());
  return sight;
}

class JsonLines {
 public:
  void add(const Json& record) { text_ += printable(record) + "\n"; }
  void write(const fs::path& path) const { write_file_atomic(path, text_); }

 private:
  std::string text_;
};

// Labeled solutions by question: {"id", "question", "candidates": [{"steps", "labels"}]}, in order of first
// appearance.
class Grouped {
 public:
  size_t record_of(const std::string& question) {
    const auto [at, fresh] = index_.emplace(question, records_.size());
    if (fresh)
      records_.push_back({{"id", std::to_string(at->second)}, {"question", question}, {"candidates", Json::array()}});
    return at->second;
  }
  Json& candidates(size_t record) { return records_[record]["candidates"]; }
  bool empty() const { return records_.empty(); }
  void write(const fs::path& path) const {
    JsonLines lines;
    for (const Json& record : records_) lines.add(record);
    lines.write(path);
  }

 private:
  std::map<std::string, size_t> index_;
  std::vector<Json> records_;
};

Json flag_of(const std::optional<double>& label) { return label ? Json(*label >= 0.5) : Json(nullptr); }

class Evaluator {
 public:
  Evaluator(const fs::path& file, Scorer& scorer, const fs::path& out, const EvaluateOptions& options)
      : file_(file),
        scorer_(scorer),
        out_(out),
        options_(options),
        is_root_(training::or_alone(options.processes).is_root()) {}

  Evaluation run() {
    const Sight sight = look_at(file_, options_.format);
    if (!options_.calibrate.empty() && sight.format != Format::kProcessBench)
      throw bad_input(kInEvaluate, "{}: a threshold is calibrated only for ProcessBench, and this is another format",
                      file_.string());
    if (!sight.format)
      candidates(sight.record["candidates"]);
    else if (*sight.format == Format::kProcessBench)
      processbench();
    else if (*sight.format == Format::kPrmBench)
      prmbench();
    else if (*sight.format == Format::kRows)
      text_rows();
    else
      labeled_solutions();
    return std::move(result_);
  }

 private:
  fs::path scored() const { return out_ / "scored.jsonl"; }
  ScoreFileOptions score_options() const {
    return {.skip_bad = options_.skip_bad,
            .progress = options_.progress,
            .think = options_.think,
            .processes = options_.processes};
  }
  selection::ScoredSource source() const { return source(scored()); }
  selection::ScoredSource source(const fs::path& path) const {
    return {.solutions = path, .scores = {}, .scorers = {scorer_.name()}, .skip_bad = options_.skip_bad, .id_of = {}};
  }

  // Whether this process goes on to measure.
  bool score(const fs::path& from, const fs::path& to) {
    JsonLines lines;
    ScoreFileReport report = score_file(from, scorer_, score_options(), [&](const Json& record) { lines.add(record); });
    if (!is_root_) return false;
    lines.write(to);
    result_.scored = std::move(report);
    return true;
  }

  void keep(const std::string& name, selection::MeasureReport report) {
    Json settings = {{"file", file_.string()}, {"model", scorer_.name()}};
    settings.update(report.settings);
    report.settings = std::move(settings);
    selection::write_report(out_ / name, report);
    result_.measures.push_back(std::move(report));
  }

  void steps() {
    keep("steps",
         selection::step_measures(selection::read_judged(source(), {.by = options_.by}),
                                  {.threshold = options_.threshold, .draws = options_.draws, .seed = options_.seed}));
  }

  void candidates(const Json& list) {
    const Json first = list.is_array() && !list.empty() ? list.front() : Json();
    const auto has = [&](const char* field) { return rows::find_field(first, field) != nullptr; };
    const bool answers = has("correct") || has("answer"), probe = has("case");
    const bool truth = has("on_track") || has("valid") || has("labels");
    if (!answers && !truth)
      throw bad_input(
          kInEvaluate,
          "{}: its candidates have neither correct or answer, nor on_track, valid or labels for their steps",
          file_.string());
    if (!score(file_, scored())) return;
    if (answers && !probe) {
      selection::SampledSolutions solutions = selection::read_solutions(
          scored(), {.scores = {}, .scorers = {scorer_.name()}, .skip_bad = options_.skip_bad, .grade = {}});
      result_.selection = selection::best_of_n(solutions, {.seed = options_.seed});
      selection::write_report(out_ / "bon", *result_.selection);
    }
    if (truth) steps();
    if (truth && probe)
      keep("repair",
           selection::repair_probe(selection::read_judged(source()),
                                   {.threshold = options_.threshold, .draws = options_.draws, .seed = options_.seed}));
  }

  void processbench() {
    const fs::path calibrated = out_ / "calibration.jsonl";
    if (!options_.calibrate.empty()) score(options_.calibrate, calibrated);
    if (!score(file_, scored())) return;
    selection::ProcessBenchOptions options{
        .threshold = options_.threshold, .draws = options_.draws, .seed = options_.seed};
    selection::FirstErrorData calibration;
    if (!options_.calibrate.empty()) {
      calibration = selection::read_processbench(source(calibrated));
      options.calibrate = &calibration;
    }
    keep("processbench", selection::processbench({selection::read_processbench(source())}, options));
  }

  void prmbench() {
    if (!score(file_, scored())) return;
    keep("prmbench",
         selection::prmbench(selection::read_prmbench(source()),
                             {.threshold = options_.threshold, .draws = options_.draws, .seed = options_.seed}));
  }

  rows::ReadOptions read_options() const {
    return {.format = options_.format, .neutral = rows::Neutral::kDrop, .skip_bad = options_.skip_bad};
  }

  void labeled_solutions() {
    Grouped grouped;
    rows::ConversionCounts counts;
    const auto take = [&](rows::LabeledSolution&& solution, const Json& record) {
      Json labels = Json::array();
      bool known = false;
      for (size_t i = 0; i < solution.labels.size(); ++i) {
        labels.push_back(i < solution.context ? Json(nullptr) : flag_of(solution.labels[i]));
        known = known || !labels.back().is_null();
      }
      if (!known) return;
      Json candidate = {{"steps", solution.steps}, {"labels", labels}};
      if (const Json* domain = rows::find_field(record, options_.by)) candidate[options_.by] = *domain;
      grouped.candidates(grouped.record_of(solution.question)).push_back(std::move(candidate));
    };
    const BadLines bad = rows::for_each_record(
        file_, read_options(), counts, [&](Format format, const Json& record, const std::string& place) {
          rows::read_record({format, record, place}, rows::Neutral::kDrop, counts,
                            [&](rows::LabeledSolution&& solution) { take(std::move(solution), record); });
        });
    if (grouped.empty()) throw bad_input(kInEvaluate, "{}: no step has a label", file_.string());
    const TemporaryFolder folder;  // of the other processes: the output is that of process 0
    const fs::path together = is_root_ ? scored() : folder.path() / "scored.jsonl";
    grouped.write(together);
    if (!score(together, scored())) return;
    for (const std::string& line : bad.messages) result_.scored.bad.add(line);
    steps();
  }

  // Rows are whole texts: a candidate of one step each.
  void text_rows() {
    const auto begin = std::chrono::steady_clock::now();
    Grouped grouped;
    rows::ConversionCounts counts;
    std::vector<PlacedText> texts;
    std::vector<std::pair<size_t, size_t>> places;  // record, candidate
    const bool fits = scorer_.reader().layout().form == Form::kPrompt;
    result_.scored.bad = rows::for_each_record(
        file_, read_options(), counts, [&](Format format, const Json& record, const std::string& place) {
          if (!fits)
            throw bad_input(kInEvaluate,
                            "{}: rows of texts do not say where steps end, but the model reads whole solutions", place);
          const std::string input = rows::need_text(record, {"input"}, place);
          const double label = rows::need_unit(rows::need_field(record, "label", place), "label", place);
          std::vector<int64_t> text = scorer_.reader().row(input);
          if (std::ssize(text) > scorer_.longest())
            throw bad_input(kInEvaluate,
                            "{}: a text of {} tokens exceeds the limit of {} tokens of {}: leave it out (--skip-bad)",
                            place, text.size(), scorer_.longest(), scorer_.name());
          const size_t index = grouped.record_of(rows::question_of_record(format, record, place));
          Json& candidates = grouped.candidates(index);
          candidates.push_back({{"labels", Json::array({label >= 0.5})}});
          if (const Json* domain = rows::find_field(record, options_.by)) candidates.back()[options_.by] = *domain;
          places.emplace_back(index, candidates.size() - 1);
          texts.push_back(placed_at_end(std::move(text)));
        });
    if (texts.empty()) throw bad_input(kInEvaluate, "{}: contains no row that can be scored", file_.string());
    const std::vector<double> scores = scored_in_parts(texts);
    if (!is_root_) return;
    for (size_t i = 0; i < texts.size(); ++i)
      grouped.candidates(places[i].first)[places[i].second]["scores"][scorer_.name()] = Json::array({scores[i]});
    grouped.write(scored());
    result_.scored.records = result_.scored.solutions = result_.scored.steps = texts.size();
    result_.scored.seconds = seconds_since(begin);
    steps();
  }

  // Empty in other processes than process 0.
  std::vector<double> scored_in_parts(const std::vector<PlacedText>& texts) {
    constexpr size_t kPart = 256;
    Progress progress("scoring", texts.size(), {.unit = "rows", .enabled = options_.progress && is_root_});
    ScoringTurns turns(scorer_, options_.processes);
    std::vector<double> all;
    for (size_t at = 0; at < texts.size(); at += kPart) {
      if (interrupted()) throw failure(kInEvaluate, "{}: interrupted", file_.string());
      const auto part = std::span(texts).subspan(at, std::min(kPart, texts.size() - at));
      turns.add({part.begin(), part.end()}, [&](const ScoringTurns::Result& result) {
        all.insert(all.end(), result.scores.begin(), result.scores.end());
        progress.update(all.size());
      });
    }
    turns.finish();
    result_.scored.work = turns.work();
    return all;
  }

  const fs::path& file_;
  Scorer& scorer_;
  const fs::path& out_;
  const EvaluateOptions& options_;
  const bool is_root_;
  Evaluation result_;
};

}  // namespace

Json Evaluation::to_json() const {
  Json json = {{"scored", scored.to_json()}, {"measures", Json::array()}};
  if (selection) json["selection"] = selection::to_json(*selection);
  for (const auto& report : measures) json["measures"].push_back(selection::to_json(report));
  return json;
}

std::string Evaluation::to_markdown() const {
  std::string text;
  if (selection) text += selection::to_markdown(*selection) + "\n";
  for (const auto& report : measures) text += selection::to_markdown(report) + "\n";
  return text;
}

Evaluation evaluate(const fs::path& file, Scorer& scorer, const fs::path& out, const EvaluateOptions& options) {
  if (training::or_alone(options.processes).is_root()) fs::create_directories(out);
  return Evaluator(file, scorer, out, options).run();
}

}  // namespace hrm::reward
