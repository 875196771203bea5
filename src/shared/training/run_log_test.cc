#include "training/run_log.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

TEST(RunLog, GoesOnWhereTheCheckpointWas) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(), RunMode::kNew);
  uint64_t size = 0;
  {
    RunLog log(run, 0, 0);
    log.event(0, 0, "started");
    log.train(10, 1.23456, {{"loss", 2.5}, {"bad", NAN}});
    log.evaluation(10, 2, {{"exact", 0.25}});
    size = log.size();
    log.train(20, 3, {{"loss", 1.5}});
    log.evaluation(20, 4, {{"exact", 0.75}});
  }
  const std::string torn = read_file(run.log()) + R"({"kind":"tr)";
  write_file_atomic(run.log(), torn);

  RunLog log(run, 10, size);
  EXPECT_EQ(log.history("evaluation", "exact"), std::vector<double>{0.25});
  EXPECT_EQ(log.history("train", "bad"), std::vector<double>{});  // null
  log.evaluation(20, 4, {{"exact", 0.5}});
  EXPECT_EQ(log.history("evaluation", "exact"), (std::vector<double>{0.25, 0.5}));
  const std::string text = read_file(run.log());
  EXPECT_NE(text.find(R"({"kind":"train","step":10,"seconds":1.235,"loss":2.5,"bad":null})"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("1.5"), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(run.tensorboard()), {}), 2);  // one file per process
}

TEST(RunLog, AnEarlierLogShorterThanTheCheckpointIsKept) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(), RunMode::kNew);
  RunLog(run, 0, 0).train(1, 1, {{"loss", 3}});
  EXPECT_EQ(RunLog(run, 5, 100000).history("train", "loss"), std::vector<double>{3});
}

TEST(RunLog, DrawsWhatWasMeasuredAndThinsLongCurves) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(), RunMode::kNew);
  RunLog log(run, 0, 0);
  for (uint64_t step = 1; step <= 1500; ++step) log.train(step, 0, {{"loss", 1.0 / static_cast<double>(step)}});
  log.draw({.path = run.losses(),
            .title = "Losses",
            .y_label = "mean",
            .curves = {{"tokens", "train", "loss"}, {"nothing here", "train", "absent"}},
            .log_y = true});
  const std::string svg = read_file(run.losses());
  EXPECT_NE(svg.find("tokens"), std::string::npos);
  EXPECT_EQ(svg.find("nothing here"), std::string::npos);
  EXPECT_LT(svg.size(), 30'000u);
}

}  // namespace
}  // namespace hrm::training
