// Prints LabelErrors in the studies of labels.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/json.h"
#include "studies/label_errors.h"

namespace hrm::studies {

struct ErrorColumn {
  std::string_view key, title;
  Estimate LabelErrors::*error;
};

inline constexpr std::array kErrorColumns = {
    ErrorColumn{"bias", "bias", &LabelErrors::bias},
    ErrorColumn{"rmse", "RMSE", &LabelErrors::rmse},
    ErrorColumn{"false_positive_state", "off track, called good", &LabelErrors::false_positive_state},
    ErrorColumn{"false_negative_state", "on track, called bad", &LabelErrors::false_negative_state},
    ErrorColumn{"false_positive_step", "invalid, called good", &LabelErrors::false_positive_step},
    ErrorColumn{"false_negative_step", "valid, called bad", &LabelErrors::false_negative_step}};

Json to_json(const LabelErrors& errors);             // {"bias": {"value", "low", "high", "n"}, ...}
std::string error_titles();                          // " bias | RMSE | ... |"
std::string error_cells(const LabelErrors& errors);  // " 0.001 (-0.002 to 0.004) | ... |"; – over nothing

}  // namespace hrm::studies
