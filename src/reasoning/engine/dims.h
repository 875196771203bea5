// The sizes of a model, as the engine's loops use them.
#pragma once

#include <cstddef>

#include "engine/groups.h"
#include "model/config.h"

namespace hrm::engine {

struct Dims {
  size_t S, P, T, D, V;  // tokens of a puzzle, puzzle tokens, T = P + S, width, vocabulary
  size_t N, W;           // heads, head width
  size_t I;              // inner width of the channel SwiGLU
  size_t M;              // inner width of the token-mixing SwiGLU, 0 for attention
  size_t T_even;         // T rounded up to 2: rows of an operand that is summed over tokens
  bool mixer;            // token mixing instead of attention
  Grid grid;             // with symbol planes, which mix by their groups (T = K S), and with local mixing
  bool local;            // a 3x3 convolution in the place of attention

  size_t state_size() const { return T * D; }
  bool planes() const { return grid.planes > 0; }
  bool on_grid() const { return planes() || local; }  // the Q head reads the mean of all tokens
  bool attention() const { return !mixer && !planes() && !local; }
};

// Whether a block's rows can be shared out to threads without changing a bit: all products over a share of the rows
// must be independent of the number of rows (kernels/gemm.h).
bool rows_can_be_shared(const Dims& dims);

// Throws bad_input if the engine's kernels do not fit (odd hidden_size or odd head width) and for settings that only
// the reference in ATen has (residual, mlp).
Dims dims_of(const model::ModelConfig& config);

}  // namespace hrm::engine
