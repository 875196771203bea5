// Connects the processes of a job through libtorch's Gloo process group (c10d), over TCP.
//
// Process 0 listens on MASTER_ADDR:MASTER_PORT (or the launcher's agent does), all others meet there, and each then
// has a connection to every other one. GLOO_SOCKET_IFNAME names the network interface, where the one that the machine's
// name stands for is not the right one.
//
// A process that is killed closes its connections, which its neighbors notice at once. One that is stopped or cut off
// does not: each process therefore reports to the store once a second, and all end when one has not done so for 20 s.
// Only local clocks are compared. Work between two exchanges may take as long as it needs.
#pragma once

#include <memory>

#include "training/collective.h"
#include "training/launch.h"

namespace hrm::torch {

// Waits for the other processes, launch.patience. REQUIRES: launch.size > 1. Throws bad_input where the port
// is taken, two processes have one rank, or they disagree about their number; failure where processes do not come.
std::unique_ptr<training::Collective> connect_gloo(const training::Launch& launch);

}  // namespace hrm::torch
