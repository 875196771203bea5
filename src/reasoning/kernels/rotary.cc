#include "kernels/rotary.h"

#include <cmath>

#include "kernels/stages.h"
#include "kernels/vector_table.h"

namespace hrm::kernels {

RotaryTable rotary_table(float theta, size_t tokens, size_t head_width) {
  RotaryTable table{.half = head_width / 2, .cosine = {}, .sine = {}};
  for (size_t t = 0; t < tokens; ++t)
    for (size_t i = 0; i < table.half; ++i) {
      const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_width);
      const float frequency = 1 / std::pow(theta, exponent);
      const float angle = static_cast<float>(t) * frequency;
      table.cosine.push_back(std::cos(angle));
      table.sine.push_back(std::sin(angle));
    }
  return table;
}

void rotate(Size size, Panel<float> x, const float* cosine, const float* sine) {
  const StageTimer timer(Stage::kRotary);
  vector_table().rotate(size, x, cosine, sine);
}

void rotate_back(Size size, Panel<float> x, const float* cosine, const float* sine) {
  const StageTimer timer(Stage::kRotary);
  vector_table().rotate_back(size, x, cosine, sine);
}

namespace scalar {
namespace {

// direction 1: rotate; -1: rotate_back.
template <int direction>
void turn(Size size, Panel<float> x, const float* cosine, const float* sine) {
  const size_t half = size.width / 2;
  for (size_t r = 0; r < size.rows; ++r)
    for (size_t i = 0; i < half; ++i) {
      float& first = x.data[r * x.ld + i];
      float& second = x.data[r * x.ld + half + i];
      const double a = first, b = second, c = cosine[r * half + i], s = direction * sine[r * half + i];
      first = static_cast<float>(a * c - b * s);
      second = static_cast<float>(b * c + a * s);
    }
}

}  // namespace

void rotate(Size size, Panel<float> x, const float* cosine, const float* sine) { turn<1>(size, x, cosine, sine); }
void rotate_back(Size size, Panel<float> x, const float* cosine, const float* sine) { turn<-1>(size, x, cosine, sine); }

}  // namespace scalar
}  // namespace hrm::kernels
