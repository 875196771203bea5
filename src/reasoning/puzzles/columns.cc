#include "puzzles/columns.h"

#include <algorithm>
#include <span>

namespace hrm::puzzles {
namespace {

constexpr std::string_view kQuestionNames[] = {"question", "puzzle",  "puzzles", "quiz",  "quizzes",
                                               "problem",  "maze",    "mazes",   "grid",  "grids",
                                               "sudoku",   "sudokus", "board",   "boards"};
constexpr std::string_view kAnswerNames[] = {"answer", "solution", "solutions", "answers"};

std::optional<size_t> find_column(const std::vector<std::string>& names, std::string_view wanted,
                                  std::span<const std::string_view> usual) {
  const auto find = [&](std::string_view name) {
    return std::ranges::find(names, folded_name(name), folded_name) - names.begin();
  };
  if (const auto at = find(wanted); at < std::ssize(names)) return at;
  std::optional<size_t> found;
  if (wanted != usual[0]) return found;
  for (const std::string_view name : usual)
    if (const auto at = find(name); at < std::ssize(names)) {
      if (found) return std::nullopt;
      found = at;
    }
  return found;
}

}  // namespace

std::string folded_name(std::string_view name) {
  std::string text;
  for (char c : name)
    if (c != '"' && c != '\'' && c != ' ' && c != '\r') text += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return text;
}

bool is_missing_value(std::string_view text) {
  constexpr std::string_view kMissing[] = {"", "nan", "<na>", "na", "n/a", "null", "none", "nat"};
  return std::ranges::find(kMissing, folded_name(text)) != std::end(kMissing);
}

std::optional<size_t> find_question_column(const std::vector<std::string>& names, std::string_view wanted) {
  return find_column(names, wanted, kQuestionNames);
}

std::optional<size_t> find_answer_column(const std::vector<std::string>& names, std::string_view wanted) {
  return find_column(names, wanted, kAnswerNames);
}

}  // namespace hrm::puzzles
