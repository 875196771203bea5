// Verdicts for records {"given", "gold"} of JSON, as `hrm grade` writes them, and their counts.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/json.h"
#include "grading/extract.h"
#include "grading/grade.h"

namespace hrm::grading {

struct RecordOptions {
  GradeOptions grade;
  // How to find the answer if a field is a whole solution; nullopt: the field is the answer. The sound profile
  // reads kHrm as kHeading, without the authors' losses.
  std::optional<AnswerFormat> extract, extract_gold;
  bool explain = false;  // add the rule that decided
};

struct RecordVerdict {
  Verdict verdict = Verdict::kUndecided;
  bool answered = true;  // an answer was found in "given"
};

// Adds "verdict" to the record, with `extract` also "answer" (null: not found), with `explain` also "decided_by". A
// missing answer is wrong; without a gold answer the verdict is undecided. Throws bad_input with `place` if "given" or
// "gold" is missing or not a text.
RecordVerdict grade_record(Json& record, const RecordOptions& options, std::string_view place);

struct RecordCounts {
  std::array<uint64_t, 3> verdicts{};  // by Verdict
  uint64_t unanswered = 0;

  void add(const RecordVerdict& verdict);
  uint64_t of(Verdict verdict) const { return verdicts[static_cast<size_t>(verdict)]; }
  uint64_t pairs() const { return of(Verdict::kCorrect) + of(Verdict::kWrong) + of(Verdict::kUndecided); }
  Json to_json() const;  // {"pairs", "correct", "wrong", "undecided", "unanswered"}
};

// The same for many records on several threads; 0: all processors.
void grade_records(std::span<Json> records, const RecordOptions& options, size_t threads, RecordCounts& counts);

}  // namespace hrm::grading
