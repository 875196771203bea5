#include "rows/step_labels.h"

#include "base/error.h"
#include "rows/read_solutions.h"

namespace hrm::rows {

std::vector<std::optional<bool>> step_labels(const Json& record, const std::string& place,
                                             std::optional<Format>& format) {
  constexpr std::string_view kInStepLabels = "rows.labels";
  if (!format) format = need_format(record, place);
  ConversionCounts counts;
  std::optional<std::vector<std::optional<bool>>> right;
  read_record({*format, record, place}, Neutral::kDrop, counts, [&](LabeledSolution&& solution) {
    if (right) throw bad_input(kInStepLabels, "{}: contains several solutions: expected one with its scores", place);
    right.emplace();
    for (size_t i = 0; i < solution.labels.size(); ++i)
      right->push_back(i < solution.context || !solution.labels[i] ? std::nullopt
                                                                   : std::optional(*solution.labels[i] >= 0.5));
  });
  if (!right) throw bad_input(kInStepLabels, "{}: contains no labeled solution", place);
  return *std::move(right);
}

}  // namespace hrm::rows
