#include "rows/read_benchmarks.h"

#include "base/utf8.h"
#include "grading/extract.h"
#include "rows/record_fields.h"
#include "rows/step_text.h"

namespace hrm::rows {
namespace {

// A sampled solution as a text, an object, or one of OpenAI's choices.
void fill_completion(LabeledSolution& solution, const Json& item, std::string_view place) {
  if (item.is_string()) {
    solution.steps = split_steps(item.get_ref<const std::string&>());
  } else if (find_field(item, "steps")) {
    solution.steps = need_texts(item, "steps", place);
  } else {
    const Json* message = find_field(item, "message");
    solution.steps =
        split_steps(need_text(message ? *message : item, {"text", "content", "solution", "completion"}, place));
  }
  solution.labels.resize(solution.steps.size());
  if (!item.is_object()) return;
  solution.answer = find_text(item, {"answer", "predicted_answer"});
  solution.outcome = find_verdict(item, place);
}

// Steps before the first wrong one are right, nobody said anything about those after it. -1: none is wrong.
void label_until(LabeledSolution& solution, int64_t wrong, std::string_view name, std::string_view place) {
  const int64_t steps = static_cast<int64_t>(solution.steps.size());
  if (wrong < -1 || wrong >= steps)
    throw bad_input("rows.read", "{}: field '{}' = {}: expected -1 or a step from 0 to {}", place, name, wrong,
                    steps - 1);
  for (int64_t i = 0; i < steps; ++i)
    solution.labels.push_back(wrong < 0 || i < wrong ? std::optional(1.0)
                                                     : (i == wrong ? std::optional(0.0) : std::nullopt));
}

}  // namespace

LabeledSolution read_processbench(const Json& record, std::string_view place) {
  LabeledSolution solution;
  solution.id = find_text(record, {"id"}).value_or("");
  solution.question = need_text(record, {"problem", "question", "prompt"}, place);
  solution.steps = need_texts(record, "steps", place);
  label_until(solution, need_integer(need_field(record, "label", place), "label", place), "label", place);
  solution.outcome = find_verdict(record, place);
  return solution;
}

LabeledSolution read_bigbench(const Json& record, std::string_view place) {
  LabeledSolution solution;
  solution.question = need_text(record, {"input"}, place);
  solution.steps = need_texts(record, "steps", place);
  const Json& wrong = need_field(record, "mistake_index", place);
  label_until(solution, wrong.is_null() ? -1 : need_integer(wrong, "mistake_index", place), "mistake_index", place);
  solution.answer = find_text(record, {"answer"});
  solution.gold = find_text(record, {"target"}).value_or("");
  return solution;
}

LabeledSolution read_first_error(const Json& record, std::string_view place, int64_t from) {
  LabeledSolution solution;
  solution.id = find_text(record, {"id", "problem_id", "unique_id", "idx"}).value_or("");
  solution.question = need_question(record, place);
  solution.gold = find_gold(record);
  solution.steps = need_texts(record, "steps", place);
  const auto name = first_error_field(record);
  if (!name)
    throw bad_input("rows.read", "{}: no field with the first wrong step: expected 'first_error' or 'error_index'",
                    place);
  const Json& field = need_field(record, *name, place);
  const int64_t number = field.is_null() ? -1 : need_integer(field, *name, place);
  const int64_t steps = std::ssize(solution.steps);
  if (number < -1 || number >= steps + from)
    throw bad_input("rows.read", "{}: field '{}' = {}: expected -1 or null for none, or a step from {} to {}{}", place,
                    *name, number, from, steps - 1 + from,
                    from == 0 && number == steps ? "; does it count from 1 (--from first-error-1)?" : "");
  label_until(solution, number < from ? -1 : number - from, *name, place);
  solution.outcome = find_verdict(record, place);
  return solution;
}

LabeledSolution read_prmbench(const Json& record, std::string_view place, ConversionCounts& counts) {
  LabeledSolution solution;
  solution.id = find_text(record, {"idx"}).value_or("");
  solution.question = need_text(record, {"modified_question", "question"}, place);
  solution.gold = find_text(record, {"ground_truth"}).value_or("");
  solution.steps = need_texts(record, "modified_process", place);
  solution.labels.assign(solution.steps.size(), 1.0);
  const Json& errors = need_field(record, "error_steps", place);
  if (!errors.is_array()) throw bad_input("rows.read", "{}: field 'error_steps' is not a list", place);
  bool beyond = false;
  for (const Json& error : errors) {
    const int64_t step = need_integer(error, "error_steps", place);
    if (step < 1) throw bad_input("rows.read", "{}: field 'error_steps' has {}: steps count from 1", place, step);
    if (static_cast<uint64_t>(step) <= solution.steps.size())
      solution.labels[static_cast<size_t>(step) - 1] = 0.0;
    else
      beyond = true;
  }
  if (beyond) counts.note("PRMBench record that names a wrong step past its end");
  return solution;
}

LabeledSolution read_gsm8k(const Json& record, std::string_view place) {
  LabeledSolution solution;
  solution.question = need_text(record, {"question"}, place);
  const std::string answer = need_text(record, {"answer"}, place);
  const size_t mark = answer.rfind("####");
  if (mark == std::string::npos) throw bad_input("rows.read", "{}: field 'answer' has no line '#### <number>'", place);
  solution.gold = strip(std::string_view(answer).substr(mark + 4));
  solution.steps = split_lines(std::string_view(answer).substr(0, mark));
  solution.labels.resize(solution.steps.size());
  solution.answer = solution.gold;
  solution.outcome = 1;
  return solution;
}

LabeledSolution read_math(const Json& record, std::string_view place) {
  LabeledSolution solution;
  const std::optional<double> verdict = find_verdict(record, place);
  solution.id = find_text(record, {"unique_id", "id", "idx"}).value_or("");
  solution.question = need_text(record, {"problem", "question"}, place);
  const auto text = find_text(record, {"solution"});
  auto answer = find_text(record, {"answer", "final_answer"});
  if (!answer && text) answer = grading::extract_answer(*text, grading::AnswerFormat::kBoxed);
  solution.gold = answer.value_or("");
  if (!text) {
    solution.complete = false;
    return solution;
  }
  solution.steps = split_steps(*text);
  solution.labels.resize(solution.steps.size());
  solution.answer = answer;
  solution.outcome = verdict.value_or(1);
  return solution;
}

LabeledSolution read_kto(const Json& record, std::string_view place) {
  LabeledSolution solution;
  solution.question = need_question(record, place);
  const Json& completion = need_field(record, "completion", place);
  const bool is_talk = completion.is_array() && completion.size() == 1;
  fill_completion(solution, is_talk ? completion[0] : completion, place);
  solution.outcome = need_unit(need_field(record, "label", place), "label", place);
  return solution;
}

void read_completions(const Json& record, std::string_view place, const SolutionSink& emit) {
  LabeledSolution problem;
  problem.id = find_text(record, {"id", "problem_id", "unique_id", "idx"}).value_or("");
  problem.question = need_question(record, place);
  problem.gold = find_text(record, {"gold", "ground_truth", "final_answer", "reference_answer", "answer"}).value_or("");
  for (const std::string_view name : {"completions", "candidates", "choices"}) {
    const Json* list = find_field(record, name);
    if (!list) continue;
    if (!list->is_array()) throw bad_input("rows.read", "{}: field '{}' is not a list", place, name);
    for (size_t i = 0; i < list->size(); ++i) {
      LabeledSolution solution = problem;
      fill_completion(solution, (*list)[i], fmt::format("{}, {} {}", place, name, i));
      emit(std::move(solution));
    }
    return;
  }
  LabeledSolution solution = problem;
  fill_completion(solution, Json(need_text(record, {"completion", "response"}, place)), place);
  solution.outcome = find_verdict(record, place);
  emit(std::move(solution));
}

}  // namespace hrm::rows
