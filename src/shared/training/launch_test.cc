#include "training/launch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include "base/error.h"
#include "base/threads.h"

namespace hrm::training {
namespace {

constexpr const char* kVariables[] = {"RANK",
                                      "WORLD_SIZE",
                                      "MASTER_ADDR",
                                      "MASTER_PORT",
                                      "SLURM_PROCID",
                                      "SLURM_NTASKS",
                                      "LOCAL_WORLD_SIZE",
                                      "TORCHELASTIC_USE_AGENT_STORE",
                                      "TORCHELASTIC_RESTART_COUNT",
                                      "HRM_JOIN_SECONDS",
                                      "HRM_THREADS"};

Launch launch_with(const std::map<std::string, std::string>& environment) {
  for (const char* name : kVariables) ::unsetenv(name);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  struct Clean {
    ~Clean() {
      for (const char* name : kVariables) ::unsetenv(name);
    }
  } clean;
  return read_launch();
}

std::string refusal(const std::map<std::string, std::string>& environment) {
  try {
    launch_with(environment);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "";
}

TEST(Launch, WithoutALauncherThereIsOneProcess) {
  EXPECT_EQ(launch_with({}).size, 1u);
  EXPECT_EQ(launch_with({{"WORLD_SIZE", "1"}, {"RANK", "0"}}).size, 1u);
}

TEST(Launch, ReadsTheVariablesOfTorchrun) {
  const Launch launch = launch_with({{"RANK", "3"},
                                     {"WORLD_SIZE", "4"},
                                     {"MASTER_ADDR", "node1"},
                                     {"MASTER_PORT", "29500"},
                                     {"LOCAL_WORLD_SIZE", "2"},
                                     {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                     {"TORCHELASTIC_RESTART_COUNT", "2"},
                                     {"HRM_JOIN_SECONDS", "7"}});
  EXPECT_EQ(launch.rank, 3u);
  EXPECT_EQ(launch.size, 4u);
  EXPECT_EQ(launch.local_size, 2u);
  EXPECT_EQ(launch.address, "node1");
  EXPECT_EQ(launch.port, 29500);
  EXPECT_TRUE(launch.agent_store);
  EXPECT_EQ(launch.attempt, "2");
  EXPECT_EQ(launch.patience.count(), 7);
}

TEST(Launch, ReadsSlurmsVariablesWhereTheJobNamesAMeetingPlace) {
  const Launch launch =
      launch_with({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}, {"MASTER_ADDR", "node1"}, {"MASTER_PORT", "29500"}});
  EXPECT_EQ(launch.rank, 1u);
  EXPECT_EQ(launch.size, 2u);
  EXPECT_EQ(launch_with({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}}).size, 1u);
}

TEST(Launch, ProcessesOfAMachineShareItsProcessors) {
  ::unsetenv("HRM_THREADS");
  const size_t all = default_threads();
  EXPECT_EQ(threads_of({}, 0), 0u) << "one process takes them all";
  EXPECT_EQ(threads_of({.size = 2, .local_size = 2}, 3), 3u);
  EXPECT_EQ(threads_of({.size = 4, .local_size = 2}, 0), std::max<size_t>(1, all / 2));
  EXPECT_EQ(threads_of({.size = 1000, .local_size = 1000}, 0), 1u);
}

TEST(Launch, RefusesWhatIsMissingOrNoNumber) {
  EXPECT_NE(
      refusal(
          {{"WORLD_SIZE", "2"}, {"RANK", "0"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}, {"HRM_JOIN_SECONDS", "0"}})
          .find("HRM_JOIN_SECONDS = '0'"),
      std::string::npos);
  EXPECT_NE(refusal({{"WORLD_SIZE", "2"}}).find("RANK is not set"), std::string::npos);
  EXPECT_NE(refusal({{"WORLD_SIZE", "two"}}).find("WORLD_SIZE = 'two'"), std::string::npos);
  EXPECT_NE(refusal({{"WORLD_SIZE", "0"}}).find("WORLD_SIZE = '0'"), std::string::npos);
  EXPECT_NE(refusal({{"WORLD_SIZE", "2"}, {"RANK", "2"}}).find("RANK = 2"), std::string::npos);
  EXPECT_NE(refusal({{"WORLD_SIZE", "2"}, {"RANK", "-1"}}).find("RANK = '-1'"), std::string::npos);
  EXPECT_NE(refusal({{"WORLD_SIZE", "2"}, {"RANK", "0"}}).find("MASTER_ADDR is not set"), std::string::npos);
  const std::string port =
      refusal({{"WORLD_SIZE", "2"}, {"RANK", "0"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "70000"}});
  EXPECT_NE(port.find("MASTER_PORT = '70000'"), std::string::npos);
}

}  // namespace
}  // namespace hrm::training
