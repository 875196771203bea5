#include "selection/step_truth.h"

#include <algorithm>
#include <unordered_map>

#include "selection/record_fields.h"

namespace hrm::selection {
namespace {

// Flags, or for `label` a step.
bool has_own_form(const Json& value, TruthField field) {
  if (field == TruthField::kLabel) return value.is_number_integer();
  return value.is_array() && std::ranges::all_of(value, [](const Json& flag) {
           return flag.is_null() || flag.is_boolean() || flag == 0 || flag == 1;
         });
}

// The first field that the record has of those asked for; nullptr without one. other: one of another form is passed
// over.
const Json* find_truth(const Json& record, TruthField wanted, bool other, TruthField& found) {
  for (const TruthField field : {TruthField::kOnTrack, TruthField::kValid, TruthField::kLabels, TruthField::kLabel})
    if (wanted == TruthField::kFirst || wanted == field)
      if (const Json* value = find_any(record, {name_of_enum(field)});
          value && (!other || has_own_form(*value, field))) {
        found = field;
        return value;
      }
  return nullptr;
}

std::vector<std::optional<bool>> truth_of(const Json& record, const JudgedOptions& options, size_t steps,
                                          const std::string& place) {
  const TruthField wanted = options.truth;
  TruthField found = wanted;
  const Json* value =
      options.only_other ? nullptr : find_truth(record, wanted, options.other && wanted == TruthField::kFirst, found);
  if (!value && options.other && wanted == TruthField::kFirst) {
    std::vector<std::optional<bool>> right = options.other(record, place);
    if (right.size() != steps)
      throw bad_input("step_truth.read", "{}: {} steps with labels, but {} scores", place, right.size(), steps);
    return right;
  }
  if (!value)
    throw bad_input("step_truth.read", "{}: no ground truth for the steps: expected {}", place,
                    wanted == TruthField::kFirst ? "'on_track', 'valid', 'labels' or 'label'"
                                                 : fmt::format("'{}'", name_of_enum(wanted)));
  const std::string_view name = name_of_enum(found);
  std::vector<std::optional<bool>> right;
  if (found == TruthField::kLabel) {
    const auto wrong = json_field<int64_t>(record, "label", place);
    if (wrong < -1 || wrong >= static_cast<int64_t>(steps))
      throw bad_input("step_truth.read", "{}: field 'label' = {}: expected -1 or a step from 0 to {}", place, wrong,
                      static_cast<int64_t>(steps) - 1);
    for (int64_t i = 0; i < static_cast<int64_t>(steps); ++i)
      right.push_back(wrong < 0 || i < wrong ? std::optional(true) : i == wrong ? std::optional(false) : std::nullopt);
    return right;
  }
  if (!value->is_array() || value->size() != steps)
    throw bad_input("step_truth.read", "{}: field '{}' is not a list of {} flags, one for each scored step", place,
                    name, steps);
  for (const Json& flag : *value)
    right.push_back(flag.is_null() ? std::nullopt : std::optional(flag_of(flag, name, place)));
  return right;
}

std::string domain_of(const Json& record, const std::string& by, const std::string& place) {
  const Json* value = find_any(record, {by});
  if (!value) return "";
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number() || value->is_boolean()) return printable(*value);
  throw bad_input("step_truth.read", "{}: field '{}' = {}: expected a text, a number or a flag to split by", place, by,
                  printable(*value).substr(0, 60));
}

}  // namespace

JudgedData read_judged(const ScoredSource& given, const JudgedOptions& options) {
  ScoredSource source = given;
  source.inherited = options.by;
  JudgedData data;
  const auto take = [&](ScoredSteps scored, const Json& record, const std::string& place) {
    const size_t count = scored.scores.front().size();
    ScoredTruth solution{.problem = std::move(scored.problem),
                         .domain = domain_of(record, options.by, place),
                         .right = truth_of(record, options, count, place),
                         .scores = std::move(scored.scores)};
    if (const Json* steps = find_any(record, {"steps"})) {
      if (steps->size() != count)
        throw bad_input("step_truth.read", "{}: {} steps, but {} scores", place, steps->size(), count);
      if (!options.other || (!steps->empty() && steps->front().is_string()))  // else objects, of which `other` knows
        solution.steps = json_field<std::vector<std::string>>(record, "steps", place);
    }
    if (find_any(record, {"case"})) solution.probe_case = json_field<std::string>(record, "case", place);
    if (find_any(record, {"probe_step"})) {
      const auto step = json_field<int64_t>(record, "probe_step", place);
      if (step < 0 || step >= static_cast<int64_t>(count))
        throw bad_input("step_truth.read", "{}: field 'probe_step' = {}: expected a step from 0 to {}", place, step,
                        count - 1);
      solution.probe_step = static_cast<size_t>(step);
    }
    data.solutions.push_back(std::move(solution));
  };
  ScoredResult result = read_scored(source, take);
  data.scorers = std::move(result.scorers);
  data.bad = std::move(result.bad);
  const auto named = [](const ScoredTruth& solution) { return !solution.domain.empty(); };
  if (options.need_by && std::ranges::none_of(data.solutions, named))
    throw bad_input("step_truth.read", "{}: no record has a field '{}' to split the measures by",
                    source.solutions.string(), options.by);
  return data;
}

std::vector<size_t> number_problems(const JudgedData& data, size_t& problems) {
  std::unordered_map<std::string_view, size_t> numbers;
  std::vector<size_t> of;
  for (const ScoredTruth& solution : data.solutions)
    of.push_back(numbers.emplace(solution.problem, numbers.size()).first->second);
  problems = numbers.size();
  return of;
}

}  // namespace hrm::selection
