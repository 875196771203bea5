// A view of a few rows of a row-major matrix: what the vector kernels work on.
#pragma once

#include <cstddef>
#include <type_traits>

namespace hrm::kernels {

struct Size {
  size_t rows = 0, width = 0;
};

// Row r begins at data + r * ld, ld in elements; ld >= width. No alignment is required anywhere.
template <typename T>
struct Panel {
  T* data = nullptr;
  size_t ld = 0;

  operator Panel<const T>() const requires(!std::is_const_v<T>) { return {data, ld}; }
};

}  // namespace hrm::kernels
