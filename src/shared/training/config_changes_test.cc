#include "training/config_changes.h"

#include <gtest/gtest.h>

namespace hrm::training {
namespace {

TEST(ConfigChanges, NamesKeysAndValues) {
  const Json before = {{"lr", 0.1}, {"arch", {{"H_cycles", 2}}}, {"log_steps", 10}, {"old", 1}};
  const Json after = {{"arch", {{"H_cycles", 3}}}, {"lr", 0.1}, {"log_steps", 20}};
  const auto changes = config_changes(before, after);
  EXPECT_EQ(to_text(changes), "arch.H_cycles: 2 -> 3, log_steps: 10 -> 20, old: 1 -> (none)");
  EXPECT_TRUE(config_changes(before, before).empty());

  const std::string_view some[] = {"log_steps", "old"}, all[] = {"log_steps", "old", "arch."};
  try {
    refuse_changes(changes, some, "runs/a");
    FAIL() << "arch.H_cycles was let through";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    const std::string text = error.what();
    EXPECT_NE(text.find("arch.H_cycles: 2 -> 3"), std::string::npos) << text;
    EXPECT_EQ(text.find("log_steps"), std::string::npos) << text;
  }
  EXPECT_NO_THROW(refuse_changes(changes, all, "runs/a"));
}

}  // namespace
}  // namespace hrm::training
