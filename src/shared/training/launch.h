// The place of this process in a job of several, from the variables that launchers set:
//   RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT   torchrun and every launcher of PyTorch jobs; LOCAL_WORLD_SIZE where set
//   SLURM_PROCID, SLURM_NTASKS                   srun, with MASTER_ADDR and MASTER_PORT exported by the job's script
//   TORCHELASTIC_USE_AGENT_STORE                 torchrun: its agent keeps the store, and every process is a client
// Without WORLD_SIZE, and with SLURM's variables but no MASTER_ADDR, this is one process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/shards.h"

namespace hrm::training {

struct Launch {
  size_t rank = 0, size = 1;
  size_t local_size = 1;     // processes on this machine, where the launcher says so
  std::string address = {};  // of the store
  uint16_t port = 0;
  bool agent_store = false;
  std::chrono::seconds patience{60};  // for the other processes at the start: HRM_JOIN_SECONDS
  std::string attempt = {};           // of the launcher, which restarts what fails: keys of the store begin with it
};

// A process that works on its share and needs no others: RANK of WORLD_SIZE, without a place to meet. One of one where
// the variables are not set. Throws bad_input as read_launch().
Shard read_shard();

// Throws bad_input naming the variable that is missing or no number, and how to set it.
Launch read_launch();

// Threads of a process: `wanted`; if that is 0, its share of this machine's processors, unless HRM_THREADS says more.
size_t threads_of(const Launch& launch, size_t wanted);

}  // namespace hrm::training
