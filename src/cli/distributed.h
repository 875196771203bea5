// Commands that several processes run together, as torchrun, srun and other launchers start them (docs/distributed.md).
#pragma once

#include <functional>

#include "training/collective.h"

namespace hrm::cli {

// Runs work with the processes of this job (training/launch.h; one alone where no launcher speaks). An error of one
// process ends all, each with one line. Messages of other processes than 0 are left out, warnings not.
void run_distributed(const std::function<void(training::Collective&)>& work);

// Threads of each process: `wanted`, where 0 is its share of the machine's processors.
size_t threads_of_process(size_t wanted);

}  // namespace hrm::cli
