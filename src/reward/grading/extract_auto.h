// AnswerFormat::kAuto: the closings that people and models use (docs/grading.md lists them in order).
#pragma once

#include <optional>
#include <string_view>

#include "grading/extract.h"

namespace hrm::grading {

std::optional<Extraction> extract_auto(std::string_view text);

// The text itself where it is nothing but a value: "42", "(B)", "$\frac12$".
std::optional<std::string> extract_bare(std::string_view text);

}  // namespace hrm::grading
