// The reasoning model's arithmetic in plain ATen operations with autograd, on a CPU or a CUDA device: slow, readable,
// and the reference in the tests of faster backends.
#pragma once

#include <memory>

#include "model/gradient_backend.h"

namespace hrm::aten {

// Weights start from engine::initial_weights(config, 0). Throws bad_input on an invalid configuration or a device that
// this libtorch or machine does not have.
std::unique_ptr<model::GradientBackend> make_aten_backend(const model::ModelConfig& config,
                                                          const model::BackendOptions& options);

}  // namespace hrm::aten
