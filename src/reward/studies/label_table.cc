#include "studies/label_table.h"

namespace hrm::studies {

Json to_json(const LabelErrors& errors) {
  Json json = Json::object();
  for (const ErrorColumn& column : kErrorColumns) json[std::string(column.key)] = to_json(errors.*column.error);
  return json;
}

std::string error_titles() {
  std::string text;
  for (const ErrorColumn& column : kErrorColumns) text += fmt::format(" {} |", column.title);
  return text;
}

std::string error_cells(const LabelErrors& errors) {
  std::string text;
  for (const ErrorColumn& column : kErrorColumns) {
    const Estimate& estimate = errors.*column.error;
    text += estimate.n == 0 ? " – |"
                            : fmt::format(" {:.3f} ({:.3f} to {:.3f}) |", estimate.value, estimate.interval.low,
                                          estimate.interval.high);
  }
  return text;
}

}  // namespace hrm::studies
