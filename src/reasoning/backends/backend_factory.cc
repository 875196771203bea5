#include "backends/backend_factory.h"

#include "base/error.h"
#include "engine/engine_backend.h"

#if HRM_TORCH
#include "aten/backend.h"
#endif

namespace hrm::backends {

std::unique_ptr<model::Backend> make_backend(const model::ModelConfig& config, const model::BackendOptions& options) {
  if (options.device == "cpu") return engine::make_engine_backend(config, options);
#if HRM_TORCH
  model::BackendOptions torch = options;
  if (options.device == "aten") torch.device = "cpu";
  return aten::make_aten_backend(config, torch);
#else
  throw bad_input("backends.make_backend",
                  "device '{}': this hrm was built without libtorch and has only the device 'cpu'; configure with "
                  "-DHRM_TORCH=ON for libtorch and CUDA",
                  options.device);
#endif
}

}  // namespace hrm::backends
