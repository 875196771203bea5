#include "base/files.h"
#include "formats/plot.h"
#include "studies/label_table.h"
#include "studies/rollout_study.h"

namespace hrm::studies {
namespace {

PlotSeries series_of(const RolloutStudy& study, std::string_view label, const ErrorColumn& column, std::string name) {
  PlotSeries series{.name = std::move(name)};
  for (const RolloutStudyRow& row : study.rows) {
    if (row.label != label) continue;
    const Estimate& estimate = row.errors.*column.error;
    series.x.push_back(static_cast<double>(row.rollouts));
    series.y.push_back(estimate.value);
    series.low.push_back(estimate.interval.low);
    series.high.push_back(estimate.interval.high);
  }
  return series;
}

}  // namespace

Json to_json(const RolloutStudy& study) {
  Json json = {
      {"policy", study.policy}, {"problems", study.problems}, {"states", study.states}, {"rows", Json::array()}};
  for (const RolloutStudyRow& row : study.rows) {
    Json one = {{"label", row.label},
                {"rollouts", row.rollouts},
                {"rollouts_per_state", row.rollouts_per_state},
                {"tokens_per_state", row.tokens_per_state},
                {"errors", to_json(row.errors)}};
    json["rows"].push_back(std::move(one));
  }
  return json;
}

std::string to_markdown(const RolloutStudy& study) {
  std::string text = fmt::format("Policy `{}`: {} states of {} problems; in brackets 95 % intervals over problems.\n\n",
                                 study.policy, study.states, study.problems);
  text += "| label | rollouts |" + error_titles() +
          " rollouts spent | tokens spent |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const RolloutStudyRow& row : study.rows) {
    text += fmt::format("| {} | {} |{}", row.label, row.rollouts ? fmt::format("{}", row.rollouts) : "–",
                        error_cells(row.errors));
    text += fmt::format(" {:.1f} | {:.0f} |\n", row.rollouts_per_state, row.tokens_per_state);
  }
  return text;
}

void write_study(const RolloutStudy& study, const std::filesystem::path& folder) {
  const std::vector<PlotSeries> rmse = {series_of(study, "soft", kErrorColumns[1], "share of correct ends"),
                                        series_of(study, "beta", kErrorColumns[1], "Jeffreys mean"),
                                        series_of(study, "hard", kErrorColumns[1], "hard (any correct end)")};
  save_plot(folder / "rmse.svg", rmse,
            {.title = "Difference of labels from the true value",
             .x_label = "rollouts per state",
             .y_label = "RMSE",
             .log_x = true,
             .log_y = true});
  const std::vector<PlotSeries> hard = {series_of(study, "hard", kErrorColumns[2], "off track, called good (any)"),
                                        series_of(study, "hard", kErrorColumns[3], "on track, called bad (any)"),
                                        series_of(study, "soft", kErrorColumns[2], "off track, called good (half)"),
                                        series_of(study, "soft", kErrorColumns[3], "on track, called bad (half)")};
  save_plot(folder / "hard.svg", hard,
            {.title = "Errors of hard labels about the state",
             .x_label = "rollouts per state",
             .y_label = "share called wrongly",
             .log_x = true});
  write_json(folder / "study.json", to_json(study));
  write_file_atomic(
      folder / "README.md",
      "# Error of Monte-Carlo labels\n\n" + to_markdown(study) +
          "\n`value` is the computed probability that the policy ends correctly: the limit of ever more rollouts.\n"
          "\n![RMSE](rmse.svg)\n\n![errors of hard labels](hard.svg)\n");
}

}  // namespace hrm::studies
