// Which instruction set the vector kernels use: the best this machine has, chosen once, on first use.
//
// HRM_ISA=baseline|avx2|avx512 lowers the choice, for tests and for comparing; one that the machine does not have, or
// another word, is bad_input. baseline is what the compiler targets by default (SSE2 on x86-64, NEON on AArch64).
#pragma once

#include <string>

#include "base/fields.h"

namespace hrm::kernels {

enum class InstructionSet { kBaseline, kAvx2, kAvx512 };  // in rising order
EnumNames<InstructionSet> enum_names(InstructionSet);

// The highest that this machine and this build have, whatever HRM_ISA says.
InstructionSet machine_instruction_set();

// What HRM_ISA=asked chooses; null: nothing asked. Throws bad_input.
InstructionSet choose_instruction_set(const char* asked);

// The chosen one. Throws bad_input for a bad HRM_ISA.
InstructionSet best_instruction_set();

// Native bf16 dot products (AVX512_BF16), and avx512 chosen.
bool has_avx512_bf16();

std::string processor_name();

// Sums of four products of bytes (AVX512_VNNI), and avx512 chosen.
bool has_avx512_vnni();

// "AMD EPYC, avx512"; for people.
std::string cpu_description();

}  // namespace hrm::kernels
