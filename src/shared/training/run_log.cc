#include "training/run_log.h"

#include <cmath>

#include "formats/plot.h"
#include "training/run_curves.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

// Removes the records that the run is going to write again.
const fs::path& cut_log(const fs::path& path, uint64_t size) {
  if (fs::exists(path) && fs::file_size(path) > size) fs::resize_file(path, size);
  return path;
}

}  // namespace

RunLog::RunLog(const RunFolder& folder, uint64_t step, uint64_t size)
    : path_(folder.log()),
      lines_(cut_log(path_, size)),
      events_(folder.tensorboard(), static_cast<int64_t>(step) + 1) {}

void RunLog::write(std::string_view kind, uint64_t step, double seconds, const std::vector<Scalar>& values) {
  Json record = {{"kind", kind}, {"step", step}, {"seconds", std::round(seconds * 1000) / 1000}};
  for (const auto& [name, value] : values) {
    record[name] = value;
    events_.scalar(fmt::format("{}/{}", kind, name), static_cast<int64_t>(step), value);
  }
  lines_.write(record);
  events_.flush();
}

void RunLog::event(uint64_t step, double seconds, std::string_view event) {
  lines_.write({{"kind", "event"}, {"step", step}, {"seconds", std::round(seconds * 1000) / 1000}, {"event", event}});
}

uint64_t RunLog::size() const { return fs::file_size(path_); }

std::vector<double> RunLog::history(std::string_view kind, std::string_view metric) const {
  std::vector<double> values;
  for (JsonlReader lines(path_); lines.next();) {
    const Json& record = lines.value();
    const auto at = record.find(metric);
    if (at != record.end() && at->is_number() && record.value("kind", "") == kind) values.push_back(at->get<double>());
  }
  return values;
}

void RunLog::draw(const Chart& chart) const {
  std::vector<PlotSeries> series;
  for (const Curve& curve : chart.curves) series.push_back({.name = curve.label});
  for (JsonlReader lines(path_); lines.next();) {
    const Json& record = lines.value();
    const std::string kind = record.value("kind", "");
    for (size_t i = 0; i < series.size(); ++i) {
      const auto at = record.find(chart.curves[i].metric);
      if (kind != chart.curves[i].kind || at == record.end() || !at->is_number()) continue;
      series[i].x.push_back(record.value("step", 0.0));
      series[i].y.push_back(at->get<double>());
    }
  }
  std::erase_if(series, [](const PlotSeries& s) { return s.x.empty(); });
  for (PlotSeries& s : series) thin(s);
  save_plot(chart.path, series,
            {.title = chart.title, .x_label = "step", .y_label = chart.y_label, .log_y = chart.log_y});
}

}  // namespace hrm::training
