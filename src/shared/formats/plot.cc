#include "formats/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <set>

#include "formats/picture.h"
#include "formats/svg.h"

namespace hrm {
namespace {

// Okabe and Ito's palette without yellow (too pale on white), in an order of good contrast between neighbors.
constexpr std::array<std::string_view, 7> kColors = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                     "#56B4E9", "#E69F00", "#444444"};
constexpr std::array<std::string_view, 3> kDashes = {"", "7 3", "2 3"};
constexpr int kLeft = 64, kRight = 18, kTop = 40, kBottom = 50, kLegendLine = 18;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// One axis: data to pixels, and where its ticks stand. Logarithmic axes work on decimal logarithms.
struct Axis {
  bool log = false;
  double low = kNan, high = kNan;  // on the scale
  double pixel_low = 0, pixel_high = 0;

  double scaled(double value) const {
    if (!log) return value;
    return value > 0 ? std::log10(value) : kNan;
  }
  void include(double value) {
    const double s = scaled(value);
    if (!std::isfinite(s)) return;
    low = std::isnan(low) ? s : std::min(low, s);
    high = std::isnan(high) ? s : std::max(high, s);
  }
  void finish(bool snap) {
    if (std::isnan(low)) low = 0, high = 1;
    if (high - low < 1e-12 * std::max(std::abs(low), 1.0)) {
      const double half = low == 0 ? 0.5 : std::abs(low) * 0.05;
      low -= half;
      high += half;
    }
    if (!snap) return;
    // Room at both ends, but a range that starts at 0 keeps touching it.
    const double margin = (high - low) * 0.04;
    if (low != 0) low -= margin;
    high += margin;
  }
  double pixel(double value) const {
    return pixel_low + (scaled(value) - low) / (high - low) * (pixel_high - pixel_low);
  }
  std::vector<double> ticks(int wanted) const {  // in data units
    if (!log) return nice_ticks(low, high, wanted);
    std::vector<double> values;
    const int step = std::max(1, static_cast<int>((high - low) / wanted));
    const bool few = high - low < 3;  // decades: 2 and 5 times a power of ten stand between the powers
    for (int power = static_cast<int>(std::floor(low)); power <= high; power += step)
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double value = factor * std::pow(10, power);
        if ((few || factor == 1) && scaled(value) >= low && scaled(value) <= high) values.push_back(value);
      }
    if (values.size() >= 2) return values;
    values.clear();
    for (double tick : nice_ticks(std::pow(10, low), std::pow(10, high), wanted))
      if (tick > 0) values.push_back(tick);
    return values;
  }
};

// All labels of an axis have the unit that suits the largest tick.
std::string tick_label(double value, double largest) {
  const double magnitude = std::abs(value);
  if (magnitude <= largest * 1e-12) return "0";
  if (largest >= 1e9 || largest < 1e-3) return fmt::format("{:.3g}", value);
  if (largest >= 1e6) return fmt::format("{:.4g}M", value / 1e6);
  if (largest >= 1e4) return fmt::format("{:.4g}k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

double largest_of(std::span<const double> ticks) {
  double largest = 0;
  for (const double tick : ticks) largest = std::max(largest, std::abs(tick));
  return largest;
}

struct Style {
  std::string_view color, dash;
};
Style style_of(size_t i) { return {kColors[i % kColors.size()], kDashes[i / kColors.size() % kDashes.size()]}; }

class Chart {
 public:
  Chart(std::span<const PlotSeries> series, const PlotOptions& options) : series_(series), options_(options) {
    x_.log = options.log_x;
    y_.log = options.log_y;
    for (const PlotSeries& s : series) {
      assert(s.y.size() == s.x.size() && s.low.size() == s.high.size() &&
             (s.low.empty() || s.low.size() == s.x.size()));
      for (size_t i = 0; i < s.x.size(); ++i) {
        if (!drawable(s.x[i], s.y[i])) continue;
        empty_ = false;
        measured_.insert(s.x[i]);
        x_.include(s.x[i]);
        y_.include(s.y[i]);
        if (!s.low.empty()) y_.include(s.low[i]), y_.include(s.high[i]);
      }
    }
    const bool fixed = options.y_min != options.y_max;
    if (fixed) y_.low = y_.scaled(options.y_min), y_.high = y_.scaled(options.y_max);
    x_.finish(false);
    y_.finish(!fixed);
    x_.pixel_low = kLeft;
    x_.pixel_high = options.width - kRight;
    y_.pixel_low = options.height - kBottom;
    y_.pixel_high = kTop + legend_height();
  }

  std::string render() {
    out_ = svg_head({options_.width, options_.height}, options_.title, kLeft);
    draw_axes();
    out_ += fmt::format(
        "<clipPath id=\"plot\"><rect x=\"{}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/></clipPath>\n", kLeft,
        y_.pixel_high, x_.pixel_high - kLeft, y_.pixel_low - y_.pixel_high);
    out_ += "<g clip-path=\"url(#plot)\">\n";
    for (size_t i = 0; i < series_.size(); ++i) draw_band(series_[i], style_of(i));
    for (size_t i = 0; i < series_.size(); ++i) draw_line(series_[i], style_of(i));
    out_ += "</g>\n";
    if (empty_)
      text({(kLeft + x_.pixel_high) / 2, (y_.pixel_low + y_.pixel_high) / 2, "middle"}, "nothing measured yet",
           kSvgMuted);
    draw_legend();
    return out_ + "</svg>\n";
  }

 private:
  bool drawable(double x, double y) const { return std::isfinite(x_.scaled(x)) && std::isfinite(y_.scaled(y)); }

  // Legend entries fill rows above the plot; a single series needs none if the axis names it.
  bool has_legend() const { return series_.size() > 1 || (series_.size() == 1 && series_[0].name != options_.y_label); }
  double entry_width(const PlotSeries& s) const { return 40 + 6.6 * static_cast<double>(s.name.size()); }
  int legend_height() const {
    if (!has_legend()) return 0;
    double at = 0;
    int rows = 1;
    for (const PlotSeries& s : series_) {
      if (at > 0 && at + entry_width(s) > options_.width - kLeft - kRight) ++rows, at = 0;
      at += entry_width(s);
    }
    return rows * kLegendLine;
  }
  void draw_legend() {
    if (!has_legend()) return;
    double at = kLeft, y = kTop + 4;
    for (size_t i = 0; i < series_.size(); ++i) {
      const double width = entry_width(series_[i]);
      if (at > kLeft && at + width > options_.width - kRight) at = kLeft, y += kLegendLine;
      const Style style = style_of(i);
      out_ +=
          fmt::format("<path d=\"M{:.1f} {:.1f}h20\" stroke=\"{}\" stroke-width=\"2.5\" stroke-dasharray=\"{}\"/>\n",
                      at, y - 4, style.color, style.dash.empty() ? "none" : style.dash);
      text({at + 26, y, "start"}, series_[i].name, kSvgInk);
      at += width;
    }
  }

  void text(const SvgPlace& at, std::string_view content, std::string_view attributes) {
    out_ += svg_text(at, content, attributes);
  }

  void draw_axes() {
    const auto y_ticks = y_.ticks(6), x_ticks = measured_or_round_ticks();
    for (double tick : y_ticks) {
      const double y = y_.pixel(tick);
      if (!(y <= y_.pixel_low + 0.5 && y >= y_.pixel_high - 0.5)) continue;
      out_ += fmt::format("<path d=\"M{} {:.1f}H{:.1f}\" stroke=\"#e4e4e4\"/>\n", kLeft, y, x_.pixel_high);
      text({kLeft - 8, y + 4, "end"}, tick_label(tick, largest_of(y_ticks)), kSvgMuted);
    }
    for (double tick : x_ticks) {
      const double x = x_.pixel(tick);
      out_ += fmt::format("<path d=\"M{:.1f} {:.1f}v5\" stroke=\"#888888\"/>\n", x, y_.pixel_low);
      text({x, y_.pixel_low + 19, "middle"}, tick_label(tick, largest_of(x_ticks)), kSvgMuted);
    }
    out_ += fmt::format("<path d=\"M{} {:.1f}H{:.1f}\" stroke=\"#888888\"/>\n", kLeft, y_.pixel_low, x_.pixel_high);
    text({(kLeft + x_.pixel_high) / 2, options_.height - 10.0, "middle"}, options_.x_label, kSvgInk);
    const double middle = (y_.pixel_low + y_.pixel_high) / 2;
    text({16, middle, "middle"}, options_.y_label,
         fmt::format("fill=\"#222222\" transform=\"rotate(-90 16 {:.1f})\"", middle));
  }

  // A few places on a logarithmic axis, such as 1, 4, 16, are themselves what a reader looks for, unless they stand too
  // close together.
  std::vector<double> measured_or_round_ticks() const {
    constexpr size_t kFewPlaces = 12;
    constexpr double kApart = 30;  // pixels
    const std::vector<double> round = x_.ticks(options_.width / 100);
    if (!options_.log_x || measured_.size() < 2 || measured_.size() > kFewPlaces) return round;
    double last = -kApart;
    for (const double x : measured_) {
      if (x_.pixel(x) - last < kApart) return round;
      last = x_.pixel(x);
    }
    return {measured_.begin(), measured_.end()};
  }

  void draw_line(const PlotSeries& s, const Style& style) {
    std::string path;
    size_t points = 0, last = 0;
    for (size_t i = 0; i < s.x.size(); ++i) {
      if (!drawable(s.x[i], s.y[i])) continue;
      const bool joined = points > 0 && last + 1 == i;
      path += fmt::format("{}{:.1f} {:.1f}", joined ? 'L' : 'M', x_.pixel(s.x[i]), y_.pixel(s.y[i]));
      last = i;
      ++points;
    }
    if (points == 0) return;
    out_ += fmt::format(
        "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-linejoin=\"round\" "
        "stroke-linecap=\"round\" "
        "stroke-dasharray=\"{}\"/>\n",
        path, style.color, style.dash.empty() ? "none" : style.dash);
    constexpr size_t kFewPoints = 40;  // shown as dots too, so that single measurements are seen
    if (points > kFewPoints) return;
    for (size_t i = 0; i < s.x.size(); ++i)
      if (drawable(s.x[i], s.y[i]))
        out_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.6\" fill=\"{}\"/>\n", x_.pixel(s.x[i]),
                            y_.pixel(s.y[i]), style.color);
  }

  void draw_band(const PlotSeries& s, const Style& style) {
    std::string there, back;
    for (size_t i = 0; i < s.low.size(); ++i) {
      if (!drawable(s.x[i], s.low[i]) || !drawable(s.x[i], s.high[i])) continue;
      there += fmt::format("{}{:.1f} {:.1f}", there.empty() ? 'M' : 'L', x_.pixel(s.x[i]), y_.pixel(s.low[i]));
      back = fmt::format("L{:.1f} {:.1f}", x_.pixel(s.x[i]), y_.pixel(s.high[i])) + back;
    }
    if (!there.empty())
      out_ += fmt::format("<path d=\"{}{}Z\" fill=\"{}\" fill-opacity=\"0.18\"/>\n", there, back, style.color);
  }

  std::span<const PlotSeries> series_;
  const PlotOptions& options_;
  Axis x_, y_;
  bool empty_ = true;
  std::set<double> measured_;  // where points are drawn, along x
  std::string out_;
};

}  // namespace

std::vector<double> nice_ticks(double low, double high, int wanted) {
  const double rough = (high - low) / std::max(wanted, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= rough * 0.999) step = factor * power;
  std::vector<double> ticks;
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double i = first; i <= last && ticks.size() < 100; ++i) ticks.push_back(i * step);
  return ticks;
}

std::string_view plot_color(size_t i) { return kColors[i % kColors.size()]; }

std::string render_plot(std::span<const PlotSeries> series, const PlotOptions& options) {
  return Chart(series, options).render();
}

void save_plot(const std::filesystem::path& path, std::span<const PlotSeries> series, const PlotOptions& options) {
  save_picture(path, render_plot(series, options));
}

}  // namespace hrm
