// How much of a connection has been read.
#pragma once

#include <cstdint>

namespace hrm::policy {

// Bytes of a TCP socket that the program has taken from the kernel, since the connection began. 0 if the system does
// not say.
uint64_t read_bytes(int socket);

}  // namespace hrm::policy
