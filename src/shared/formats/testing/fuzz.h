// What every fuzz target of this room does: hand the input to a reader, for which only hrm::Error is a proper refusal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/error.h"

namespace hrm {

int fuzz_reader(const uint8_t* data, size_t size, auto&& read) {
  try {
    read(std::as_bytes(std::span(data, size)));
  } catch (const Error&) {
  }
  return 0;
}

// Ends the process, which libFuzzer reports, where what was read does not have a property that it must have.
inline void fuzz_require(bool held) {
  if (!held) std::abort();
}

}  // namespace hrm
