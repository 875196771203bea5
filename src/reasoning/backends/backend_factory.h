// Creates the backend of a device. Only this file knows which backends this build has.
#pragma once

#include <memory>

#include "model/backend.h"

namespace hrm::backends {

// A backend for the configuration on options.device. Throws bad_input if this build has none for it, saying which
// switch adds one.
std::unique_ptr<model::Backend> make_backend(const model::ModelConfig& config, const model::BackendOptions& options);

}  // namespace hrm::backends
