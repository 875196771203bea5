#include "model/operations.h"

namespace hrm::model {
namespace {

// Calls are counted in blocks, since both nets may have different numbers of them.
double block_operations(const ModelConfig& config) {
  const auto T = static_cast<double>(config.tokens()), D = static_cast<double>(config.arch.hidden_size);
  // The sums over groups are not products; those of their means are made once per group.
  const auto width = static_cast<double>(config.grid_width()), planes = static_cast<double>(config.planes());
  const double mixer = config.arch.local_t         ? 2 * 9 * T * D
                       : config.arch.symbol_planes ? 2 * T * 3 * D * D + 2 * T * D * D * (3 / width + 1 / planes)
                       : config.arch.mlp_t         ? 2 * D * 3 * T * static_cast<double>(config.token_inner_width())
                                                   : 2 * T * 4 * D * D + 4 * T * T * D;
  return 2 * T * 3 * D * static_cast<double>(config.inner_width()) + mixer;
}

struct Layers {
  double low, high;
};

Layers layers_of(const ArchConfig& arch) {
  return {static_cast<double>(arch.L_layers), static_cast<double>(arch.shared_net ? arch.L_layers : arch.H_layers)};
}

}  // namespace

double segment_operations(const ModelConfig& config) {
  const ArchConfig& arch = config.arch;
  const auto [low, high] = layers_of(arch);
  const auto H = static_cast<double>(arch.H_cycles), L = static_cast<double>(arch.L_cycles);
  return block_operations(config) * static_cast<double>(arch.chains) * H * (L * low + high);
}

double training_operations(const ModelConfig& config) {
  const ArchConfig& arch = config.arch;
  const auto [low, high] = layers_of(arch);
  const double low_calls = arch.gradient == GradientSpan::kLastCycle ? static_cast<double>(arch.L_cycles) : 1;
  const bool looks_ahead = !arch.no_ACT_continue && arch.halt_max_steps > 1;
  return segment_operations(config) * (looks_ahead ? 2 : 1) + 2 * block_operations(config) * (low_calls * low + high);
}

}  // namespace hrm::model
