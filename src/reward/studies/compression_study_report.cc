#include "studies/compression_study.h"
#include "studies/label_table.h"

namespace hrm::studies {

Json to_json(const CompressionStudy& study) {
  Json json = {{"policy", study.policy},
               {"children", study.children},
               {"depth", study.depth},
               {"finish", study.finish},
               {"problems", study.problems},
               {"states", study.states},
               {"tokens_per_state", study.tokens_per_state},
               {"merged", study.merged},
               {"merged_repairs", study.merged_repairs},
               {"changed", study.changed},
               {"mean_change", study.mean_change},
               {"rows", Json::array()}};
  for (const CompressionStudyRow& row : study.rows)
    json["rows"].push_back({{"view", row.view},
                            {"mean_label", row.mean_label},
                            {"histogram", row.histogram},
                            {"errors", to_json(row.errors)}});
  return json;
}

std::string to_markdown(const CompressionStudy& study) {
  const auto percent = [&](uint64_t part, uint64_t whole) {
    const Estimate share = share_of(part, whole);
    return fmt::format("{} ({:.1f} %, {:.1f} to {:.1f})", part, 100 * share.value, 100 * share.interval.low,
                       100 * share.interval.high);
  };
  std::string text = fmt::format(
      "Policy `{}`: trees of {} problems, {} children, depth {}, where branches without an answer {}; {} labeled "
      "states, "
      "{:.0f} tokens each; in brackets 95 % intervals, of the table over problems.\n\nCompression merged {} of them "
      "with the step before; in {} of those the "
      "first part breaks and the whole is on track. It changed {} labels, by {:.3f} on average.\n\n",
      study.policy, study.problems, study.children, study.depth,
      study.finish ? "were finished by one rollout" : "are wrong", study.states, study.tokens_per_state,
      percent(study.merged, study.states), percent(study.merged_repairs, study.merged),
      percent(study.changed, study.states), study.mean_change);
  text += "| view | mean label |" + error_titles() +
          " 0 | to 1/4 | to 1/2 | to 3/4 | below 1 | 1 |\n"
          "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const CompressionStudyRow& row : study.rows) {
    text += fmt::format("| {} | {:.3f} |{}", row.view, row.mean_label, error_cells(row.errors));
    for (double share : row.histogram) text += fmt::format(" {:.3f} |", share);
    text += "\n";
  }
  return text;
}

}  // namespace hrm::studies
