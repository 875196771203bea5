// The options of the C interface have the program's defaults.
#include <gtest/gtest.h>
#include <hrm/hrm.h>

#include "solving/completion.h"

namespace hrm::library {
namespace {

TEST(Options, SolveWithTheDefaultsOfTheProgram) {
  const hrm_solve_options options = HRM_SOLVE_OPTIONS;
  const solving::CompletionOptions completion;
  EXPECT_EQ(options.model_runs, completion.model_runs);
  EXPECT_EQ(options.segments, completion.solver.segments);
  EXPECT_EQ(options.halting != 0, completion.solver.halting);
  EXPECT_EQ(options.halt_margin, completion.solver.halt_margin);
  EXPECT_EQ(options.views, completion.solver.views);
  EXPECT_EQ(options.batch, completion.solver.batch);
  EXPECT_EQ(options.seed, completion.solver.seed);
}

}  // namespace
}  // namespace hrm::library
