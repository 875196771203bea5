#include "server/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/nearest.h"
#include "server/api_error.h"

namespace hrm::server {
namespace {

std::string shown(const Json& value) {
  std::string text = printable(value);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

[[noreturn]] void refuse(const std::string& field, const Json& value, std::string_view wanted) {
  throw ApiError(422, fmt::format("field '{}' is {}, expected {}", field, shown(value), wanted), field);
}

}  // namespace

Json parse_body(std::string_view body) {
  if (body.empty())
    throw ApiError(400, "the request has no body", "", "send a JSON object; /openapi.json describes it");
  try {
    return parse_json(body, "body");
  } catch (const Error& error) {
    throw ApiError(400, std::string(error.message()), "",
                   "the body must be one JSON object; /openapi.json describes it");
  }
}

Fields::Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
  if (object.is_object()) return;
  const std::string where = path_.empty() ? "the body" : fmt::format("field '{}'", path_.substr(0, path_.size() - 1));
  throw ApiError(422, fmt::format("{} is {}, expected an object", where, shown(object)),
                 path_.empty() ? "" : path_.substr(0, path_.size() - 1));
}

const Json* Fields::value(std::string_view name) {
  known_.emplace_back(name);
  const auto at = object_.find(name);
  return at == object_.end() || at->is_null() ? nullptr : &*at;
}

bool Fields::has(std::string_view name) const {
  const auto at = object_.find(name);
  return at != object_.end() && !at->is_null();
}

std::string Fields::text(std::string_view name, std::string otherwise) {
  const Json* found = value(name);
  if (!found) return otherwise;
  if (!found->is_string()) refuse(full(name), *found, "a text");
  return found->get<std::string>();
}

bool Fields::flag(std::string_view name, bool otherwise) {
  const Json* found = value(name);
  if (!found) return otherwise;
  if (!found->is_boolean()) refuse(full(name), *found, "true or false");
  return found->get<bool>();
}

int64_t Fields::integer(std::string_view name, int64_t otherwise, IntegerRange range) {
  const Json* found = value(name);
  if (!found) return otherwise;
  const std::string wanted = fmt::format("a whole number from {} to {}", range.least, range.most);
  // JSON does not tell 4 from 4.0.
  const bool whole = found->is_number_integer() ||
                     (found->is_number_float() && std::floor(found->get<double>()) == found->get<double>());
  if (!whole) refuse(full(name), *found, wanted);
  const double rough = found->get<double>();
  if (rough < static_cast<double>(range.least) || rough > static_cast<double>(range.most))
    refuse(full(name), *found, wanted);
  const int64_t exact = found->is_number_float() ? static_cast<int64_t>(rough) : found->get<int64_t>();
  if (exact < range.least || exact > range.most) refuse(full(name), *found, wanted);
  return exact;
}

uint64_t Fields::seed(std::string_view name) {
  const Json* found = value(name);
  if (!found) return 0;
  const double rough = found->is_number_float() ? found->get<double>() : -1;
  if (rough >= 0 && rough < 1e15 && std::floor(rough) == rough) return static_cast<uint64_t>(rough);
  if (!found->is_number_unsigned()) refuse(full(name), *found, "a whole number from 0 to 2^64 - 1");
  return found->get<uint64_t>();
}

double Fields::number(std::string_view name, double otherwise, double limit) {
  const Json* found = value(name);
  if (!found) return otherwise;
  if (!found->is_number() || std::abs(found->get<double>()) > limit)
    refuse(full(name), *found, fmt::format("a number from {} to {}", -limit, limit));
  return found->get<double>();
}

const Json* Fields::list(std::string_view name) {
  const Json* found = value(name);
  if (found && !found->is_array()) refuse(full(name), *found, "a list");
  return found;
}

void Fields::require_one(std::string_view first, std::string_view second, std::string_view missing,
                         const std::string& hint) const {
  if (has(first) != has(second)) return;
  if (has(first)) throw ApiError(422, fmt::format("both '{}' and '{}' are given", first, second), full(second), hint);
  throw ApiError(422, std::string(missing), full(first), hint);
}

void Fields::refuse_unknown() const {
  for (const auto& [name, ignored] : object_.items()) {
    if (std::ranges::find(known_, name) != known_.end()) continue;
    const auto nearest = nearest_name(name, known_);
    throw ApiError(422, fmt::format("unknown field '{}'", path_ + name.substr(0, 60)), path_ + name.substr(0, 60),
                   nearest ? fmt::format("did you mean '{}'?", *nearest)
                           : fmt::format("known fields: {}", fmt::join(known_, ", ")));
  }
}

std::vector<std::string> texts_of(const Json& list, const std::string& field) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_string()) refuse(fmt::format("{}[{}]", field, i), list[i], "a text");
    texts.push_back(list[i].get<std::string>());
  }
  return texts;
}

}  // namespace hrm::server
