#include "model/weights.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::model {
namespace {

constexpr std::string_view kInner = "model.inner.";

Parameter matrix(std::string name, int64_t out, int64_t in, ParameterKind kind = ParameterKind::kMatrix) {
  return {
      .name = std::move(name), .shape = {out, in}, .kind = kind, .init_stddev = 1 / std::sqrt(static_cast<double>(in))};
}

void add_net(std::vector<Parameter>& all, const ModelConfig& config, char net, int64_t layers) {
  const int64_t d = config.arch.hidden_size, t = config.tokens();
  for (int64_t i = 0; i < layers; ++i) {
    const std::string prefix = block_prefix(net, i);
    const auto [in, out] = mixer_names(config.arch);
    if (config.arch.mlp_t) {
      all.push_back(matrix(prefix + in, 2 * config.token_inner_width(), t));
      all.push_back(matrix(prefix + out, t, config.token_inner_width()));
    } else if (config.arch.symbol_planes) {
      all.push_back(matrix(prefix + in, 2 * d, d));
      all.push_back(matrix(prefix + out, d, 4 * d));
    } else if (config.arch.local_t) {
      // Nine numbers per channel are not a matrix for Muon.
      all.push_back({.name = prefix + in, .shape = {d, 9}, .kind = ParameterKind::kHead, .init_stddev = 1.0 / 3});
    } else {
      all.push_back(matrix(prefix + in, 3 * d, d));
      all.push_back(matrix(prefix + out, d, d));
    }
    all.push_back(matrix(prefix + "mlp.gate_up_proj.weight", 2 * config.inner_width(), d));
    all.push_back(matrix(prefix + "mlp.down_proj.weight", d, config.inner_width()));
  }
  if (config.arch.residual != Residual::kAdaptive) return;
  // At first all calls weigh the same, and the past a tenth.
  const std::string prefix = fmt::format("{}{}_level.residual.", kInner, net);
  all.push_back({.name = prefix + "query", .shape = {d}, .kind = ParameterKind::kHead});
  all.push_back({.name = prefix + "decay",
                 .shape = {1},
                 .kind = ParameterKind::kHead,
                 .init_value = std::log(0.1 / 0.9)});  // beta = sigmoid of it
}

uint64_t hash_name(std::string_view name) {  // FNV-1a, 64 bits
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

std::string block_prefix(char net, int64_t layer) { return fmt::format("{}{}_level.layers.{}.", kInner, net, layer); }

MixerNames mixer_names(const ArchConfig& arch) {
  if (arch.local_t) return {"local.weight", ""};
  if (arch.symbol_planes) return {"groups.gate_up_proj.weight", "groups.out_proj.weight"};
  if (arch.mlp_t) return {"mlp_t.gate_up_proj.weight", "mlp_t.down_proj.weight"};
  return {"self_attn.qkv_proj.weight", "self_attn.o_proj.weight"};
}

std::vector<Parameter> parameters(const ModelConfig& config) {
  const ArchConfig& arch = config.arch;
  const DataShape& data = config.data;
  const int64_t d = arch.hidden_size;
  const double embedding_stddev = 1 / std::sqrt(static_cast<double>(d));
  const auto name = [](std::string_view key) { return fmt::format("{}{}", kInner, key); };

  std::vector<Parameter> all;
  all.push_back({.name = name("H_init"), .shape = {d}, .kind = ParameterKind::kBuffer, .init_stddev = 1});
  all.push_back({.name = name("L_init"), .shape = {d}, .kind = ParameterKind::kBuffer, .init_stddev = 1});
  all.push_back({.name = name("embed_tokens.embedding_weight"),
                 .shape = {arch.symbol_planes ? 2 : data.vocab_size, d},
                 .kind = ParameterKind::kEmbedding,
                 .init_stddev = embedding_stddev});
  all.push_back(matrix(name("lm_head.weight"), arch.symbol_planes ? 1 : data.vocab_size, d, ParameterKind::kHead));
  all.push_back({.name = name("q_head.weight"), .shape = {2, d}, .kind = ParameterKind::kHead});
  all.push_back({.name = name("q_head.bias"), .shape = {2}, .kind = ParameterKind::kHead, .init_value = -5});
  if (arch.puzzle_emb_ndim > 0)
    all.push_back({.name = name("puzzle_emb.weights"),
                   .shape = {data.num_puzzle_identifiers, arch.puzzle_emb_ndim},
                   .kind = ParameterKind::kPuzzle});
  if (arch.pos_encodings == Positions::kLearned)
    all.push_back({.name = name("embed_pos.embedding_weight"),
                   .shape = {config.tokens(), d},
                   .kind = ParameterKind::kEmbedding,
                   .init_stddev = embedding_stddev});
  if (!arch.shared_net) add_net(all, config, 'H', arch.H_layers);
  add_net(all, config, 'L', arch.L_layers);
  return all;
}

NamedTensors initial_weights(const ModelConfig& config, uint64_t seed) {
  NamedTensors weights;
  for (const Parameter& p : parameters(config)) {
    HostTensor tensor(DType::kF32, p.shape);
    Rng rng(seed, {hash_name(p.name)});
    for (float& value : tensor.as<float>())
      value = static_cast<float>(p.init_stddev > 0 ? p.init_stddev * rng.truncated_normal() : p.init_value);
    weights.emplace(p.name, std::move(tensor));
  }
  return weights;
}

void check_weights(const ModelConfig& config, const NamedTensors& weights, std::string_view source) {
  const auto wanted = parameters(config);
  for (const Parameter& p : wanted) {
    const auto found = weights.find(p.name);
    if (found == weights.end()) throw bad_input("model.weights", "{}: tensor '{}' is missing", source, p.name);
    if (found->second.shape() != p.shape)
      throw bad_input("model.weights", "{}: tensor '{}' has shape {}, the configuration needs {}", source, p.name,
                      to_string(found->second.shape()), to_string(p.shape));
    if (found->second.dtype() != DType::kF32)
      throw bad_input("model.weights", "{}: tensor '{}' is {}, not f32", source, p.name,
                      name_of(found->second.dtype()));
  }
  for (const auto& [name, tensor] : weights)
    if (std::ranges::find(wanted, name, &Parameter::name) == wanted.end())
      throw bad_input("model.weights", "{}: tensor '{}' belongs to no parameter of this configuration", source, name);
}

int64_t table_count(const ModelConfig& config) {
  int64_t count = 0;
  for (const Parameter& p : parameters(config))
    if (p.kind == ParameterKind::kPuzzle) count += element_count(p.shape);
  return count;
}

std::string size_text(const ModelConfig& config) {
  const int64_t trunk = parameter_count(config), table = table_count(config);
  if (table == 0) return fmt::format("{} parameters", trunk);
  return fmt::format("{} parameters in the trunk, {} in the puzzle table of {} rows", trunk, table,
                     config.data.num_puzzle_identifiers);
}

int64_t parameter_count(const ModelConfig& config) {
  int64_t count = 0;
  for (const Parameter& p : parameters(config))
    if (p.kind != ParameterKind::kBuffer && p.kind != ParameterKind::kPuzzle) count += element_count(p.shape);
  return count;
}

}  // namespace hrm::model
