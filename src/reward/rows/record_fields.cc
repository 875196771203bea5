#include "rows/record_fields.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "steps/problem_file.h"

namespace hrm::rows {

const Json* find_field(const Json& record, std::string_view name) {
  if (!record.is_object()) return nullptr;
  const auto at = record.find(name);
  return at == record.end() ? nullptr : &*at;
}

const Json& need_field(const Json& record, std::string_view name, std::string_view place) {
  if (const Json* field = find_field(record, name)) return *field;
  throw bad_input("rows.read", "{}: field '{}' is missing", place, name);
}

std::optional<std::string> find_text(const Json& record, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const Json* field = find_field(record, name);
    if (field && field->is_string()) return field->get<std::string>();
    if (field && field->is_number()) return printable(*field);
  }
  return std::nullopt;
}

std::string need_text(const Json& record, std::initializer_list<std::string_view> names, std::string_view place) {
  if (auto text = find_text(record, names)) return *std::move(text);
  std::string wanted;
  for (const std::string_view name : names) wanted += (wanted.empty() ? "'" : " or '") + std::string(name) + "'";
  throw bad_input("rows.read", "{}: field {} is missing or not a text", place, wanted);
}

std::vector<std::string> need_texts(const Json& record, std::string_view name, std::string_view place) {
  const Json& list = need_field(record, name, place);
  if (!list.is_array()) throw bad_input("rows.read", "{}: field '{}' is not a list of texts", place, name);
  std::vector<std::string> texts;
  texts.reserve(list.size());
  for (const Json& item : list) {
    if (!item.is_string())
      throw bad_input("rows.read", "{}: field '{}', entry {} is not a text", place, name, texts.size());
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::optional<std::string> find_question(const Json& record) { return steps::find_question(record); }

std::string find_gold(const Json& record) {
  for (const std::string_view name : steps::kGoldFields)
    if (auto gold = find_text(record, {name})) return *std::move(gold);
  return "";
}

std::string need_question(const Json& record, std::string_view place) {
  if (auto question = find_question(record)) return *std::move(question);
  throw bad_input("rows.read", "{}: field 'question', 'problem', 'prompt' or 'query' is missing or not a text", place);
}

std::string candidate_place(std::string_view place, size_t i) { return fmt::format("{}, candidate {}", place, i); }

Json& need_candidates(Json& record, std::string_view place) {
  const auto at = record.find("candidates");
  if (at == record.end() || !at->is_array() || at->empty())
    throw bad_input("rows.read", "{}: field 'candidates' is not a list of solutions", place);
  for (size_t i = 0; i < at->size(); ++i)
    if (!(*at)[i].is_object()) throw bad_input("rows.read", "{}: expected an object", candidate_place(place, i));
  return *at;
}

int64_t need_integer(const Json& value, std::string_view name, std::string_view place) {
  if (value.is_number_integer()) return value.get<int64_t>();
  const double number = value.is_number() ? value.get<double>() : 0.5;
  if (!(std::abs(number) < 1e15) || number != std::floor(number))
    throw bad_input("rows.read", "{}: field '{}' = {}: expected an integer", place, name,
                    printable(value).substr(0, 40));
  return static_cast<int64_t>(number);
}

double need_label(const Json& value, std::string_view name, std::string_view place) {
  if (value.is_string()) {
    const std::string_view mark = strip(value.get_ref<const std::string&>());
    constexpr std::string_view kGood[] = {"+", "1", "1.0", "true", "correct", "right", "good", "yes", "positive"};
    constexpr std::string_view kBad[] = {"-", "0", "0.0", "false", "incorrect", "wrong", "bad", "no", "negative"};
    const std::string word = lower(mark);
    if (std::ranges::find(kGood, word) != std::end(kGood)) return 1;
    if (std::ranges::find(kBad, word) != std::end(kBad)) return 0;
  }
  const double number = value.is_number() ? value.get<double>() : -1;
  if (value.is_boolean()) return value.get<bool>();
  if (number >= 0 && number <= 1) return number;
  throw bad_input("rows.read", "{}: field '{}' has {}: expected numbers from 0 to 1, true and false, or + and -", place,
                  name, printable(value).substr(0, 40));
}

std::optional<double> find_verdict(const Json& record, std::string_view place) {
  for (const std::string_view name : {"correct", "is_correct", "final_answer_correct"})
    if (const Json* field = find_field(record, name); field && !field->is_null()) return need_unit(*field, name, place);
  return std::nullopt;
}

std::optional<std::string_view> first_error_field(const Json& record) {
  for (const std::string_view name :
       {"first_error", "first_error_step", "first_error_index", "first_error_idx", "first_wrong_step",
        "first_incorrect_step", "error_step", "error_index", "mistake_index", "mistake_step"})
    if (const Json* field = find_field(record, name); field && (field->is_number() || field->is_null())) return name;
  return std::nullopt;
}

std::string field_names(const Json& record) {
  constexpr size_t kMost = 20;
  if (!record.is_object()) return "none (it is not an object)";
  std::string names;
  size_t n = 0;
  for (const auto& [name, value] : record.items()) {
    if (n++ == kMost) return names + ", ...";
    names += (names.empty() ? "" : ", ") + printable(name.substr(0, 40));
  }
  return names.empty() ? "none" : names;
}

double need_unit(const Json& value, std::string_view name, std::string_view place) {
  if (value.is_boolean()) return value.get<bool>();
  const double number = value.is_number() ? value.get<double>() : -1;
  if (!(number >= 0 && number <= 1))
    throw bad_input("rows.read", "{}: field '{}' = {}: expected a number from 0 to 1", place, name,
                    printable(value).substr(0, 40));
  return number;
}

}  // namespace hrm::rows
