#include "solving/fit.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hrm::solving {
namespace {

std::unique_ptr<puzzles::Family> family(const Json& description) { return puzzles::make_family(description, "test"); }

TEST(Fit, ModelsOfNoFixedSizeTakeThatOfThePuzzles) {
  model::ModelConfig planes{.arch = model::arch_preset("trm-planes"), .data = {.seq_len = 81, .vocab_size = 11}};
  const auto sixteen = family({{"family", "sudoku"}, {"box_rows", 4}, {"box_columns", 4}});
  EXPECT_THROW(check_fit(planes, *sixteen), Error);
  adapt(planes, *sixteen);
  EXPECT_NO_THROW(check_fit(planes, *sixteen));
  EXPECT_EQ(planes.data.vocab_size, 18);
  EXPECT_EQ(planes.arch.box_width, 0);

  adapt(planes, *family({{"family", "sudoku"}, {"box_rows", 3}, {"box_columns", 2}}));  // the other way round
  EXPECT_EQ(planes.arch.box_width, 2);
  planes.validate();
  adapt(planes, *family({{"family", "sudoku"}, {"box_rows", 2}, {"box_columns", 3}}));
  EXPECT_EQ(planes.box_width(), 2) << "settings are kept for puzzles of the size that the model has";
  adapt(planes, *family({{"family", "sudoku"}, {"box_rows", 3}, {"box_columns", 3}}));
  EXPECT_EQ(planes.arch.box_width, 0);

  model::ModelConfig local = planes;
  local.arch.symbol_planes = false;
  local.arch.local_t = true;
  local.data = {.seq_len = 225, .vocab_size = 6};
  adapt(local, *family({{"family", "maze"}, {"height", 20}, {"width", 30}}));
  EXPECT_EQ(local.data.seq_len, 600);
  EXPECT_EQ(local.grid_width(), 30);
  local.validate();
}

TEST(Fit, LearnedPositionsFixTheSize) {
  model::ModelConfig config{.arch = model::arch_preset("trm-mlp"), .data = {.seq_len = 225, .vocab_size = 6}};
  config.arch.mlp_t = false;
  config.arch.local_t = true;
  config.arch.pos_encodings = model::Positions::kLearned;
  adapt(config, *family({{"family", "maze"}, {"height", 30}, {"width", 30}}));
  EXPECT_EQ(config.data.seq_len, 225);
}

TEST(Fit, PlanesRefuseAnswersThatAreNoSymbols) {
  model::ModelConfig config{.arch = model::arch_preset("trm-planes"), .data = {.seq_len = 81, .vocab_size = 11}};
  EXPECT_THROW(adapt(config, *family({{"family", "maze"}, {"height", 9}, {"width", 9}})), Error);
  EXPECT_THROW(adapt(config, *family({{"family", "arc"}, {"side", 9}})), Error);
  adapt(config, *family({{"family", "sudoku"}, {"box_rows", 3}, {"box_columns", 3}}));
}

TEST(Fit, OtherModelsKeepTheirSize) {
  model::ModelConfig config{.arch = model::arch_preset("trm-mlp"), .data = {.seq_len = 81, .vocab_size = 11}};
  const auto small = family({{"family", "sudoku"}, {"box_rows", 2}, {"box_columns", 2}});
  adapt(config, *small);
  EXPECT_EQ(config.data.seq_len, 81);
  EXPECT_THROW(check_fit(config, *small), Error);
}

}  // namespace
}  // namespace hrm::solving
