#include "backends/machine.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace hrm::backends {
namespace {

TEST(Machine, NamesEveryDeviceAndTheChosenInstructionSet) {
  const Json machine = describe_machine();
  ASSERT_EQ(machine["devices"].size(), 3u);
  EXPECT_EQ(machine["devices"][0]["name"], "cpu");
  EXPECT_TRUE(machine["devices"][0]["available"]);
  EXPECT_EQ(machine["devices"][1]["available"].get<bool>(), HRM_TORCH == 1);
  const Json& sets = machine["instruction_set"];
  EXPECT_NE(std::find(sets["available"].begin(), sets["available"].end(), sets["chosen"]), sets["available"].end());
  EXPECT_GT(machine["threads"]["default"].get<size_t>(), 0u);
}

TEST(Machine, TableSaysWhatEachVariableDoes) {
  const std::string text = machine_table(describe_machine());
  for (const char* word : {"--device cpu", "--device aten", "--device cuda", "HRM_ISA", "HRM_THREADS", "bfloat16"})
    EXPECT_NE(text.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace hrm::backends
