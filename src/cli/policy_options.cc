#include "cli/policy_options.h"

#include "cli/field_options.h"

namespace hrm::cli {

void add_endpoint_options(CLI::App& command, policy::EndpointOptions& options) { add_field_options(command, options); }

}  // namespace hrm::cli
