// The fields of a request's JSON object. Each is read once and checked for type and range.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace hrm::server {

struct IntegerRange {
  int64_t least = 0, most = INT64_MAX;
};

class Fields {
 public:
  // `path` is put before the names in messages ("solutions[2]."). Throws ApiError if it is not an object.
  explicit Fields(const Json& object, std::string path = {});

  // Each returns the default if the field is missing or null, and throws ApiError 422 if it has another type or range.
  std::string text(std::string_view name, std::string otherwise = {});
  bool flag(std::string_view name, bool otherwise);
  int64_t integer(std::string_view name, int64_t otherwise, IntegerRange range);
  uint64_t seed(std::string_view name);
  double number(std::string_view name, double otherwise, double limit);
  const Json* list(std::string_view name);   // nullptr: missing or null
  const Json* value(std::string_view name);  // of any type
  bool has(std::string_view name) const;

  // Throws ApiError 422 unless exactly one of the two is given. `missing`: the message without either.
  void require_one(std::string_view first, std::string_view second, std::string_view missing,
                   const std::string& hint) const;
  // Throws ApiError 422 for a field that was not read, with the nearest known name.
  void refuse_unknown() const;
  std::string full(std::string_view name) const { return path_ + std::string(name); }

 private:
  const Json& object_;
  std::string path_;
  std::vector<std::string> known_;
};

// Throws ApiError 400 for text that is not JSON.
Json parse_body(std::string_view body);

// A list of texts. Throws ApiError 422 that names the item.
std::vector<std::string> texts_of(const Json& list, const std::string& field);

}  // namespace hrm::server
