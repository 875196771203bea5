#include "selection/record_fields.h"

#include <cmath>

namespace hrm::selection {
namespace {

constexpr double kLargestScore = 1e15;  // sums of them stay exact enough to compare

}  // namespace

JsonlReader open_records(const std::filesystem::path& path, bool skip_bad) {
  return JsonlReader(path, {.skip_bad = skip_bad, .forgive_cut_end = false, .accept_array = true});
}

BadLines for_each_record(JsonlReader reader, const std::function<void(const Json&, const std::string& place)>& use) {
  while (reader.next()) try {
      if (!reader.value().is_object())
        throw bad_input("selection.read", "{}: expected an object, found {}", reader.place(),
                        printable(reader.value()).substr(0, 60));
      use(reader.value(), reader.place());
    } catch (const Error& error) {
      if (error.fault() != Fault::kBadInput) throw;
      reader.reject(error);
    }
  return reader.bad();
}

const Json* find_any(const Json& record, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto at = record.find(name); at != record.end() && !at->is_null()) return &*at;
  return nullptr;
}

std::string id_of(const Json& record, std::initializer_list<std::string_view> names, const std::string& place) {
  const Json* value = find_any(record, names);
  if (!value) throw bad_input("selection.read", "{}: field '{}' is missing", place, *names.begin());
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number_integer()) return printable(*value);
  throw bad_input("selection.read", "{}: field '{}' = {} is neither a text nor a whole number", place, *names.begin(),
                  printable(*value).substr(0, 60));
}

std::vector<double> numbers_of(const Json& list, std::string_view field, const std::string& place) {
  if (!list.is_array()) throw bad_input("selection.read", "{}: field '{}' is not a list of numbers", place, field);
  std::vector<double> numbers;
  numbers.reserve(list.size());
  for (const Json& value : list) {
    if (!value.is_number() || !(std::abs(value.get<double>()) <= kLargestScore))
      throw bad_input("selection.read", "{}: field '{}', entry {}: {} is not a number within +-1e15", place, field,
                      numbers.size(), printable(value).substr(0, 60));
    numbers.push_back(value.get<double>());
  }
  return numbers;
}

bool flag_of(const Json& value, std::string_view field, const std::string& place) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer() && (value == 0 || value == 1)) return value == 1;
  throw bad_input("selection.read", "{}: field '{}' = {}: expected true, false, 1 or 0", place, field,
                  printable(value).substr(0, 60));
}

}  // namespace hrm::selection
