// Charts whose one axis is a list of names: shares of a whole as stacked bars, and estimates as dots with intervals.
// Colors and ticks are those of formats/plot.h.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hrm {

struct BarPart {
  std::string name;
  std::string_view color;  // "#rrggbb"
};

struct StackedBar {
  std::string name;
  std::vector<double> counts;  // one per part, none below 0
};

struct BarOptions {
  std::string title, x_label, y_label;
  int width = 720, height = 420;
};

// Every bar is as high as the others: its parts are shares of its sum, which stands above it; a bar without any count is
// left empty. REQUIRES: counts of every bar as many as parts.
std::string render_stacked_bars(std::span<const BarPart> parts, std::span<const StackedBar> bars,
                                const BarOptions& options);

struct IntervalRow {
  std::string name;
  double value = 0, low = 0, high = 0;  // rows that are not finite keep their name and have no dot
};

struct IntervalOptions {
  std::string title, x_label;
  std::optional<double> reference;  // a line to compare with, such as 0 for differences
  int width = 720;
};

// One line per row, from the top; as high as it needs to be.
std::string render_intervals(std::span<const IntervalRow> rows, const IntervalOptions& options);

}  // namespace hrm
