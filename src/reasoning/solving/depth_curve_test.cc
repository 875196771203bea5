#include "solving/depth_curve.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"
#include "solving/testing/scripted_backend.h"
#include "solving/testing/sudoku_data.h"

namespace hrm::solving {
namespace {

constexpr std::string_view kAnswerText = "1234341221434321";

puzzles::Tokens grid() { return puzzles::guess_family(16, 6)->parse(kAnswerText, "test").at(0); }

class DepthCurveTest : public testing::Test {
 protected:
  DepthCurveTest() {
    write_sudoku_data(
        data(), kAnswerText,
        {{".234341221434321", 0}, {"..34341221434321", 3}, {"...4341221434321", 7}, {"....341221434321", 20}});
  }
  std::filesystem::path data() const { return folder_.path() / "data"; }
  puzzles::Dataset open() const { return puzzles::Dataset::open(data(), "test"); }

  TemporaryFolder folder_;
};

// Fills one blank cell per segment and asks to halt when all are filled; of three blanks one too early.
ScriptedSegment fill_one_per_segment(std::span<const int32_t> inputs, int64_t segment, uint64_t) {
  const int64_t blanks = std::ranges::count(inputs, 1);
  ScriptedSegment played{.answer = grid()};
  for (int64_t cell = segment; cell < blanks; ++cell) played.answer[static_cast<size_t>(cell)] = 1;
  played.q_halt = segment >= blanks || (blanks == 3 && segment == 2) ? 2.f : -1.f;
  return played;
}

TEST_F(DepthCurveTest, AgreesWithEvaluationsOfThoseDepths) {
  ScriptedBackend backend(scripted_config(4), fill_one_per_segment);
  const std::vector<int64_t> depths = {1, 2, 5};
  const DepthCurve curve = depth_curve(backend, open(), depths, {.batch = 3, .progress = false});
  ASSERT_TRUE(curve.complete);
  ASSERT_EQ(curve.bands.size(), 4u);  // all, 0, 1-9, 10-99
  for (size_t i = 0; i < depths.size(); ++i) {
    const DepthScores& scores = curve.bands[0].depths[i];
    const Evaluation fixed = evaluate(backend, open(), {.segments = depths[i], .halting = false, .progress = false});
    const Evaluation halting = evaluate(backend, open(), {.segments = depths[i], .progress = false});
    EXPECT_EQ(scores.fixed.value, fixed.all.exact.value) << depths[i];
    EXPECT_EQ(scores.fixed.n, fixed.all.exact.n);
    EXPECT_EQ(scores.halting.value, halting.all.exact.value) << depths[i];
    EXPECT_DOUBLE_EQ(scores.used.value, halting.all.segments.value);
    for (size_t band = 1; band < curve.bands.size(); ++band)
      EXPECT_EQ(curve.bands[band].depths[i].fixed.value, fixed.bands[band - 1].scores.exact.value);
  }
  EXPECT_EQ(curve.bands[0].depths[2].fixed.value, 1);
  EXPECT_EQ(curve.bands[0].depths[2].halting.value, 0.75);
  EXPECT_EQ(to_json(curve).at("bands").at(0).at("depths").at(2).at("segments"), 5);
  EXPECT_NE(to_table(curve).find("rating 1-9: 2 puzzles"), std::string::npos) << to_table(curve);
  save_depth_plot(folder_.path() / "depth.svg", curve);
  EXPECT_NE(read_file(folder_.path() / "depth.svg").find("rating 10-99"), std::string::npos);
  EXPECT_EQ(depth_curve(backend, open(), depths, {.limit = 2, .progress = false}).bands[0].depths[0].used.n, 2u);
}

TEST_F(DepthCurveTest, CountsPuzzlesThatAreLostAgain) {
  ScriptedBackend backend(scripted_config(4), [](std::span<const int32_t>, int64_t segment, uint64_t) {
    ScriptedSegment played{.answer = grid()};
    if (segment > 2) played.answer[0] = 1;
    return played;
  });
  const std::vector<int64_t> depths = {2, 3};
  const DepthCurve curve = depth_curve(backend, open(), depths, {.progress = false});
  EXPECT_EQ(curve.bands[0].lost, 4u);
  EXPECT_EQ(curve.bands[0].depths[1].fixed.value, 0);
}

TEST_F(DepthCurveTest, InterruptedItSaysSo) {
  const InterruptScope scope;
  ScriptedBackend backend(scripted_config(4), [](std::span<const int32_t> inputs, int64_t segment, uint64_t history) {
    request_interrupt();
    return fill_one_per_segment(inputs, segment, history);
  });
  const std::vector<int64_t> depths = {1, 4};
  const DepthCurve curve = depth_curve(backend, open(), depths, {.progress = false});
  EXPECT_FALSE(curve.complete);
  EXPECT_TRUE(curve.bands.empty());
  EXPECT_NE(to_table(curve).find("interrupted"), std::string::npos);
}

TEST(Depths, AreNumbersThatRise) {
  EXPECT_EQ(parse_depths("4,16,64"), (std::vector<int64_t>{4, 16, 64}));
  EXPECT_EQ(parse_depths("1"), (std::vector<int64_t>{1}));
  for (const char* text : {"", "4,", ",4", "4,4", "16,4", "4,x", "0", "-1", "4 16", "70000", "1.5"})
    EXPECT_THROW(parse_depths(text), Error) << text;
}

}  // namespace
}  // namespace hrm::solving
