#include "model/operations.h"

#include <gtest/gtest.h>

namespace hrm::model {
namespace {

ModelConfig sudoku(ArchConfig arch, int64_t hidden) {
  arch.hidden_size = arch.puzzle_emb_ndim = hidden;
  arch.num_heads = hidden / 64;
  return {.arch = arch, .data = {.seq_len = 81, .vocab_size = 11}};
}

TEST(Operations, CountTheProductsOfHrmAsPublished) {
  // Two net calls per cycle ... the 27.3 M model at Sudoku's 82 tokens: 2.29 GFLOP per call of four blocks.
  const ModelConfig config = sudoku(arch_preset("hrm"), 512);
  const double block = 2.0 * 82 * (3 * 512 * 1536 + 4 * 512 * 512) + 4.0 * 82 * 82 * 512;
  EXPECT_DOUBLE_EQ(segment_operations(config), 6 * 4 * block);
  // With gradient: the last L and H call twice more; q_continue's target is one more segment.
  EXPECT_DOUBLE_EQ(training_operations(config), (6 + 2 * 2 + 6) * 4 * block);
}

TEST(Operations, CountTokenMixingAndTheWholeLastCycle) {
  ModelConfig config = sudoku(arch_preset("trm-mlp"), 128);
  ASSERT_EQ(config.tokens(), 97);
  const double block = 2.0 * 97 * 3 * 128 * 512 + 2.0 * 128 * 3 * 97 * 512;
  EXPECT_DOUBLE_EQ(segment_operations(config), 3 * 7 * 2 * block);
  EXPECT_DOUBLE_EQ(training_operations(config), (3 * 7 + 2 * 7) * 2 * block);
  config.arch.chains = 4;  // all run, one learns
  EXPECT_DOUBLE_EQ(training_operations(config), (4 * 3 * 7 + 2 * 7) * 2 * block);
}

}  // namespace
}  // namespace hrm::model
