#include "kernels/dispatch.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {
namespace {

TEST(Dispatch, ChoosesTheBestUnlessAsked) {
  EXPECT_EQ(choose_instruction_set(nullptr), machine_instruction_set());
  EXPECT_EQ(choose_instruction_set("baseline"), InstructionSet::kBaseline);
}

TEST(Dispatch, RefusesOtherWordsAndSetsTheMachineDoesNotHave) {
  EXPECT_THROW(choose_instruction_set("avx"), Error);
  EXPECT_THROW(choose_instruction_set(""), Error);
  if (machine_instruction_set() < InstructionSet::kAvx512) {
    EXPECT_THROW(choose_instruction_set("avx512"), Error);
  }
}

TEST(Dispatch, DescribesTheProcessorAndTheChoice) {
  const std::string text = cpu_description();
  EXPECT_NE(text.find(name_of_enum(best_instruction_set())), std::string::npos) << text;
}

TEST(Dispatch, TheChosenTableIsOneOfTheMachines) {
  bool found = false;
  for (const NamedTable& set : machine_tables()) found |= set.table == &vector_table();
  EXPECT_TRUE(found);
  EXPECT_STREQ(machine_tables().front().name, "baseline");
}

}  // namespace
}  // namespace hrm::kernels
