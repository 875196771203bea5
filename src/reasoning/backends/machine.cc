#include "backends/machine.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "base/threads.h"
#include "kernels/dispatch.h"
#include "kernels/gemm.h"
#include "kernels/vector_table.h"

#if HRM_TORCH
#include <ATen/Context.h>
#include <torch/version.h>
#endif

namespace hrm::backends {
namespace {

Json environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? Json(value) : Json();
}

size_t processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<size_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1u, std::thread::hardware_concurrency());
}

Json devices() {
#if HRM_TORCH
  const std::string torch = fmt::format("libtorch {}", TORCH_VERSION);
  const bool here = true, cuda = at::hasCUDA();
#else
  const std::string torch = "libtorch";
  const bool here = false, cuda = false;
#endif
  return {{{"name", "cpu"}, {"backend", "engine"}, {"available", true}},
          {{"name", "aten"}, {"backend", torch + " on the CPU"}, {"available", here}},
          {{"name", "cuda"}, {"backend", torch + " on CUDA"}, {"available", cuda}}};
}

std::string why_not(const std::string& device) {
  if (!HRM_TORCH) return "not in this build; -DHRM_TORCH=ON adds it";
  return device == "cuda" ? "no NVIDIA driver, or libtorch was built without CUDA" : "";
}

std::string set_to(const Json& value) {
  return value.is_null() ? "not set" : fmt::format("set to '{}'", value.get<std::string>());
}

}  // namespace

Json describe_machine() {
  std::vector<std::string> sets;
  for (const kernels::NamedTable& table : kernels::machine_tables()) sets.emplace_back(table.name);
  const std::string chosen =
      kernels::has_avx512_bf16() ? "avx512_bf16" : std::string(name_of_enum(kernels::best_instruction_set()));
  return {
      {"devices", devices()},
      {"processor", kernels::processor_name()},
      {"instruction_set", {{"chosen", chosen}, {"available", sets}, {"HRM_ISA", environment("HRM_ISA")}}},
      {"matrix_library", kernels::gemm_description()},
      {"native_bfloat16", kernels::native_bf16()},
      {"threads",
       {{"default", default_threads()}, {"processors", processors()}, {"HRM_THREADS", environment("HRM_THREADS")}}}};
}

std::string machine_table(const Json& machine) {
  std::string text;
  for (const Json& device : machine["devices"]) {
    const auto name = device["name"].get<std::string>();
    text += fmt::format("--device {:8} {}{}\n", name, device["backend"].get<std::string>(),
                        device["available"] ? "" : " (" + why_not(name) + ")");
  }
  const Json& sets = machine["instruction_set"];
  const Json& threads = machine["threads"];
  const bool bf16 = machine["native_bfloat16"];
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{:17} {}\n", name, value);
  };
  line("processor", machine["processor"]);
  line("instruction set", fmt::format("{}, of {}", sets["chosen"].get<std::string>(),
                                      fmt::join(sets["available"].get<std::vector<std::string>>(), ", ")));
  line("matrix library", machine["matrix_library"]);
  line("bfloat16",
       bf16 ? "native" : "not native: models of that type multiply in float32, which is more exact and faster");
  line("threads", fmt::format("{} by default, {} processors", threads["default"].get<size_t>(),
                              threads["processors"].get<size_t>()));
  line("HRM_ISA", set_to(sets["HRM_ISA"]) + "; baseline, avx2 or avx512 lowers the instruction set");
  line("HRM_THREADS", set_to(threads["HRM_THREADS"]) + "; the number of threads where --threads is 0");
  return text;
}

}  // namespace hrm::backends
