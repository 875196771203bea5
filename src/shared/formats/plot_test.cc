#include "formats/plot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "formats/testing/occurrences.h"

namespace hrm {
namespace {

// Every element that is opened is closed, and no number is NaN or infinite.
void expect_well_formed(const std::string& svg) {
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
  for (const char* tag : {"text", "title", "g", "clipPath"})
    EXPECT_EQ(occurrences(svg, std::string("<") + tag + ">") + occurrences(svg, std::string("<") + tag + " "),
              occurrences(svg, std::string("</") + tag + ">"))
        << tag;
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(Plot, TicksAreRound) {
  EXPECT_EQ(nice_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks(-1, 1, 4), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
  EXPECT_EQ(nice_ticks(1030, 2980, 4), (std::vector<double>{1500, 2000, 2500}));
  const auto small = nice_ticks(1e-6, 9e-6, 5);
  ASSERT_FALSE(small.empty());
  EXPECT_NEAR(small.front(), 2e-6, 1e-15);
}

TEST(Plot, LinesBandsAndLegend) {
  const std::vector<PlotSeries> series = {{.name = "raw <1>",
                                           .x = {0, 1, 2, 3},
                                           .y = {0.1, 0.5, std::nan(""), 0.7},
                                           .low = {0, 0.4, 0.4, 0.6},
                                           .high = {0.2, 0.6, 0.6, 0.8}},
                                          {.name = "averaged", .x = {0, 3}, .y = {0, 1}}};
  const std::string svg = render_plot(series, {.title = "exact & more", .x_label = "step", .y_label = "share"});
  expect_well_formed(svg);
  EXPECT_NE(svg.find("exact &amp; more"), std::string::npos);
  EXPECT_NE(svg.find("raw &lt;1&gt;"), std::string::npos);
  EXPECT_EQ(occurrences(svg, "fill-opacity"), 1u);
  EXPECT_EQ(occurrences(svg, "<circle"), 5u);  // the point that is not a number is left out and breaks the line
  EXPECT_EQ(occurrences(svg, "stroke-linejoin"), 2u);
}

TEST(Plot, DegenerateDataStillDraw) {
  expect_well_formed(render_plot({}, {.title = "empty"}));
  EXPECT_NE(render_plot({}, {}).find("nothing measured yet"), std::string::npos);
  const std::vector<PlotSeries> one = {{.name = "one", .x = {5}, .y = {0}}};
  expect_well_formed(render_plot(one, {}));
  const std::vector<PlotSeries> flat = {{.name = "flat", .x = {1, 2}, .y = {1e-9, 1e-9}}};
  expect_well_formed(render_plot(flat, {}));
  const std::vector<PlotSeries> mixed = {{.name = "m", .x = {0, 1, 10, 1e5}, .y = {1, -1, 0.001, INFINITY}}};
  const std::string svg = render_plot(mixed, {.log_x = true, .log_y = true});
  expect_well_formed(svg);
  EXPECT_EQ(occurrences(svg, "<circle"), 1u);
}

TEST(Plot, LogarithmicAxesTickAtPowersOfTen) {
  const std::vector<PlotSeries> series = {{.name = "loss", .x = {1, 2, 3}, .y = {0.001, 1, 100}}};
  const std::string svg = render_plot(series, {.y_label = "loss", .log_y = true});
  expect_well_formed(svg);
  for (const char* label : {">0.001<", ">0.01<", ">0.1<", ">1<", ">10<", ">100<"})
    EXPECT_NE(svg.find(label), std::string::npos) << label;
}

TEST(Plot, FewPlacesOnALogarithmicAxisAreItsTicks) {
  std::vector<PlotSeries> series = {{.name = "a", .x = {1, 4, 16, 64}, .y = {1, 2, 3, 4}}};
  const std::string svg = render_plot(series, {.log_x = true});
  for (const char* label : {">1<", ">4<", ">16<", ">64<"}) EXPECT_NE(svg.find(label), std::string::npos) << label;
  EXPECT_EQ(svg.find(">10<"), std::string::npos);
  series[0].x = {1, 100, 101, 6400};  // two of them would be written over each other
  EXPECT_NE(render_plot(series, {.log_x = true}).find(">10<"), std::string::npos);
}

TEST(Plot, IsSaved) {
  const TemporaryFolder folder;
  save_plot(folder.path() / "a.svg", {}, {.title = "t"});
  EXPECT_EQ(read_file(folder.path() / "a.svg"), render_plot({}, {.title = "t"}));
}

}  // namespace
}  // namespace hrm
