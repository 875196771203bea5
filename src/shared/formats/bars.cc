#include "formats/bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "formats/plot.h"
#include "formats/svg.h"

namespace hrm {
namespace {

constexpr double kCharacter = 6.6;  // of the font, about

double width_of(std::string_view text) {
  // Bytes that begin a character.
  return kCharacter * static_cast<double>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// At most so many bytes, without a part of a character at the end.
std::string shortened(const std::string& name, size_t bytes) {
  while (bytes > 0 && (name[bytes] & 0xC0) == 0x80) --bytes;
  return name.substr(0, bytes);
}

std::string nothing(double x, double y) { return svg_text({x, y, "middle"}, "nothing measured yet", kSvgMuted); }

struct LegendPlace {
  double left, right, top;
};
struct Legend {
  std::string svg;
  double bottom;  // the next free y
};
// Entries fill rows.
Legend legend_of(std::span<const BarPart> parts, const LegendPlace& place) {
  std::string svg;
  double at = place.left, y = place.top;
  for (const BarPart& part : parts) {
    const double width = 34 + width_of(part.name);
    if (at > place.left && at + width > place.right) at = place.left, y += 18;
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", at, y - 10,
                       part.color);
    svg += svg_text({at + 18, y, "start"}, part.name, kSvgInk);
    at += width;
  }
  return {std::move(svg), y + 18};
}

}  // namespace

std::string render_stacked_bars(std::span<const BarPart> parts, std::span<const StackedBar> bars,
                                const BarOptions& options) {
  constexpr double kLeft = 64, kRight = 18, kBottom = 50;
  const double right = options.width - kRight, bottom = options.height - kBottom;
  std::string svg = svg_head({options.width, options.height}, options.title, kLeft);
  const Legend legend = legend_of(parts, {.left = kLeft, .right = right, .top = 44});
  svg += legend.svg;
  const double top = legend.bottom + 14, height = bottom - top;
  for (const double tick : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    const double y = bottom - tick * height;
    svg += fmt::format("<path d=\"M{} {:.1f}H{:.1f}\" stroke=\"#e4e4e4\"/>\n", kLeft, y, right);
    svg += svg_text({kLeft - 8, y + 4, "end"}, fmt::format("{:g} %", tick * 100), kSvgMuted);
  }
  if (bars.empty()) svg += nothing((kLeft + right) / 2, (top + bottom) / 2);
  const double slot = (right - kLeft) / static_cast<double>(std::max<size_t>(bars.size(), 1));
  const double width = std::min(slot * 0.7, 90.0);
  for (size_t i = 0; i < bars.size(); ++i) {
    const StackedBar& bar = bars[i];
    assert(bar.counts.size() == parts.size());
    const double sum = std::accumulate(bar.counts.begin(), bar.counts.end(), 0.0);
    const double middle = kLeft + slot * (static_cast<double>(i) + 0.5);
    double y = bottom;
    for (size_t part = 0; sum > 0 && part < parts.size(); ++part) {
      const double share = bar.counts[part] / sum, part_height = share * height;
      if (part_height <= 0) continue;
      y -= part_height;
      svg += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.2f}\" width=\"{:.1f}\" height=\"{:.2f}\" fill=\"{}\" stroke=\"#ffffff\" "
          "stroke-width=\"0.5\"><title>{}: {:g} of {:g}</title></rect>\n",
          middle - width / 2, y, width, part_height, parts[part].color, escape_xml(parts[part].name), bar.counts[part],
          sum);
      if (part_height >= 16 && width >= 36)
        svg += svg_text({middle, y + part_height / 2 + 4, "middle"}, fmt::format("{:.0f} %", share * 100),
                        "fill=\"#ffffff\" font-weight=\"600\"");
    }
    svg += svg_text({middle, top - 5, "middle"}, fmt::format("n = {:g}", sum), kSvgMuted);
    svg += svg_text({middle, bottom + 19, "middle"}, bar.name, kSvgInk);
  }
  svg += fmt::format("<path d=\"M{} {:.1f}H{:.1f}\" stroke=\"#888888\"/>\n", kLeft, bottom, right);
  svg += svg_text({(kLeft + right) / 2, options.height - 10.0, "middle"}, options.x_label, kSvgInk);
  const double center = (top + bottom) / 2;
  svg += svg_text({16, center, "middle"}, options.y_label,
                  fmt::format("fill=\"#222222\" transform=\"rotate(-90 16 {:.1f})\"", center));
  return svg + "</svg>\n";
}

std::string render_intervals(std::span<const IntervalRow> rows, const IntervalOptions& options) {
  constexpr double kRow = 24, kTop = 48, kBottom = 50, kMostName = 260;
  double left = 40, low = std::numeric_limits<double>::infinity(), high = -low;
  const auto include = [&](double value) {
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  };
  for (const IntervalRow& row : rows) {
    left = std::max(left, std::min(kMostName, width_of(row.name)) + 24);
    for (const double value : {row.value, row.low, row.high}) include(value);
  }
  if (options.reference && low <= high) include(*options.reference);
  const int height = static_cast<int>(kTop + kRow * static_cast<double>(std::max<size_t>(rows.size(), 2)) + kBottom);
  const double right = options.width - 24, bottom = height - kBottom;
  std::string svg = svg_head({options.width, height}, options.title, 16);
  if (!(low <= high)) return svg + nothing(options.width / 2.0, (kTop + bottom) / 2) + "</svg>\n";
  const double margin = high > low ? (high - low) * 0.05 : std::max(std::abs(high) * 0.05, 0.01);
  low -= margin, high += margin;
  const auto x_of = [&](double value) { return left + (value - low) / (high - low) * (right - left); };
  for (const double tick : nice_ticks(low, high, 6)) {
    const double shown = std::abs(tick) < (high - low) * 1e-9 ? 0 : tick;
    svg += fmt::format("<path d=\"M{0:.1f} {1}V{2:.1f}\" stroke=\"#e4e4e4\"/>\n", x_of(tick), kTop - 8, bottom);
    svg += svg_text({x_of(tick), bottom + 19, "middle"}, fmt::format("{:.4g}", shown), kSvgMuted);
  }
  if (options.reference)
    svg += fmt::format("<path d=\"M{0:.1f} {1}V{2:.1f}\" stroke=\"#444444\" stroke-dasharray=\"4 3\"/>\n",
                       x_of(*options.reference), kTop - 8, bottom);
  for (size_t i = 0; i < rows.size(); ++i) {
    const IntervalRow& row = rows[i];
    const double y = kTop + kRow * (static_cast<double>(i) + 0.5);
    std::string name = row.name;
    constexpr size_t kLetters = static_cast<size_t>(kMostName / kCharacter);
    if (name.size() > kLetters) name = shortened(name, kLetters - 3) + "...";
    svg += svg_text({left - 12, y + 4, "end"}, name, kSvgInk);
    if (!std::isfinite(row.value)) continue;
    if (std::isfinite(row.low) && std::isfinite(row.high))
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"{}\" stroke-width=\"2\"/>\n", x_of(row.low), y,
                         x_of(row.high), plot_color(0));
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"><title>{}: {:.4g}</title></circle>\n",
                       x_of(row.value), y, plot_color(0), escape_xml(row.name), row.value);
  }
  svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#888888\"/>\n", left, bottom, right);
  svg += svg_text({(left + right) / 2, height - 10.0, "middle"}, options.x_label, kSvgInk);
  return svg + "</svg>\n";
}

}  // namespace hrm
