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
// Throws bad_input if the record is not an object or lacks the field.
const Json& need_field(const Json& record, std::string_view name, std::string_view place);

// The first of these fields that is there and is a text (numbers are printed); need_text throws bad_input naming them.
std::optional<std::string> find_text(const Json& record, std::initializer_list<std::string_view> names);
std::string need_text(const Json& record, std::initializer_list<std::string_view> names, std::string_view place);

// A list of texts.
std::vector<std::string> need_texts(const Json& record, std::string_view name, std::string_view place);

// The question, under the names under which it is published: a text, or the user's message of a list of messages.
std::optional<std::string> find_question(const Json& record);
std::string need_question(const Json& record, std::string_view place);

// The right answer under the names of its own fields; empty if it has none.
std::string find_gold(const Json& record);

// The list `candidates` of a record, all of them objects. Throws bad_input naming the record or the candidate.
Json& need_candidates(Json& record, std::string_view place);
std::string candidate_place(std::string_view place, size_t i);  // "a.jsonl:7, candidate 2", for messages

// A whole number, 2.0 included, as programs write it that keep columns of numbers.
int64_t need_integer(const Json& value, std::string_view name, std::string_view place);

// The label of a step: a number in [0, 1], true, false, + or -.
double need_label(const Json& value, std::string_view name, std::string_view place);

// Whether the whole solution is right, where the record says so.
std::optional<double> find_verdict(const Json& record, std::string_view place);

// The name of the field that holds the first wrong step of a solution, where it stands beside `steps` under a name that
// does not tell whether it counts from 0 or from 1: first_error, first_error_step, error_index, ...
std::optional<std::string_view> first_error_field(const Json& record);

// Names of the fields, for messages: "question, steps, ...".
std::string field_names(const Json& record);

// A number in [0, 1]; true and false are 1 and 0.
double need_unit(const Json& value, std::string_view name, std::string_view place);

}  // namespace hrm::rows
