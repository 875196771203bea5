// The parameters of a model by the authors' state-dict keys, and their initial values.
//
//   matrices, embeddings and lm_head: truncated normal of true standard deviation 1/sqrt(fan-in) (LeCun; 1/sqrt(D) for
//   the embeddings), q_head: weight 0, bias -5, H_init and L_init: truncated normal of deviation 1, puzzle table: 0
//   (arXiv 2506.21734, section 2; the authors' layers).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor.h"
#include "model/config.h"

namespace hrm::model {

enum class ParameterKind {
  kMatrix,     // inside the blocks: what Muon updates
  kEmbedding,  // token and learned position embeddings
  kHead,       // lm_head, q_head
  kPuzzle,     // the puzzle table: sign SGD
  kBuffer,     // H_init, L_init: never updated
};

struct Parameter {
  std::string name;  // "model.inner.L_level.layers.0.mlp.down_proj.weight"
  Shape shape;       // matrices are [out, in]
  ParameterKind kind;
  double init_stddev = 0;  // of the truncated normal; 0: the constant init_value
  double init_value = 0;
};

// Key prefix of the blocks of a net: "model.inner.H_level.layers.<i>." or with L_level.
std::string block_prefix(char net, int64_t layer);

// Keys of the matrices that mix a block's tokens, behind its prefix; a convolution (local_t) has no `out`.
struct MixerNames {
  std::string in, out;
};
MixerNames mixer_names(const ArchConfig& arch);

// All parameters of the model, in the order of the authors' state dict.
std::vector<Parameter> parameters(const ModelConfig& config);

// Initial weights; each parameter has its own random stream, derived from the seed and its name.
NamedTensors initial_weights(const ModelConfig& config, uint64_t seed);

// Throws bad_input naming `source` and the first missing key, unknown key, or wrong shape. Element type must be f32.
void check_weights(const ModelConfig& config, const NamedTensors& weights, std::string_view source);

// Numbers in all parameters but buffers and the puzzle table: the trunk.
int64_t parameter_count(const ModelConfig& config);
// Numbers in the puzzle table; 0 for models without one.
int64_t table_count(const ModelConfig& config);
// "27275266 parameters in the trunk, 492176896 in the puzzle table of 961283 rows"; "348674 parameters" without a
// table.
std::string size_text(const ModelConfig& config);

}  // namespace hrm::model
