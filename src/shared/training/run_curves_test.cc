#include "training/run_curves.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/files.h"

namespace hrm::training {
namespace {

std::string drawn(const std::string& log) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "run" / "log.jsonl", log);
  return draw_run(folder.path() / "run" / "");
}

TEST(RunCurves, LossesAndHeldOutMeasuresApart) {
  const std::string svg = drawn(
      "{\"kind\": \"event\", \"step\": 0, \"seconds\": 0, \"event\": \"started\"}\n"
      "{\"kind\": \"train\", \"step\": 10, \"seconds\": 1, \"loss\": 3.5, \"lr\": 0.1, \"accuracy\": null}\n"
      "{\"kind\": \"evaluation\", \"step\": 10, \"exact_accuracy\": 0.25, \"q_loss\": 0.5, \"operations\": 1e12}\n"
      "[1, 2]\n{\"kind\": 7, \"step\": 1, \"loss\": 1}\n{\"kind\": \"train\", \"step\": \"x\", \"loss\": 1}\n"
      "{\"kind\": \"train\", \"step\": 20, \"loss\": 2.5}\n{\"kind\": \"train\", \"st");  // killed while writing
  for (const char* part : {"<title>run: losses</title>", "<title>run: held-out data</title>", ">loss<",
                           ">held-out q_loss<", "exact_accuracy"})
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  for (const char* part : {">lr<", "operations", ">accuracy<"}) EXPECT_EQ(svg.find(part), std::string::npos) << part;
}

TEST(RunCurves, NothingToDrawIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(draw_run(folder.path()), Error);
  EXPECT_THROW(drawn("{\"kind\": \"event\", \"step\": 0, \"event\": \"started\"}\n"), Error);
}

TEST(RunCurves, LongCurvesAreAveraged) {
  PlotSeries series{.name = "long"};
  for (int i = 0; i < 1201; ++i) {
    series.x.push_back(i);
    series.y.push_back(2 * i);
  }
  thin(series);
  EXPECT_EQ(series.x.size(), 401u);
  EXPECT_DOUBLE_EQ(series.x.front(), 1);  // of 0, 1 and 2
  EXPECT_DOUBLE_EQ(series.y.front(), 2);
}

}  // namespace
}  // namespace hrm::training
