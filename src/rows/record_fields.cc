#include "rows/record_fields.h"

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
  throw bad_input("rows.read", "{}: field {} is missing or is no text", place, wanted);
}

std::vector<std::string> need_texts(const Json& record, std::string_view name, std::string_view place) {
  const Json& list = need_field(record, name, place);
  if (!list.is_array()) throw bad_input("rows.read", "{}: field '{}' is no list of texts", place, name);
  std::vector<std::string> texts;
  texts.reserve(list.size());
  for (const Json& item : list) {
    if (!item.is_string())
      throw bad_input("rows.read", "{}: field '{}', entry {} is no text", place, name, texts.size());
    texts.push_back(item.get<std::string>());
  }
  return texts;
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
