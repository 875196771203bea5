#include "reward/examples.h"

#include <algorithm>
#include <cmath>

#include "rows/read_solutions.h"
#include "rows/record_fields.h"
#include "rows/row_file.h"
#include "rows/solution_rows.h"

namespace hrm::reward {
namespace {

constexpr std::string_view kInExamples = "reward.examples";
constexpr std::string_view kOutcomeHead = "Question is as follows:\n";

class FileReader {
 public:
  FileReader(LayoutReader& reader, const ExampleOptions& options, language::ExampleSet& set)
      : reader_(reader), options_(options), set_(set) {}

  void record(rows::Format format, const Json& record, const std::string& place) {
    if (format == rows::Format::kRows) return row(record, place);
    rows::read_record({format, record, place}, rows::Neutral::kDrop, set_.counts,
                      [&](rows::LabeledSolution&& solution) {
                        if (reader_.layout().form == Form::kSteps) return whole(solution, place);
                        rows::settle_outcome(solution, {}, set_.counts);
                        rows::sound_rows(solution, reader_.layout().kind, set_.counts,
                                         [&](rows::Row&& made) { text(made.input, made.label, 0, place); });
                      });
  }

 private:
  void row(const Json& record, const std::string& place) {
    if (reader_.layout().form == Form::kSteps)
      throw bad_input(kInExamples,
                      "{}: rows of texts do not say where steps end, but layout {} reads whole solutions: give a file "
                      "of solutions with labels (hrm rows convert), or choose layout prompt",
                      place, name_of_enum(reader_.layout().name));
    const std::string input = rows::need_text(record, {"input"}, place);
    if (input.empty()) throw bad_input(kInExamples, "{}: field 'input' is empty", place);
    if (input.starts_with(kOutcomeHead) != (reader_.layout().kind == rows::Kind::kOutcome))
      throw bad_input(kInExamples, "{}: {} an outcome row, but the kind of the model is {}: choose it with --kind",
                      place, input.starts_with(kOutcomeHead) ? "is" : "is not", name_of_enum(reader_.layout().kind));
    const double label = rows::need_unit(rows::need_field(record, "label", place), "label", place);
    double trials = 0;
    if (options_.rules.loss == language::LossKind::kBetaBinomial) {
      const Json& count = rows::need_field(record, "trials", place);
      trials = count.is_number() ? count.get<double>() : 0;
      if (!(trials >= 1 && trials <= 1e6))
        throw bad_input(kInExamples, "{}: trials = {}: expected a number of rollouts of at least 1", place,
                        printable(count));
    }
    text(input, label, trials, place);
  }

  void text(std::string_view input, double label, double trials, const std::string& place) {
    const std::vector<int64_t> ids = reader_.row(input);
    add(ids, {target(std::ssize(ids) - 1, label, trials, place)}, place);
  }

  void whole(rows::LabeledSolution& solution, const std::string& place) {
    if (reader_.layout().kind == rows::Kind::kOutcome) return outcome(solution, place);
    const PlacedText read = reader_.solution(solution.question, solution.steps);
    std::vector<language::Target> targets;
    for (size_t i = solution.context; i < solution.steps.size(); ++i)
      if (solution.labels[i]) targets.push_back(target(read.places[i], *solution.labels[i], 0, place));
    if (targets.empty()) return set_.counts.drop("solution without a labeled step");
    add(read.ids, std::move(targets), place);
    if (reader_.layout().kind == rows::Kind::kHierarchical) pairs(solution, place);
  }

  // Beside the text of a solution two in which its steps are merged two by two, from the first or from the second on:
  // every pair of neighbors stands in one of them, with the label of the later step.
  void pairs(const rows::LabeledSolution& solution, const std::string& place) {
    std::vector<size_t> filled;
    for (size_t i = 0; i < solution.steps.size(); ++i)
      if (!solution.steps[i].empty()) filled.push_back(i);
    for (const size_t first : {0, 1}) {
      std::vector<std::string> steps;
      if (first == 1 && !filled.empty()) steps.push_back(solution.steps[filled[0]]);
      std::vector<std::pair<size_t, double>> labels;  // merged step, its label
      for (size_t i = first; i + 1 < filled.size(); i += 2) {
        const size_t later = filled[i + 1];
        steps.push_back(solution.steps[filled[i]] + reader_.layout().separator + solution.steps[later]);
        if (later >= solution.context && solution.labels[later])
          labels.emplace_back(steps.size() - 1, *solution.labels[later]);
      }
      if (labels.empty()) continue;
      const PlacedText read = reader_.solution(solution.question, steps);
      std::vector<language::Target> targets;
      for (const auto& [step, label] : labels) targets.push_back(target(read.places[step], label, 0, place));
      add(read.ids, std::move(targets), place);
    }
  }

  void outcome(rows::LabeledSolution& solution, const std::string& place) {
    rows::settle_outcome(solution, {}, set_.counts);
    if (!solution.complete) return set_.counts.drop("solution without a final answer");
    if (!solution.outcome) return set_.counts.drop("solution whose outcome is not known");
    if (solution.steps.empty()) return set_.counts.drop("empty solution");
    const PlacedText read = reader_.solution(solution.question, solution.steps);
    add(read.ids, {target(read.places.back(), *solution.outcome, 0, place)}, place);
  }

  language::Target target(int64_t position, double label, double trials, const std::string& place) const {
    language::Target made{.position = static_cast<int32_t>(position), .value = static_cast<float>(label)};
    const language::LossKind loss = options_.rules.loss;
    if (loss == language::LossKind::kBetaBinomial) {
      if (trials == 0)
        throw bad_input(kInExamples, "{}: loss beta_binomial needs rows with 'trials', the number of rollouts", place);
      made.trials = static_cast<float>(trials);
      made.value = static_cast<float>(std::round(label * trials));
    }
    if (loss != language::LossKind::kCrossEntropy) return made;
    if (options_.hard_from == 0 && label != 0 && label != 1)
      throw bad_input(kInExamples,
                      "{}: label {} is neither 0 nor 1: choose --loss soft_labels or squared_error, or set the "
                      "smallest label that counts as 1 (hard_from)",
                      place, label);
    const bool good = label == 1 || (options_.hard_from > 0 && label >= options_.hard_from);
    made.value = good ? 1.0F : 0.0F;
    if (!reader_.layout().good.empty()) made.value = static_cast<float>(good ? reader_.good() : reader_.bad());
    return made;
  }

  void add(const std::vector<int64_t>& ids, std::vector<language::Target> targets, const std::string& place) {
    set_.add({.ids = {ids.begin(), ids.end()}, .targets = std::move(targets)}, options_.rules, options_.drop_long,
             place);
  }

  LayoutReader& reader_;
  const ExampleOptions& options_;
  language::ExampleSet& set_;
};

}  // namespace

void read_examples(const std::filesystem::path& path, LayoutReader& reader, const ExampleOptions& options,
                   language::ExampleSet& set) {
  const size_t before = set.examples.size();
  FileReader file(reader, options, set);
  rows::for_each_record(path, {}, set.counts, [&](rows::Format format, const Json& record, const std::string& place) {
    file.record(format, record, place);
  });
  if (set.examples.size() == before)
    throw bad_input(kInExamples, "{}: nothing to learn: none of its records yields a row", path.string());
}

void take_row_settings(const std::filesystem::path& path, std::optional<rows::Kind>& kind,
                       std::optional<rows::Mode>& mode) {
  const std::filesystem::path meta = rows::meta_path(path);
  if (!std::filesystem::exists(meta)) return;
  const Json json = read_json(meta);
  const auto text = [&](const char* key) { return json.is_object() && json.contains(key) && json[key].is_string(); };
  if (!kind && text("kind")) kind = parse_enum<rows::Kind>(json["kind"].get<std::string>(), meta.string());
  if (!mode && text("mode")) mode = parse_enum<rows::Mode>(json["mode"].get<std::string>(), meta.string());
}

}  // namespace hrm::reward
