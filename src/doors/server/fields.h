// The fields of a request's JSON object, each read once, with the type and range that it must have.
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
  // `path` is put before the names in messages ("solutions[2]."). Throws ApiError: no object.
  explicit Fields(const Json& object, std::string path = {});

  // Each gives the default where the field is missing or null, and throws ApiError 422 where it is another thing.
  std::string text(std::string_view name, std::string otherwise = {});
  bool flag(std::string_view name, bool otherwise);
  int64_t integer(std::string_view name, int64_t otherwise, IntegerRange range);
  uint64_t seed(std::string_view name);
  double number(std::string_view name, double otherwise, double limit);
  const Json* list(std::string_view name);   // nullptr: missing or null
  const Json* value(std::string_view name);  // of any type
  bool has(std::string_view name) const;

  // Throws ApiError 422 on a field that was not asked for, with the nearest that was.
  void refuse_unknown() const;
  std::string full(std::string_view name) const { return path_ + std::string(name); }

 private:
  const Json& object_;
  std::string path_;
  std::vector<std::string> known_;
};

// Throws ApiError 400 on text that is not JSON.
Json parse_body(std::string_view body);

// A list of texts. Throws ApiError 422 naming the item.
std::vector<std::string> texts_of(const Json& list, const std::string& field);

}  // namespace hrm::server
