#include "cli/distributed.h"

#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "training/launch.h"

#if HRM_TORCH
#include "torch/gloo_collective.h"
#endif

namespace hrm::cli {
namespace {

std::unique_ptr<training::Collective> connect(const training::Launch& launch) {
  if (launch.size == 1) return std::make_unique<training::SingleProcess>();
#if HRM_TORCH
  return torch::connect_gloo(launch);
#else
  throw bad_input("cli.distributed",
                  "WORLD_SIZE = {}: this hrm was built without libtorch and runs as one process: configure with "
                  "-DHRM_TORCH=ON, or unset WORLD_SIZE",
                  launch.size);
#endif
}

}  // namespace

void run_distributed(const std::function<void(training::Collective&)>& work) {
  const training::Launch launch = training::read_launch();
  const std::unique_ptr<training::Collective> all = connect(launch);
  if (!all->is_root()) set_verbosity(Verbosity::kQuiet);
  try {
    work(*all);
    all->finish();
  } catch (const Error& error) {
    all->fail(error.what(), error.exit_code());
    throw;
  } catch (const std::exception& error) {
    all->fail(error.what(), 1);
    throw;
  }
}

size_t threads_of_process(size_t wanted) { return training::threads_of(training::read_launch(), wanted); }

}  // namespace hrm::cli
