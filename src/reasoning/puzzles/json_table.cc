#include "puzzles/json_table.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "puzzles/columns.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInJsonTable = "puzzles.read_records";

bool all_objects(const Json& list) {
  return list.is_structured() && !list.empty() &&
         std::ranges::all_of(list, [](const Json& value) { return value.is_object(); });
}

bool is_index(const std::string& key) { return !key.empty() && key.find_first_not_of("0123456789") == key.npos; }

// An object whose keys are 0, 1, 2 ..., or other row numbers.
bool is_by_index(const Json& value) {
  return value.is_object() && !value.empty() &&
         std::ranges::all_of(value.items(), [](const auto& item) { return is_index(item.key()); });
}

// Characters of a text, numbers and texts of a list.
size_t cells_in(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  if (!value.is_array()) return 1;
  size_t cells = 0;
  for (const Json& inner : value) cells += cells_in(inner);
  return cells;
}

bool is_grid(const Json& value) {  // a list of lists
  return value.is_array() && !value.empty() && value.front().is_array();
}

// Is each element a whole puzzle, rather than a row of one?
bool holds_puzzles(const Json& list, const std::string& name) {
  if (!list.is_array() || list.empty()) return false;
  if (std::ranges::all_of(list, is_grid)) return true;
  const size_t cells = cells_in(list.front());
  if (!std::ranges::all_of(list, [&](const Json& value) { return value.is_structured() || value.is_string(); }) ||
      !std::ranges::all_of(list, [&](const Json& value) { return cells_in(value) == cells; }))
    return false;
  if (cells == list.size()) return false;  // the rows of a square
  if (cells == 81 || cells == 256 || cells == 900) return true;
  const bool plural = name.ends_with('s');
  return plural && (cells == 16 || cells == 36);
}

struct Columns {
  std::string question, answer, rating;  // their names in the object; empty if they are not there
};

Columns columns_of(const Json& object, const RecordFile& file) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  Columns columns;
  if (const auto at = find_question_column(names, file.question_column)) columns.question = names[*at];
  if (const auto at = find_answer_column(names, file.answer_column)) columns.answer = names[*at];
  if (columns.answer == columns.question) columns.answer.clear();
  if (object.contains(file.rating_column)) columns.rating = file.rating_column;
  return columns;
}

// One row per element of the question's column; `take` finds that of another column, nullptr if it has none.
template <typename Take>
Json row_of(const Json& object, const Columns& columns, const RecordFile& file, const Take& take) {
  Json row = Json::object();
  for (const auto& [from, to] : {std::pair(&columns.question, &file.question_column),
                                 {&columns.answer, &file.answer_column},
                                 {&columns.rating, &file.rating_column}})
    if (!from->empty())
      if (const Json* value = take(object.at(*from), *from)) row[*to] = *value;
  return row;
}

std::vector<Json> rows_by_index(const Json& object, const Columns& columns, const RecordFile& file) {
  std::vector<Json> rows;
  for (const auto& [index, question] : object.at(columns.question).items())
    rows.push_back(row_of(object, columns, file, [&](const Json& column, const std::string&) -> const Json* {
      const auto at = column.is_object() ? column.find(index) : column.end();
      return at == column.end() ? nullptr : &*at;
    }));
  return rows;
}

std::vector<Json> rows_of_lists(const Json& object, const Columns& columns, const RecordFile& file,
                                std::string_view place) {
  const size_t count = object.at(columns.question).size();
  std::vector<Json> rows;
  for (size_t i = 0; i < count; ++i)
    rows.push_back(row_of(object, columns, file, [&](const Json& column, const std::string& name) -> const Json* {
      if (!column.is_array() || column.size() != count)
        throw bad_input(kInJsonTable, "{}: '{}' is a list of {} puzzles, but '{}' is {}", place, columns.question,
                        count, name, column.is_array() ? fmt::format("one of {}", column.size()) : "no list");
      return &column[i];
    }));
  return rows;
}

std::vector<Json> rows_of_split(const Json& object, std::string_view place) {
  const Json& names = object.at("columns");
  std::vector<Json> rows;
  for (const Json& values : object.at("data")) {
    if (!values.is_array() || values.size() != names.size())
      throw bad_input(kInJsonTable, "{}: row {} of 'data' has not the {} values of 'columns'", place, rows.size() + 1,
                      names.size());
    Json row = Json::object();
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i].is_string()) row[names[i].get<std::string>()] = values[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Json> elements_of(const Json& list) {
  std::vector<Json> rows;
  for (const Json& row : list) rows.push_back(row);
  return rows;
}

}  // namespace

std::optional<std::vector<Json>> rows_of_table(const Json& object, const RecordFile& file, std::string_view place) {
  const Columns columns = columns_of(object, file);
  if (!columns.question.empty()) {
    const Json& question = object.at(columns.question);
    if (question.is_array() && all_objects(question)) return elements_of(question);
    if (is_by_index(question)) return rows_by_index(object, columns, file);
    if (holds_puzzles(question, folded_name(columns.question))) return rows_of_lists(object, columns, file, place);
    return std::nullopt;
  }
  if (object.contains("columns") && object.contains("data") && object["columns"].is_array() &&
      object["data"].is_array())
    return rows_of_split(object, place);
  if (is_by_index(object) && all_objects(object)) return elements_of(object);
  const Json* found = nullptr;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_array() || !all_objects(value) || name == "fields") continue;
    if (found) return std::nullopt;  // "train" and "test": which?
    found = &value;
  }
  return found ? std::optional(elements_of(*found)) : std::nullopt;
}

}  // namespace hrm::puzzles
