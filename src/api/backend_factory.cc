#include "api/backend_factory.h"

#include "base/error.h"

#if HRM_TORCH
#include "aten/backend.h"
#endif

namespace hrm::api {

#if HRM_TORCH

std::unique_ptr<reasoning::Backend> make_backend(const engine::ModelConfig& config,
                                                 const reasoning::BackendOptions& options) {
  return aten::make_aten_backend(config, options);
}

#else

std::unique_ptr<reasoning::Backend> make_backend(const engine::ModelConfig&, const reasoning::BackendOptions&) {
  throw bad_input(
      "api.make_backend",
      "this hrm was built without libtorch and cannot run models: configure with -DHRM_TORCH=ON (make build)");
}

#endif

}  // namespace hrm::api
