#include "kernels/gemm_int8.h"

#include <type_traits>

#include "kernels/dispatch.h"
#include "kernels/stages.h"

namespace hrm::kernels {

bool native_int8() {
  static const bool native = has_avx512_vnni();
  return native;
}

template <typename R, typename C>
void multiply_int8(const Int8Product<R, C>& product, Panel<float> c, bool accumulate) {
  const StageTimer timer(Stage::kProducts);
#if defined(__x86_64__)
  if (native_int8()) return vnni::multiply_int8(product, c, accumulate);
#endif
  scalar::multiply_int8(product, c, accumulate);
}

namespace scalar {

template <typename R, typename C>
void multiply_int8(const Int8Product<R, C>& p, Panel<float> c, bool accumulate) {
  for (size_t i = 0; i < p.n; ++i)
    for (size_t j = 0; j < p.m; ++j) {
      int32_t sum = -p.correction[std::is_signed_v<R> ? i : j];
      for (size_t q = 0; q < p.k; ++q)
        sum += int32_t{p.rows.data[i * p.rows.ld + q]} *
               p.columns.data[(q / kGroup * p.columns.ld + j) * kGroup + q % kGroup];
      float& to = c.data[i * c.ld + j];
      const float value = static_cast<float>(sum) * p.column_scale[j] * p.row_scale[i];
      to = accumulate ? to + value : value;
    }
}

template void multiply_int8(const Int8Product<uint8_t, int8_t>&, Panel<float>, bool);
template void multiply_int8(const Int8Product<int8_t, uint8_t>&, Panel<float>, bool);

}  // namespace scalar

template void multiply_int8(const Int8Product<uint8_t, int8_t>&, Panel<float>, bool);
template void multiply_int8(const Int8Product<int8_t, uint8_t>&, Panel<float>, bool);

}  // namespace hrm::kernels
