#include "engine/dims.h"

#include "base/error.h"
#include "engine/blocked_gemm.h"
#include "kernels/gemm.h"

namespace hrm::engine {

namespace {

// Settings that only the reference has.
void refuse_unknown(const model::ArchConfig& arch) {
  const auto refuse = [](std::string_view setting, auto value) {
    throw bad_input("engine.dims_of", "arch.{} = {}: the engine does not have it yet; use --device aten", setting,
                    value);
  };
  if (arch.residual != model::Residual::kPlain) refuse("residual", name_of_enum(arch.residual));
  if (arch.mlp != model::MlpKind::kSwiglu) refuse("mlp", name_of_enum(arch.mlp));
}

Grid grid_of(const model::ModelConfig& config) {
  if (!config.arch.on_grid()) return {};
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  const int64_t width = config.grid_width(), box = config.box_width();
  Grid grid{.width = size(width), .height = size(config.data.seq_len / width)};
  if (!config.arch.symbol_planes) return grid;
  grid.planes = size(config.planes());
  grid.box_width = size(box);
  grid.box_height = size(width / box);
  return grid;
}

}  // namespace

Dims dims_of(const model::ModelConfig& config) {
  config.validate();
  refuse_unknown(config.arch);
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  const bool mixer = config.arch.mlp_t;
  Dims d{.S = size(config.data.seq_len),
         .P = size(config.puzzle_tokens()),
         .T = size(config.tokens()),
         .D = size(config.arch.hidden_size),
         .V = size(config.data.vocab_size),
         .N = size(config.arch.num_heads),
         .W = size(config.head_width()),
         .I = size(config.inner_width()),
         .M = mixer ? size(config.token_inner_width()) : 0,
         .T_even = (size(config.tokens()) + 1) / 2 * 2,
         .mixer = mixer,
         .grid = grid_of(config),
         .local = config.arch.local_t};
  if (d.planes() && d.D > kFeatureBlock && d.D % kFeatureBlock != 0)
    throw bad_input("engine.dims_of",
                    "hidden_size {} with symbol planes: the engine needs at most {} or a multiple of it", d.D,
                    kFeatureBlock);
  if (d.D % 2 != 0 || (d.attention() && d.W % 2 != 0))
    throw bad_input("engine.dims_of", "hidden_size {} with {} heads: the engine needs an even width and head width",
                    d.D, d.N);
  return d;
}

bool rows_can_be_shared(const Dims& d) {
  using kernels::independent_of_n;
  return independent_of_n(d.D) && (!d.attention() || (independent_of_n(d.W) && independent_of_n(d.T)));
}

}  // namespace hrm::engine
