#include "backends/backend_factory.h"

#include <gtest/gtest.h>

#include "backends/testing/devices.h"
#include "base/error.h"

namespace hrm::backends {
namespace {

model::ModelConfig tiny() {
  model::ModelConfig config{.arch = model::arch_preset("trm-mlp"), .data = {16, 6, 1}};
  config.arch.hidden_size = 32;
  config.arch.puzzle_emb_ndim = config.arch.puzzle_emb_len = 0;
  return config;
}

TEST(BackendFactory, MakesABackendOfTheConfiguration) {
  for (const std::string& device : devices()) {
    const auto backend = make_backend(tiny(), {.device = device, .threads = 1});
    EXPECT_EQ(fields_to_json(backend->config()), fields_to_json(tiny())) << device;
    const bool engine = backend->description().find("engine") != std::string::npos;
    EXPECT_EQ(engine, device == "cpu") << backend->description();
  }
}

TEST(BackendFactory, RefusesUnknownDevicesAndImpossibleModels) {
  for (const char* device : {"gpu", "cuda:x", "mps", ""})
    EXPECT_THROW(make_backend(tiny(), {.device = device}), Error) << device;
  model::ModelConfig config = tiny();
  config.arch.L_layers = 0;
  EXPECT_THROW(make_backend(config, {}), Error);
}

#if !HRM_TORCH
TEST(BackendFactory, SaysWhichSwitchAddsABackend) {
  try {
    make_backend(tiny(), {.device = "cuda"});
    FAIL() << "a build without libtorch made a backend for CUDA";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("-DHRM_TORCH=ON"), std::string::npos);
    EXPECT_EQ(e.exit_code(), 2);
  }
}
#endif

}  // namespace
}  // namespace hrm::backends
