// Fields of foreign records, with errors that name place and field.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace hrm::rows {

// The field, or nullptr.
const Json* find_field(const Json& record, std::string_view name);
// Throws bad_input where the record is no object or lacks the field.
const Json& need_field(const Json& record, std::string_view name, std::string_view place);

// The first of these fields that is there and is a text (numbers are printed); need_text throws bad_input naming them.
std::optional<std::string> find_text(const Json& record, std::initializer_list<std::string_view> names);
std::string need_text(const Json& record, std::initializer_list<std::string_view> names, std::string_view place);

// A list of texts.
std::vector<std::string> need_texts(const Json& record, std::string_view name, std::string_view place);

// A number in [0, 1]; true and false are 1 and 0.
double need_unit(const Json& value, std::string_view name, std::string_view place);

}  // namespace hrm::rows
