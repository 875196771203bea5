#include "grading/grade_records.h"

#include <string>
#include <vector>

#include "base/threads.h"

namespace hrm::grading {
namespace {

std::optional<Extraction> answer_in(const std::string& text, std::optional<AnswerFormat> format, Profile profile) {
  if (!format) return Extraction{text, std::nullopt};
  const bool heading = profile == Profile::kSound && format == AnswerFormat::kHrm;
  return extract_from_solution(text, heading ? AnswerFormat::kHeading : *format);
}

// Wrong in both readings of the solution's end, or in the only one.
Explained explain_readings(const Extraction& given, std::string_view gold, const GradeOptions& options) {
  const Explained first = explain(given.answer, gold, options);
  if (first.verdict != Verdict::kWrong || !given.other) return first;
  return grade(*given.other, gold, options) == Verdict::kWrong ? first : Explained{Verdict::kUndecided, "two readings"};
}

}  // namespace

RecordVerdict grade_record(Json& record, const RecordOptions& options, std::string_view place) {
  const auto answer = [&](const char* field, std::optional<AnswerFormat> format) {
    return answer_in(json_field<std::string>(record, field, place), format, options.grade.profile);
  };
  const auto given = answer("given", options.extract), gold = answer("gold", options.extract_gold);
  Explained result{Verdict::kUndecided, "no gold answer found"};
  if (gold && given) result = explain_readings(*given, gold->answer, options.grade);
  if (gold && !given) result = {Verdict::kWrong, "no answer found"};
  if (options.extract) record["answer"] = given ? Json(given->answer) : Json(nullptr);
  record["verdict"] = std::string(name_of(result.verdict));
  if (options.explain) record["decided_by"] = std::string(result.decided_by);
  return {.verdict = result.verdict, .answered = given.has_value()};
}

void RecordCounts::add(const RecordVerdict& verdict) {
  ++verdicts[static_cast<size_t>(verdict.verdict)];
  unanswered += !verdict.answered;
}

Json RecordCounts::to_json() const {
  Json json = {{"pairs", pairs()}};
  for (const Verdict verdict : {Verdict::kCorrect, Verdict::kWrong, Verdict::kUndecided})
    json[std::string(name_of(verdict))] = of(verdict);
  json["unanswered"] = unanswered;
  return json;
}

void grade_records(std::span<Json> records, const RecordOptions& options, size_t threads, RecordCounts& counts) {
  std::vector<RecordVerdict> verdicts(records.size());
  parallel_for(records.size(), threads,
               [&](size_t i) { verdicts[i] = grade_record(records[i], options, fmt::format("record {}", i)); });
  for (const RecordVerdict& verdict : verdicts) counts.add(verdict);
}

}  // namespace hrm::grading
