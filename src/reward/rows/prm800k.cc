#include "rows/prm800k.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "base/utf8.h"
#include "rows/step_text.h"

namespace hrm::rows {
namespace {

const Json& field(const Json& object, std::string_view name, const std::string& place) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  if (!object.is_object() || at == object.end())
    throw bad_input("rows.prm800k", "{}: field '{}' is missing", place, name);
  return *at;
}

RatedText parse_candidate(const Json& json, const std::string& place) {
  RatedText candidate{json_field<std::string>(json, "text", place), std::nullopt};
  const Json& rating = field(json, "rating", place);
  if (rating.is_null()) return candidate;
  if (!rating.is_number() || (rating != -1 && rating != 0 && rating != 1))
    throw bad_input("rows.prm800k", "{}: field 'rating' = {}: expected -1, 0, 1 or null", place,
                    printable(rating).substr(0, 40));
  candidate.rating = static_cast<int>(rating.get<double>());
  return candidate;
}

RatedStep parse_step(const Json& json, const std::string& place) {
  RatedStep step;
  const Json& candidates = field(json, "completions", place);
  if (!candidates.is_array() && !candidates.is_null())
    throw bad_input("rows.prm800k", "{}: field 'completions' is not a list", place);
  for (size_t i = 0; i < candidates.size(); ++i)
    step.candidates.push_back(parse_candidate(candidates[i], fmt::format("{}, completion {}", place, i)));
  const Json& human = field(json, "human_completion", place);
  if (human.is_string()) step.human = human.get<std::string>();
  // Tables keep a field that is an object in one record as one of nulls in the others.
  if (human.is_object() && !field(human, "text", place + ", human_completion").is_null())
    step.human = json_field<std::string>(human, "text", place + ", human_completion");
  const Json& chosen = field(json, "chosen_completion", place);
  if (chosen.is_null()) return step;
  const double number = chosen.is_number() ? chosen.get<double>() : -1;  // 0.0 is what tables make of it
  if (!(number >= 0 && number < static_cast<double>(step.candidates.size())) || number != std::floor(number))
    throw bad_input("rows.prm800k",
                    "{}: field 'chosen_completion' = {}: expected null or the number of one of {} completions", place,
                    printable(chosen).substr(0, 40), step.candidates.size());
  step.chosen = static_cast<size_t>(number);
  return step;
}

// Candidates of that rating, as texts.
std::vector<std::string> rated(const RatedStep& step, int rating) {
  std::vector<std::string> texts;
  for (const RatedText& candidate : step.candidates)
    if (candidate.rating == rating) texts.push_back(candidate.text);
  return texts;
}

void process_rows(const Prm800kRecord& record, int rating, bool merged, const RowSink& emit) {
  std::vector<std::string> path;
  for (const RatedStep& step : record.steps) {
    const std::string previous = join(path, kBlankLine);
    for (const std::string& text : rated(step, rating)) {
      const double label = rating > 0;
      emit({step_prompt(record.question, previous, text, Mode::kFaithful), label});
      if (!merged || path.empty()) continue;
      const std::string before = join(std::span(path).first(path.size() - 1), kBlankLine);
      const std::string both = path.back() + std::string(kBlankLine) + text;
      emit({step_prompt(record.question, before, both, Mode::kFaithful), label});
    }
    path.push_back(*step.continuation());
  }
}

using Path = std::vector<std::string>;

// The authors' wrong solutions: see faithful_human_rows().
std::vector<Path> wrong_paths(const Prm800kRecord& record, const Path& chosen, size_t correct) {
  std::vector<Path> paths{chosen};
  for (size_t i = chosen.size(); i-- > 0;) {
    const std::vector<std::string> wrong = rated(record.steps[i], -1);
    if (wrong.empty()) return i + 1 == chosen.size() ? std::vector<Path>() : paths;
    std::vector<Path> next;
    for (const Path& path : paths)
      for (const std::string& text : wrong) {
        next.push_back(path);
        next.back()[i] = text;
      }
    paths = std::move(next);
    if (paths.size() > 4 * correct) break;  // enough
  }
  return paths;
}

void outcome_rows(const Prm800kRecord& record, const RowSink& emit) {
  Path chosen;
  for (const RatedStep& step : record.steps) chosen.push_back(*step.continuation());
  std::set<std::string> right{join(chosen, kBlankLine)}, wrong;
  const std::vector<std::string> last = rated(record.steps.back(), 1);
  Path path = chosen;
  for (const std::string& text : last) {
    path.back() = text;
    right.insert(join(path, kBlankLine));
  }
  for (const Path& bad : wrong_paths(record, chosen, 1 + last.size())) wrong.insert(join(bad, kBlankLine));
  for (const std::string& text : right) emit({outcome_prompt(record.question, text, Mode::kFaithful), 1});
  for (const std::string& text : wrong) emit({outcome_prompt(record.question, text, Mode::kFaithful), 0});
}

}  // namespace

const std::string* RatedStep::continuation() const {
  if (chosen) return &candidates[*chosen].text;
  return human ? &*human : nullptr;
}

Prm800kRecord parse_prm800k(const Json& record, std::string_view source) {
  const std::string place(source);
  Prm800kRecord parsed;
  const Json& question = field(record, "question", place);
  parsed.question = json_field<std::string>(question, "problem", place + ", question");
  for (const char* name : {"ground_truth_answer", "pre_generated_answer"})
    if (parsed.gold.empty() && question.contains(name) && question[name].is_string())
      parsed.gold = question[name].get<std::string>();
  const Json& label = field(record, "label", place);
  parsed.finish_reason = json_field<std::string>(label, "finish_reason", place + ", label");
  const Json& steps = field(label, "steps", place + ", label");
  if (!steps.is_array()) throw bad_input("rows.prm800k", "{}: field 'label.steps' is not a list", place);
  for (size_t i = 0; i < steps.size(); ++i)
    parsed.steps.push_back(parse_step(steps[i], fmt::format("{}, step {}", place, i)));
  return parsed;
}

std::optional<double> label_of(std::optional<int> rating, Neutral neutral) {
  if (!rating) return std::nullopt;
  if (*rating != 0) return *rating > 0;
  if (neutral == Neutral::kDrop) return std::nullopt;
  return neutral == Neutral::kPositive;
}

std::optional<std::string> prm800k_answer(std::string_view step) {
  constexpr std::string_view kHeading = "# Answer";
  const size_t at = step.rfind(kHeading);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view answer = strip(step.substr(at + kHeading.size()));
  return answer.empty() ? std::nullopt : std::optional<std::string>(answer);
}

void prm800k_solutions(const Prm800kRecord& record, Neutral neutral, ConversionCounts& counts,
                       const SolutionSink& emit) {
  if (record.is_abandoned()) return counts.drop("record abandoned by its labeler");
  LabeledSolution path{.id = record.id, .question = record.question, .gold = record.gold};
  for (const RatedStep& step : record.steps) {
    for (const RatedText& candidate : step.candidates) {
      const auto label = label_of(candidate.rating, neutral);
      if (!label) {
        counts.drop(candidate.rating ? "neutral step" : "step without a rating");
        continue;
      }
      LabeledSolution solution = path;
      solution.context = path.steps.size();
      solution.steps.push_back(candidate.text);
      solution.labels.push_back(label);
      solution.answer = prm800k_answer(candidate.text);
      solution.complete = solution.answer.has_value();
      emit(std::move(solution));
    }
    const std::string* text = step.continuation();
    if (!text) return;
    path.steps.push_back(*text);
    path.labels.push_back(step.chosen ? label_of(step.candidates[*step.chosen].rating, neutral) : 1.0);
  }
}

void faithful_human_rows(const Prm800kRecord& record, Kind kind, ConversionCounts& counts, const RowSink& emit) {
  if (record.is_abandoned()) return counts.drop("record abandoned by its labeler");
  if (record.steps.empty() || !std::ranges::all_of(record.steps, [](auto& step) { return step.continuation(); }))
    return counts.drop("record whose chosen path breaks off");
  if (kind == Kind::kOutcome) {
    if (rated(record.steps.back(), 1).empty()) return counts.drop("record without a right last step");
    return outcome_rows(record, emit);
  }
  for (const int rating : {1, -1}) process_rows(record, rating, kind == Kind::kHierarchical, emit);
}

}  // namespace hrm::rows
