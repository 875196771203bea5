#include "backends/bench.h"

#include <gtest/gtest.h>

#include "backends/child.h"
#include "backends/gemm_rate.h"
#include "base/error.h"
#include "base/testing/paths.h"
#include "model/operations.h"

namespace hrm::backends {
namespace {

TEST(Child, HandsBackValuesErrorsAndPeakMemory) {
  const ChildResult small = run_in_child([] { return Json{{"answer", 42}}; });
  EXPECT_EQ(small.value["answer"], 42);
  const ChildResult large = run_in_child([] {
    const std::vector<char> memory(size_t{64} << 20, 1);
    return Json(memory[12345]);
  });
  EXPECT_GT(large.peak_mib, small.peak_mib + 60);
  try {
    run_in_child([]() -> Json { throw bad_input("room.function", "value {} is wrong", 7); });
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::kBadInput);
    EXPECT_STREQ(error.what(), "[room.function] value 7 is wrong");
  }
  EXPECT_THROW(run_in_child([]() -> Json { std::abort(); }), Error);
}

TEST(GemmRate, IsPositiveForBothOperands) {
  for (const auto precision : {model::Precision::kFloat32, model::Precision::kBFloat16})
    EXPECT_GT(measure_gemm(operand_type(precision), 128, 1), 0.01);
}

TEST(Bench, MeasuresACase) {
  const BenchCase tiny{.model = "hrm", .hidden = 32, .batch = 2, .seq = 16, .vocab = 6, .threads = 1};
  const Json report = run_bench(std::span(&tiny, 1), {.rounds = 2, .repeats = 1, .profile = true});
  ASSERT_EQ(report["rows"].size(), 1u);
  const Json& row = report["rows"][0];
  const double ms = row["ms_per_sample_segment"];
  EXPECT_GT(ms, 0);
  EXPECT_LE(ms, row["slowest_ms"].get<double>());
  EXPECT_NEAR(row["gflops"].get<double>(), model::training_operations(bench_config(tiny)) / ms * 1e-6, 1e-6);
  EXPECT_NEAR(row["share"].get<double>(), row["gflops"].get<double>() / row["g"].get<double>(), 1e-9);
  EXPECT_GT(row["stages"]["products"].get<double>(), 0);
  double sum = 0;
  for (const auto& [stage, share] : row["stages"].items()) sum += share.get<double>();
  EXPECT_NEAR(sum, 1, 0.3);  // medians of shares
  EXPECT_NE(bench_table(report).find("hrm"), std::string::npos);
}

TEST(Bench, RefusesWhatItCannotMeasure) {
  const auto run = [](BenchCase bench, BenchOptions options) { run_bench(std::span(&bench, 1), options); };
  EXPECT_THROW(run({.model = "gpt"}, {}), Error);
  EXPECT_THROW(run({.batch = 0}, {}), Error);
  EXPECT_THROW(run({}, {.rounds = 0}), Error);
  EXPECT_THROW(run({}, {.repeats = 0}), Error);
  EXPECT_THROW(run({.device = "cuda"}, {.profile = true}), Error);
}

}  // namespace
}  // namespace hrm::backends
