#include "solving/evaluation_plot.h"

#include <algorithm>
#include <array>

#include "formats/bars.h"
#include "formats/picture.h"
#include "formats/plot.h"

namespace hrm::solving {
namespace {

std::string views_plot(const Evaluation& evaluation) {
  std::vector<PlotSeries> series;
  for (const ViewScores& scores : evaluation.by_views)
    for (const Selection& selection : scores.selected) {
      const std::string name = label(selection);
      auto line = std::ranges::find(series, name, &PlotSeries::name);
      if (line == series.end()) line = series.insert(series.end(), {.name = name});
      line->x.push_back(static_cast<double>(scores.views));
      line->y.push_back(selection.exact.value);
      line->low.push_back(selection.exact.interval.low);
      line->high.push_back(selection.exact.interval.high);
    }
  return render_plot(series, {.title = "Exact answers against views",
                              .x_label = "views per puzzle",
                              .y_label = "share",
                              .log_x = true,
                              .y_min = 0,
                              .y_max = 1});
}

StackedBar bar_of(std::string name, const Confusion& counts) {
  return {std::move(name),
          {static_cast<double>(counts.right_sure), static_cast<double>(counts.right_unsure),
           static_cast<double>(counts.wrong_unsure), static_cast<double>(counts.wrong_sure)}};
}

std::string confusion_plot(const Evaluation& evaluation) {
  static const std::array<BarPart, 4> kParts = {{{"right, sure", "#0072B2"},
                                                 {"right, unsure", "#56B4E9"},
                                                 {"wrong, unsure", "#E69F00"},
                                                 {"wrong, sure", "#D55E00"}}};
  std::vector<StackedBar> bars = {bar_of("all", evaluation.all.confusion)};
  for (const RatingBand& band : evaluation.bands) bars.push_back(bar_of(band.name, band.scores.confusion));
  return render_stacked_bars(kParts, bars,
                             {.title = "Right answers, and whether the model knew",
                              .x_label = evaluation.bands.empty() ? "" : "rating of the puzzle",
                              .y_label = "share of the puzzles"});
}

}  // namespace

void save_evaluation_plot(const std::filesystem::path& path, const Evaluation& evaluation) {
  std::vector<std::string> pictures;
  if (!evaluation.by_views.empty()) pictures.push_back(views_plot(evaluation));
  pictures.push_back(confusion_plot(evaluation));
  save_picture(path, arrange_pictures(pictures, 1));
}

}  // namespace hrm::solving
