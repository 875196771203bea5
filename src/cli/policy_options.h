// The flags of a policy behind endpoints, the same for every command that asks one.
#pragma once

#include "cli/command.h"
#include "policy/endpoint.h"

namespace hrm::cli {

// One flag per field of EndpointOptions: `api_key_variable` is --api-key-variable. `options` must outlive the command.
void add_endpoint_options(CLI::App& command, policy::EndpointOptions& options);

}  // namespace hrm::cli
