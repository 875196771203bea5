#include "training/run_log.h"

#include <cmath>

#include "formats/plot.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostPoints = 600;  // of a drawn curve; neighbors are averaged beyond that

// Removes the records that the run is going to write again.
const fs::path& cut_log(const fs::path& path, uint64_t size) {
  if (fs::exists(path) && fs::file_size(path) > size) fs::resize_file(path, size);
  return path;
}

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
