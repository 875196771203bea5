// One JSON object that holds many puzzles, as people and pandas write them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "puzzles/puzzle_source.h"

namespace hrm::puzzles {

// The rows of such an object, each an object with the fields of `file` (question_column, answer_column,
// rating_column); nullopt if it is a single row. The forms:
//   {"puzzles": [{"question": ...}, ...]}                           a list of rows, whatever its name
//   {"quizzes": ["53..7", ...], "solutions": [...]}                 a list a column
//   {"question": {"0": "53..7", ...}, "answer": {"0": ...}}         pandas to_json(): a column by the index of its rows
//   {"0": {"question": ...}, "1": ...}                              orient="index"
//   {"columns": ["question", ...], "index": [...], "data": [[...]]} orient="split"
// Throws bad_input naming `place` if columns have different lengths.
std::optional<std::vector<Json>> rows_of_table(const Json& object, const RecordFile& file, std::string_view place);

}  // namespace hrm::puzzles
