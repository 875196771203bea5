#include "kernels/dispatch.h"

#include <array>
#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {
namespace {

constexpr const char* kInDispatch = "kernels.dispatch";

}  // namespace

std::string processor_name() {
#if defined(__wasm__)
  return "WebAssembly";
#else
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line))
    if (line.starts_with("model name")) return line.substr(std::min(line.find(':') + 2, line.size()));
#if defined(__x86_64__)
  return "x86-64 processor";
#elif defined(__aarch64__)
  return "AArch64 processor";
#else
  return "processor";
#endif
#endif
}

EnumNames<InstructionSet> enum_names(InstructionSet) {
  using enum InstructionSet;
  static constexpr std::array<std::pair<InstructionSet, std::string_view>, 3> kNames = {
      {{kBaseline, "baseline"}, {kAvx2, "avx2"}, {kAvx512, "avx512"}}};
  return kNames;
}

InstructionSet machine_instruction_set() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx2 && avx512) return InstructionSet::kAvx512;
  if (avx2) return InstructionSet::kAvx2;
#endif
  return InstructionSet::kBaseline;
}

InstructionSet choose_instruction_set(const char* asked) {
  const InstructionSet best = machine_instruction_set();
  if (!asked) return best;
  const InstructionSet chosen = parse_enum<InstructionSet>(asked, "HRM_ISA");
  if (chosen > best)
    throw bad_input(kInDispatch, "HRM_ISA={}: this machine supports at most {}; unset HRM_ISA to use that", asked,
                    name_of_enum(best));
  return chosen;
}

InstructionSet best_instruction_set() {
  static const InstructionSet chosen = choose_instruction_set(std::getenv("HRM_ISA"));
  return chosen;
}

bool has_avx512_bf16() {
#if defined(__x86_64__)
  return best_instruction_set() == InstructionSet::kAvx512 && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

bool has_avx512_vnni() {
#if defined(__x86_64__)
  return best_instruction_set() == InstructionSet::kAvx512 && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

std::string cpu_description() {
  return fmt::format("{}, {}{}", processor_name(), name_of_enum(best_instruction_set()),
                     has_avx512_bf16() ? " with bfloat16" : "");
}

const VectorTable& vector_table() {
  static const VectorTable& chosen = []() -> const VectorTable& {
#if defined(__x86_64__)
    if (has_avx512_bf16()) return kVectorAvx512Bf16;
    if (best_instruction_set() == InstructionSet::kAvx512) return kVectorAvx512;
    if (best_instruction_set() == InstructionSet::kAvx2) return kVectorAvx2;
#endif
    return kVectorBaseline;
  }();
  return chosen;
}

std::vector<NamedTable> machine_tables() {
  std::vector<NamedTable> tables = {{"baseline", &kVectorBaseline}};
#if defined(__x86_64__)
  const InstructionSet best = machine_instruction_set();
  if (best >= InstructionSet::kAvx2) tables.push_back({"avx2", &kVectorAvx2});
  if (best >= InstructionSet::kAvx512) tables.push_back({"avx512", &kVectorAvx512});
  if (best >= InstructionSet::kAvx512 && __builtin_cpu_supports("avx512bf16"))
    tables.push_back({"avx512_bf16", &kVectorAvx512Bf16});
#endif
  return tables;
}

}  // namespace hrm::kernels
