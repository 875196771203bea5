#include "training/run_curves.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/error.h"
#include "formats/jsonl.h"
#include "formats/picture.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostPoints = 600;  // of a drawn curve; neighbors are averaged beyond that

bool is_loss(std::string_view name) { return name == "loss" || name.ends_with("_loss"); }

// A share or a score of held-out data: not the run's own account of itself.
bool is_measure(std::string_view name) {
  constexpr std::array<std::string_view, 5> kAccounts = {"step", "seconds", "operations", "count", "steps"};
  return std::ranges::find(kAccounts, name) == kAccounts.end() && !is_loss(name);
}

struct Panels {
  std::map<std::string, PlotSeries> losses, measures;  // by label

  void add(const Json& record) {
    if (!record.is_object() || !record.contains("step") || !record["step"].is_number()) return;
    const Json kind = record.value("kind", Json());
    if (kind != "train" && kind != "evaluation") return;
    const double step = record["step"].get<double>();
    for (const auto& [name, value] : record.items()) {
      if (!value.is_number()) continue;
      const bool held_out = kind == "evaluation";
      if (is_loss(name))
        point(losses, held_out ? "held-out " + name : name, step, value.get<double>());
      else if (held_out && is_measure(name))
        point(measures, name, step, value.get<double>());
    }
  }

 private:
  static void point(std::map<std::string, PlotSeries>& panel, const std::string& label, double x, double y) {
    PlotSeries& series = panel[label];
    series.name = label;
    series.x.push_back(x);
    series.y.push_back(y);
  }
};

std::vector<PlotSeries> thinned(const std::map<std::string, PlotSeries>& panel) {
  std::vector<PlotSeries> all;
  for (const auto& [label, series] : panel) {
    all.push_back(series);
    thin(all.back());
  }
  return all;
}

}  // namespace

void thin(PlotSeries& series) {
  const size_t bucket = (series.x.size() + kMostPoints - 1) / kMostPoints;
  if (bucket <= 1) return;
  PlotSeries thinned{.name = series.name};
  for (size_t i = 0; i < series.x.size(); i += bucket) {
    const size_t n = std::min(bucket, series.x.size() - i);
    double x = 0, y = 0;
    for (size_t j = i; j < i + n; ++j) x += series.x[j], y += series.y[j];
    thinned.x.push_back(x / static_cast<double>(n));
    thinned.y.push_back(y / static_cast<double>(n));
  }
  series = std::move(thinned);
}

std::string draw_run(const fs::path& folder) {
  const fs::path log = folder / "log.jsonl";
  if (!fs::exists(log))
    throw bad_input("training.curves", "{}: holds no log.jsonl; give the folder of a training run", folder.string());
  Panels panels;
  for (JsonlReader lines(log, {.forgive_cut_end = true}); lines.next();) panels.add(lines.value());
  std::vector<std::string> pictures;
  const std::string name = folder.lexically_normal().filename().empty() ? folder.parent_path().filename().string()
                                                                        : folder.filename().string();
  if (!panels.losses.empty())
    pictures.push_back(render_plot(thinned(panels.losses),
                                   {.title = name + ": losses", .x_label = "step", .y_label = "mean", .log_y = true}));
  if (!panels.measures.empty())
    pictures.push_back(render_plot(thinned(panels.measures),
                                   {.title = name + ": held-out data", .x_label = "step", .y_label = "value"}));
  if (pictures.empty()) throw bad_input("training.curves", "{}: holds no measurement yet", log.string());
  return arrange_pictures(pictures, 1);
}

}  // namespace hrm::training
