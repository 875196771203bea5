// Row-major matrices into the layouts of matrix products: pair layout (kernels/bf16.h) and transposes. x [rows][width]
// may be float for bf16 results; it is then rounded. Input and output do not overlap.
#pragma once

#include "kernels/bf16.h"
#include "kernels/panel.h"

namespace hrm::kernels {

// out in pair layout with k = row, m = column, out.ld >= width; the missing partner of an odd last row is zero.
void interleave_rows(Size size, Panel<const float> x, Panel<float> out);
void interleave_rows(Size size, Panel<const float> x, Panel<bf16> out);
void interleave_rows(Size size, Panel<const bf16> x, Panel<bf16> out);

// out[c][r] = x[r][c], out.ld >= rows.
void transpose(Size size, Panel<const float> x, Panel<float> out);
void transpose(Size size, Panel<const float> x, Panel<bf16> out);
void transpose(Size size, Panel<const bf16> x, Panel<bf16> out);

// out in pair layout with k = column, m = row, out.ld >= rows; the missing partner of an odd last column is zero.
void transpose_pairs(Size size, Panel<const float> x, Panel<float> out);
void transpose_pairs(Size size, Panel<const float> x, Panel<bf16> out);
void transpose_pairs(Size size, Panel<const bf16> x, Panel<bf16> out);

namespace scalar {
void interleave_rows(Size size, Panel<const float> x, Panel<float> out);
void interleave_rows(Size size, Panel<const float> x, Panel<bf16> out);
void interleave_rows(Size size, Panel<const bf16> x, Panel<bf16> out);
void transpose(Size size, Panel<const float> x, Panel<float> out);
void transpose(Size size, Panel<const float> x, Panel<bf16> out);
void transpose(Size size, Panel<const bf16> x, Panel<bf16> out);
void transpose_pairs(Size size, Panel<const float> x, Panel<float> out);
void transpose_pairs(Size size, Panel<const float> x, Panel<bf16> out);
void transpose_pairs(Size size, Panel<const bf16> x, Panel<bf16> out);
}  // namespace scalar

}  // namespace hrm::kernels
