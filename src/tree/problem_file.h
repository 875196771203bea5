// Problems to grow trees for, from the field's files: JSON lines (or one array), plain or compressed, with
//   question | problem        the text
//   gold | answer | solution  the gold answer; of a worked solution what stands behind "####" (GSM8K) or in the last
//                             \boxed{} (MATH)
//   id | unique_id            where missing, a hash of the question
#pragma once

#include <filesystem>
#include <vector>

#include "formats/jsonl.h"
#include "tree/store_record.h"

namespace hrm::tree {

// Throws bad_input naming file, line and field.
Problem problem_from_json(const Json& json, const std::string& place);

// Repeated problems are taken once. limit: at most so many, 0: all. bad: filled where skip_bad.
std::vector<ProblemRecord> read_problems(const std::filesystem::path& path, uint64_t limit, bool skip_bad,
                                         BadLines& bad);

}  // namespace hrm::tree
