// Problems to grow trees for, from the field's files: JSON lines (or one array), plain or compressed, with
//   question | problem | prompt | query   the text; a list of messages (verl, DAPO) is its user's message, and
//                                         extra_info.question if that message contains it
//   the gold answer                       gold, ground_truth, reward_model.ground_truth (verl) and their kin, answer or
//                                         solution; of a worked solution what follows "####" (GSM8K) or in the
//                                         last \boxed{} (MATH); of a list (OlympiadBench) its only entry
//   id | unique_id                        where missing, a hash of the question
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/jsonl.h"
#include "steps/tree.h"

namespace hrm::steps {

// Fields that hold the gold answer and nothing else.
inline constexpr std::array<std::string_view, 7> kGoldFields = {
    "gold",           "ground_truth",     "ground_truth_answer", "gold_answer",
    "correct_answer", "reference_answer", "expected_answer"};

// The question of a record; nullopt: it has none. Throws nothing.
std::optional<std::string> find_question(const Json& record);

// Throws bad_input naming file, line and field, also where two fields name different gold answers.
Problem problem_from_json(const Json& json, const std::string& place);

// Repeated problems are taken once. At most 512 MiB is held. limit: at most so many, 0: all. bad: filled where
// skip_bad.
std::vector<ProblemRecord> read_problems(const std::filesystem::path& path, uint64_t limit, bool skip_bad,
                                         BadLines& bad);

}  // namespace hrm::steps
