// Line charts as SVG: several series, each with an optional shaded band (a 95 % interval), linear or logarithmic axes,
// a legend. Colors are those of Okabe and Ito (2008), told apart with every common kind of color blindness; beyond
// the first seven series dashes tell them apart too.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hrm {

struct PlotSeries {
  std::string name;
  std::vector<double> x, y;       // same length; points that are not finite break the line
  std::vector<double> low, high;  // of the band: empty, or as long as y
};

struct PlotOptions {
  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;  // points that are not positive are left out
  double y_min = 0, y_max = 0;        // range of the y axis; chosen from the data where both are equal
  int width = 720, height = 420;
};

// REQUIRES: lengths as said above. Without a single point to draw the axes are empty and say so.
std::string render_plot(std::span<const PlotSeries> series, const PlotOptions& options);
// As SVG or PNG, by the name's ending (formats/picture.h).
void save_plot(const std::filesystem::path& path, std::span<const PlotSeries> series, const PlotOptions& options);

// "#rrggbb" of the series with this number.
std::string_view plot_color(size_t i);

// Round numbers (1, 2, 5 times a power of ten) that divide [low, high] into about `wanted` parts, the outer ones just
// inside it. REQUIRES: low < high, both finite.
std::vector<double> nice_ticks(double low, double high, int wanted);

}  // namespace hrm
