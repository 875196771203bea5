// Sets up libtorch for this machine.
#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace hrm::torch {

// cpu (also named aten), cuda or cuda:N. Throws bad_input naming --device for another name, and if there is no CUDA.
at::Device parse_device(const std::string& name);

// Threads, for a model of so many parameters: `wanted`, where 0 means all processors, or one where threads would wait
// for each other longer than they work. A run keeps its bits only with the same number.
// Memory: what is freed is kept for the next tensors. Fetched from the system for each anew, its pages are a quarter of
// the time of a small model.
void use_machine(size_t wanted, int64_t parameters);

}  // namespace hrm::torch
