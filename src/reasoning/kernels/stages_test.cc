#include "kernels/stages.h"

#include <gtest/gtest.h>

#include <thread>

#include "kernels/gemm.h"
#include "kernels/rms_norm.h"

namespace hrm::kernels {
namespace {

double of(const StageSeconds& seconds, Stage stage) { return seconds[static_cast<size_t>(stage)]; }

void pause_in(Stage stage) {
  const StageTimer timer(stage);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

TEST(Stages, SumsThreadsAndStages) {
  start_profile();
  std::thread other([] { pause_in(Stage::kNorms); });
  pause_in(Stage::kNorms);
  other.join();
  const StageSeconds seconds = stop_profile();
  EXPECT_GE(of(seconds, Stage::kNorms), 0.04);
  EXPECT_EQ(of(seconds, Stage::kSoftmax), 0);
}

TEST(Stages, NothingIsNotedWhenOffAndEveryProfileStartsFromZero) {
  start_profile();
  pause_in(Stage::kSwiglu);
  stop_profile();
  pause_in(Stage::kSwiglu);
  start_profile();
  EXPECT_EQ(of(stop_profile(), Stage::kSwiglu), 0);
}

TEST(Stages, ProductsAndKernelsNoteThemselves) {
  std::vector<float> a(64 * 64, 1), b(64 * 64, 1), c(64 * 64);
  const Gemm<float> product({.m = 64, .n = 64, .k = 64, .lda = 64, .ldb = 64, .ldc = 64});
  start_profile();
  product(a.data(), b.data(), c.data());
  rms_norm_rows<float>({64, 64}, {c.data(), 64}, 1e-5f, {{b.data(), 64}, nullptr});
  const StageSeconds seconds = stop_profile();
  EXPECT_GT(of(seconds, Stage::kProducts), 0);
  EXPECT_GT(of(seconds, Stage::kNorms), 0);
}

}  // namespace
}  // namespace hrm::kernels
