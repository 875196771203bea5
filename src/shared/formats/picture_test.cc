#include "formats/picture.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "base/error.h"
#include "base/files.h"
#include "formats/bars.h"
#include "formats/plot.h"
#include "formats/testing/occurrences.h"

namespace hrm {
namespace {

std::string message_of(const std::filesystem::path& path) {
  try {
    check_picture_path(path, "--plot");
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "";
}

// PATH as the test wants it, and as it was at the end.
class PathScope {
 public:
  explicit PathScope(const std::string& path) : before_(std::getenv("PATH")) { setenv("PATH", path.c_str(), 1); }
  ~PathScope() { setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

TEST(Picture, NamesThatAreNeitherSvgNorPngAreRefused) {
  for (const char* name : {"plot", "plot.txt", "plot.svg.gz", ".svg", "folder.svg/plot"}) {
    const std::string message = message_of(name);
    EXPECT_NE(message.find(name), std::string::npos) << name;
    EXPECT_NE(message.find(".svg or .png"), std::string::npos) << name;
  }
  EXPECT_EQ(message_of("a.b/plot.svg"), "");
  EXPECT_EQ(message_of("plot.SVG"), "");
  const TemporaryFolder folder;
  EXPECT_THROW(save_picture(folder.path() / "plot.gif", "<svg/>"), Error);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "plot.gif"));
}

TEST(Picture, PngWithoutTheConverterNamesThePackage) {
  const TemporaryFolder empty;
  const PathScope scope(empty.path().string());
  EXPECT_NE(message_of("plot.png").find("librsvg2-bin"), std::string::npos);
  EXPECT_EQ(message_of("plot.svg"), "");
}

TEST(Picture, PngIsTwiceAsLargeAsTheSvg) {
  if (!message_of("a.png").empty()) GTEST_SKIP() << "skipped: rsvg-convert is not installed";
  const TemporaryFolder folder;
  const std::vector<PlotSeries> series = {{.name = "a", .x = {1, 2}, .y = {1, 3}}};
  save_plot(folder.path() / "a.png", series, {.title = "t \xff <&>", .width = 300, .height = 200});
  const std::string png = read_file(folder.path() / "a.png");
  ASSERT_GE(png.size(), 24u);
  EXPECT_EQ(png.substr(1, 3), "PNG");
  const auto big_endian = [&](size_t at) {
    int value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(png[at + i]);
    return value;
  };
  EXPECT_EQ(big_endian(16), 600);
  EXPECT_EQ(big_endian(20), 400);
}

TEST(Picture, AConverterThatFailsLeavesNothing) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "rsvg-convert", std::string_view("#!/bin/sh\necho no fonts >&2\nexit 3\n"));
  std::filesystem::permissions(folder.path() / "rsvg-convert", std::filesystem::perms::owner_all);
  const PathScope scope(folder.path().string());
  try {
    save_picture(folder.path() / "a.png", "<svg/>");
    FAIL() << "was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 1);
    EXPECT_NE(std::string(error.what()).find("no fonts"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.png"));
}

TEST(Picture, ArrangedInRowsWithNamesOfTheirOwn) {
  const std::vector<PlotSeries> series = {{.name = "a", .x = {1, 2}, .y = {1, 3}}};
  const std::string wide = render_plot(series, {.title = "one", .width = 300, .height = 100});
  const std::string high = render_plot(series, {.title = "two", .width = 200, .height = 400});
  EXPECT_EQ(arrange_pictures(std::vector{wide}, 2), wide);
  const std::string all = arrange_pictures(std::vector{wide, high, wide}, 2);
  EXPECT_NE(all.find("width=\"500\" height=\"500\""), std::string::npos);  // 300 + 200, 400 + 100
  EXPECT_NE(all.find("<svg x=\"300\" y=\"0\""), std::string::npos);
  EXPECT_NE(all.find("<svg x=\"0\" y=\"400\""), std::string::npos);
  for (const char* name : {"id=\"plot0\"", "id=\"plot1\"", "id=\"plot2\"", "url(#plot2)"})
    EXPECT_EQ(occurrences(all, name), 1u) << name;
  EXPECT_EQ(occurrences(all, "<svg"), occurrences(all, "</svg>"));
}

TEST(Bars, PartsAreSharesOfTheirBar) {
  const std::vector<BarPart> parts = {{"right", "#0072B2"}, {"wrong <x>", "#D55E00"}};
  const std::vector<StackedBar> bars = {{"all", {3, 1}}, {"none", {0, 0}}, {"one part", {0, 7}}};
  const std::string svg = render_stacked_bars(parts, bars, {.title = "a & b"});
  EXPECT_EQ(occurrences(svg, "<title>right: 3 of 4</title>"), 1u);
  EXPECT_NE(svg.find(">75 %<"), std::string::npos);
  EXPECT_NE(svg.find(">n = 0<"), std::string::npos);
  EXPECT_NE(svg.find("a &amp; b"), std::string::npos);
  EXPECT_NE(svg.find("wrong &lt;x&gt;: 7 of 7"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(render_stacked_bars(parts, {}, {}).find("nothing measured yet"), std::string::npos);
}

TEST(Bars, IntervalsBesideAReference) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<IntervalRow> rows = {{"a", 0.1, 0.05, 0.15}, {"b", -0.2, -0.3, -0.1}, {"undefined", nan, nan, nan}};
  const std::string svg = render_intervals(rows, {.title = "t", .x_label = "difference", .reference = 0.0});
  EXPECT_EQ(occurrences(svg, "<circle"), 2u);
  EXPECT_EQ(occurrences(svg, "stroke-dasharray"), 1u);
  EXPECT_NE(svg.find(">undefined<"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(render_intervals({}, {}).find("nothing measured yet"), std::string::npos);
  const std::vector<IntervalRow> point = {{"p", 2, 2, 2}};
  EXPECT_EQ(occurrences(render_intervals(point, {}), "<circle"), 1u);
  const std::vector<IntervalRow> longer = {{std::string(60, 'x') + "\xc3\xa9\xc3\xa9", 1, 0, 2}};
  EXPECT_NE(render_intervals(longer, {}).find("...<"), std::string::npos);
}

}  // namespace
}  // namespace hrm
