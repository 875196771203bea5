// Fields that several formats of this room share, under the names under which they are published.
#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "formats/jsonl.h"

namespace hrm::selection {

constexpr std::string_view kHeld = "solutions and scores";  // what a memory limit counts
constexpr std::string_view kUnnamed = "scores";             // the scorer of a plain list

// How this room opens its files: JSON lines or one JSON list, whole to the last line.
JsonlReader open_records(const std::filesystem::path& path, bool skip_bad);

// Hands every record to `use`; what that refuses is listed where bad records are skipped. Returns what was left out.
BadLines for_each_record(JsonlReader reader, const std::function<void(const Json&, const std::string& place)>& use);

// The first of these fields that the record has and that is not null; nullptr without one.
const Json* find_any(const Json& record, std::initializer_list<std::string_view> names);

// Text or whole number as text. Throws bad_input naming the place and the first name if it is missing or of another
// type.
std::string id_of(const Json& record, std::initializer_list<std::string_view> names, const std::string& place);

// Numbers within +-1e15. Throws bad_input naming the place and `field`.
std::vector<double> numbers_of(const Json& list, std::string_view field, const std::string& place);

// true, false, 0 or 1. Throws bad_input.
bool flag_of(const Json& value, std::string_view field, const std::string& place);

}  // namespace hrm::selection
