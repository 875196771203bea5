// Columns and fields by the names that people give them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::puzzles {

std::string folded_name(std::string_view name);  // small letters, without quotation marks and spaces

// The position of `wanted` in `names`; else, for the default name (question, answer), that of the only one of its usual
// other names (puzzle, quizzes, maze; solution, solutions). nullopt if there is none, or more than one.
std::optional<size_t> find_question_column(const std::vector<std::string>& names, std::string_view wanted);
std::optional<size_t> find_answer_column(const std::vector<std::string>& names, std::string_view wanted);

// "nan", "NA", "N/A", "null", "None" and nothing, as programs write a missing value.
bool is_missing_value(std::string_view text);

}  // namespace hrm::puzzles
