// Which arithmetic serves a model: the one place that knows which backends this build has.
#pragma once

#include <memory>

#include "reasoning/backend.h"

namespace hrm::api {

// A backend for the configuration on options.device. Throws bad_input where this build has none for it, saying which
// switch adds one.
std::unique_ptr<reasoning::Backend> make_backend(const engine::ModelConfig& config,
                                                 const reasoning::BackendOptions& options);

}  // namespace hrm::api
