#include "training/launch.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/threads.h"

namespace hrm::training {
namespace {

constexpr std::string_view kInLaunch = "training.launch";
constexpr size_t kMostProcesses = 4096;

// Empty where it is unset.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

size_t number(const char* name, size_t least, size_t most) {
  const std::string text = variable(name);
  size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty())
    throw bad_input(kInLaunch, "{} is not set: start the processes with torchrun or srun, or set it", name);
  if (error != std::errc() || end != text.data() + text.size() || n < least || n > most)
    throw bad_input(kInLaunch, "{} = '{}': expected a whole number from {} to {}", name, text, least, most);
  return n;
}

}  // namespace

Shard read_shard() {
  Shard shard;
  const char *rank = "RANK", *size = "WORLD_SIZE";
  if (variable(size).empty()) {
    if (variable("SLURM_PROCID").empty() || variable("SLURM_NTASKS").empty() || variable("MASTER_ADDR").empty())
      return shard;
    rank = "SLURM_PROCID";
    size = "SLURM_NTASKS";
  }
  shard.size = number(size, 1, kMostProcesses);
  if (shard.size == 1) return shard;
  shard.rank = number(rank, 0, kMostProcesses);
  if (shard.rank >= shard.size)
    throw bad_input(kInLaunch, "{} = {}: expected less than {} = {}", rank, shard.rank, size, shard.size);
  return shard;
}

Launch read_launch() {
  const Shard shard = read_shard();
  Launch launch{.rank = shard.rank, .size = shard.size};
  if (launch.size == 1) return launch;
  launch.address = variable("MASTER_ADDR");
  if (launch.address.empty())
    throw bad_input(kInLaunch,
                    "WORLD_SIZE = {}, but MASTER_ADDR is not set: set it to the machine of process 0, or unset "
                    "WORLD_SIZE",
                    launch.size);
  launch.port = static_cast<uint16_t>(number("MASTER_PORT", 1, UINT16_MAX));
  if (!variable("LOCAL_WORLD_SIZE").empty()) launch.local_size = number("LOCAL_WORLD_SIZE", 1, kMostProcesses);
  const std::string agent = variable("TORCHELASTIC_USE_AGENT_STORE");
  launch.agent_store = agent == "True" || agent == "true" || agent == "1";
  launch.attempt = variable("TORCHELASTIC_RESTART_COUNT");
  if (!variable("HRM_JOIN_SECONDS").empty())
    launch.patience = std::chrono::seconds(number("HRM_JOIN_SECONDS", 1, 86400));
  return launch;
}

size_t threads_of(const Launch& launch, size_t wanted) {
  if (wanted > 0 || launch.size == 1 || !variable("HRM_THREADS").empty()) return wanted;
  return std::max<size_t>(1, default_threads() / launch.local_size);
}

}  // namespace hrm::training
