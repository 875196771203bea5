#include "rows/formats.h"

#include <algorithm>
#include <initializer_list>

#include "base/error.h"

namespace hrm::rows {

std::optional<Format> detect_format(const Json& record) {
  if (!record.is_object()) return std::nullopt;
  const auto at = [&](const char* name) -> const Json& {
    static const Json none;
    const auto found = record.find(name);
    return found == record.end() ? none : *found;
  };
  const auto any = [&](std::initializer_list<const char*> names) {
    return std::ranges::any_of(names, [&](const char* name) { return record.contains(name); });
  };
  if (at("question").is_object() && at("label").is_object()) return Format::kPrm800k;
  if (at("input").is_string() && at("label").is_string()) return Format::kMathShepherd;
  if (at("input").is_string() && at("label").is_number()) return Format::kRows;
  if (at("reasoning_steps").is_array()) return Format::kOpenr;
  if (at("reasoning_steps").is_object()) return Format::kOpenrTree;
  if (at("conversations").is_array()) return Format::kRlhflow;
  if (record.contains("modified_process")) return Format::kPrmBench;
  if (at("completions").is_array() && at("labels").is_array()) return Format::kTrl;
  if (at("steps").is_array() && at("label").is_number()) return Format::kProcessBench;
  if (any({"completions", "choices", "candidates", "completion", "response"})) return Format::kCompletions;
  if (at("answer").is_string() && at("answer").get_ref<const std::string&>().find("####") != std::string::npos)
    return Format::kGsm8k;
  if (at("problem").is_string()) return Format::kMath;
  return std::nullopt;
}

Format need_format(const Json& record, std::string_view place) {
  if (const auto format = detect_format(record)) return *format;
  throw bad_input("rows.read",
                  "{}: the format of this record is not known; name it with --from (docs/formats/reward-data.md)",
                  place);
}

}  // namespace hrm::rows
