#include "model/config.h"

#include <cmath>
#include <functional>
#include <utility>

#include "model/optimizer_config.h"

namespace hrm::model {
namespace {

constexpr std::string_view kInConfig = "model.config";
constexpr int64_t kMostSegments = 65536;

void require(bool ok, std::string_view key, const auto& value, std::string_view wanted) {
  if (!ok) throw bad_input(kInConfig, "{} = {}: must be {}", key, value, wanted);
}

ArchConfig hrm_preset() {
  ArchConfig c;
  c.puzzle_emb_ndim = 512;
  return c;
}

ArchConfig trm_attention_preset() {
  ArchConfig c;
  c.shared_net = true;
  c.gradient = GradientSpan::kLastCycle;
  c.no_ACT_continue = true;
  c.H_cycles = 3;
  c.L_cycles = 4;
  c.H_layers = 0;
  c.L_layers = 2;
  c.puzzle_emb_ndim = 512;
  c.puzzle_emb_len = 16;
  return c;
}

ArchConfig trm_mlp_preset() {
  ArchConfig c = trm_attention_preset();
  c.mlp_t = true;
  c.pos_encodings = Positions::kNone;
  c.L_cycles = 6;
  return c;
}

// Not of a paper: TRM's recursion over symbol planes, at the size that this project trains.
ArchConfig trm_planes_preset() {
  ArchConfig c = trm_mlp_preset();
  c.mlp_t = false;
  c.symbol_planes = true;
  c.puzzle_emb_ndim = c.puzzle_emb_len = 0;
  c.H_cycles = c.L_cycles = 2;
  c.hidden_size = 64;
  c.expansion = 3;
  c.loss.loss_type = LossType::kSoftmax;
  return c;
}

ArchConfig eqr_preset() {
  ArchConfig c = trm_mlp_preset();
  c.puzzle_emb_ndim = c.puzzle_emb_len = 0;
  c.initial_state = InitialState::kRandom;
  c.relaxation = 0.95;
  c.noise = 0.01;
  return c;
}

// TRM whose inference is noisy, for picking among views (arXiv 2605.19943). How much noise helps depends on the
// model: 0.1 is a start for trials of arch.inference_noise, not a figure of the paper.
ArchConfig ptrm_preset() {
  ArchConfig c = trm_mlp_preset();
  c.inference_noise = 0.1;
  return c;
}

ArchConfig sic_preset() {
  ArchConfig c = trm_mlp_preset();
  c.chains = 4;
  return c;
}

// The HRM paper's baseline: eight blocks applied once, no recursion, no halting.
ArchConfig direct_preset() {
  ArchConfig c = hrm_preset();
  c.H_cycles = c.L_cycles = 1;
  c.halt_max_steps = 1;
  return c;
}

using Preset = std::pair<std::string_view, std::function<ArchConfig()>>;

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      {"hrm", hrm_preset},         {"trm-attention", trm_attention_preset},
      {"trm-mlp", trm_mlp_preset}, {"trm-planes", trm_planes_preset},
      {"eqr", eqr_preset},         {"ptrm", ptrm_preset},
      {"sic", sic_preset},         {"direct", direct_preset},
  };
  return all;
}

}  // namespace

EnumNames<Positions> enum_names(Positions) {
  static constexpr std::pair<Positions, std::string_view> kNames[] = {
      {Positions::kRope, "rope"}, {Positions::kLearned, "learned"}, {Positions::kNone, "none"}};
  return kNames;
}

EnumNames<GradientSpan> enum_names(GradientSpan) {
  static constexpr std::pair<GradientSpan, std::string_view> kNames[] = {{GradientSpan::kLastCalls, "last_calls"},
                                                                         {GradientSpan::kLastCycle, "last_cycle"}};
  return kNames;
}

EnumNames<InitialState> enum_names(InitialState) {
  static constexpr std::pair<InitialState, std::string_view> kNames[] = {{InitialState::kFixed, "fixed"},
                                                                         {InitialState::kRandom, "random"}};
  return kNames;
}

EnumNames<Residual> enum_names(Residual) {
  static constexpr std::pair<Residual, std::string_view> kNames[] = {{Residual::kPlain, "plain"},
                                                                     {Residual::kAdaptive, "adaptive"}};
  return kNames;
}

EnumNames<MlpKind> enum_names(MlpKind) {
  static constexpr std::pair<MlpKind, std::string_view> kNames[] = {{MlpKind::kSwiglu, "swiglu"},
                                                                    {MlpKind::kGatedNorm, "gated_norm"}};
  return kNames;
}

EnumNames<LossType> enum_names(LossType) {
  static constexpr std::pair<LossType, std::string_view> kNames[] = {{LossType::kStablemax, "stablemax_cross_entropy"},
                                                                     {LossType::kSoftmax, "softmax_cross_entropy"}};
  return kNames;
}

EnumNames<Precision> enum_names(Precision) {
  static constexpr std::pair<Precision, std::string_view> kNames[] = {{Precision::kFloat32, "float32"},
                                                                      {Precision::kBFloat16, "bfloat16"}};
  return kNames;
}

EnumNames<OptimizerKind> enum_names(OptimizerKind) {
  static constexpr std::pair<OptimizerKind, std::string_view> kNames[] = {{OptimizerKind::kAdamAtan2, "adam_atan2"},
                                                                          {OptimizerKind::kMuon, "muon"}};
  return kNames;
}

int64_t swiglu_inner_width(double expansion, int64_t width, int64_t step) {
  const auto wanted = static_cast<int64_t>(std::nearbyint(expansion * static_cast<double>(width) * 2 / 3));
  return (wanted + step - 1) / step * step;
}

void ArchConfig::validate() const {
  // The upper bounds are far beyond any use; they keep a damaged file from asking for all memory.
  const auto between = [](int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; };
  require(between(H_cycles, 1, 65536), "arch.H_cycles", H_cycles, "between 1 and 65536");
  require(between(L_cycles, 1, 65536), "arch.L_cycles", L_cycles, "between 1 and 65536");
  require(between(L_layers, 1, 1024), "arch.L_layers", L_layers, "between 1 and 1024");
  require(shared_net ? between(H_layers, 0, 1024) : between(H_layers, 1, 1024), "arch.H_layers", H_layers,
          "between 1 and 1024 (0 with arch.shared_net=true)");
  require(hidden_size >= 1 && hidden_size <= 65536, "arch.hidden_size", hidden_size, "between 1 and 65536");
  require(expansion > 0 && expansion <= 64, "arch.expansion", expansion, "above 0 and at most 64");
  require(num_heads >= 1, "arch.num_heads", num_heads, "at least 1");
  require(!(mlp_t && local_t), "arch.local_t", local_t,
          "false if arch.mlp_t is true: only one of them can mix the tokens");
  require(!symbol_planes || !(mlp_t || local_t), "arch.symbol_planes", symbol_planes,
          "false if arch.mlp_t or arch.local_t is true: only one of them can mix the tokens");
  require(!symbol_planes || pos_encodings == Positions::kNone, "arch.pos_encodings", name_of_enum(pos_encodings),
          "none with arch.symbol_planes, whose groups are the positions");
  require(!symbol_planes || mlp == MlpKind::kSwiglu, "arch.mlp", name_of_enum(mlp), "swiglu with arch.symbol_planes");
  require(!on_grid() || puzzle_emb_ndim == 0, "arch.puzzle_emb_ndim", puzzle_emb_ndim,
          "0 with arch.local_t or arch.symbol_planes: puzzle tokens have no place on the grid");
  require(between(grid_width, 0, 1 << 20), "arch.grid_width", grid_width, "between 0 and 1048576");
  require(between(box_width, 0, 1 << 20), "arch.box_width", box_width, "between 0 and 1048576");
  require(residual == Residual::kPlain || relaxation == 1, "arch.relaxation", relaxation,
          "1 with arch.residual = adaptive, which has its own weights");
  require(residual == Residual::kPlain || chains == 1, "arch.chains", chains, "1 with arch.residual = adaptive");
  if (attention()) {
    require(hidden_size % num_heads == 0, "arch.num_heads", num_heads,
            fmt::format("a divisor of arch.hidden_size = {}", hidden_size));
    require(pos_encodings != Positions::kRope || hidden_size / num_heads % 2 == 0, "arch.num_heads", num_heads,
            "such that hidden_size / num_heads is even: rope rotates pairs of channels");
  }
  require(rope_theta > 0, "arch.rope_theta", rope_theta, "above 0");
  require(rms_norm_eps > 0, "arch.rms_norm_eps", rms_norm_eps, "above 0");
  require(between(puzzle_emb_ndim, 0, 1 << 24), "arch.puzzle_emb_ndim", puzzle_emb_ndim, "between 0 and 16777216");
  require(between(puzzle_emb_len, 0, 1 << 20), "arch.puzzle_emb_len", puzzle_emb_len, "between 0 and 1048576");
  require(puzzle_emb_len == 0 || puzzle_emb_ndim <= puzzle_emb_len * hidden_size, "arch.puzzle_emb_len", puzzle_emb_len,
          fmt::format("0 or enough tokens for arch.puzzle_emb_ndim = {}", puzzle_emb_ndim));
  require(puzzle_emb_len == 0 || puzzle_emb_ndim > 0, "arch.puzzle_emb_len", puzzle_emb_len,
          "0 if arch.puzzle_emb_ndim is 0");
  require(relaxation > 0 && relaxation <= 1, "arch.relaxation", relaxation, "above 0 and at most 1");
  require(noise >= 0, "arch.noise", noise, "at least 0");
  require(inference_noise >= 0, "arch.inference_noise", inference_noise, "at least 0");
  require(chains >= 1 && chains <= 64, "arch.chains", chains, "between 1 and 64");
  require(halt_max_steps >= 1 && halt_max_steps <= kMostSegments, "arch.halt_max_steps", halt_max_steps,
          "between 1 and 65536");
  require(halt_exploration_prob >= 0 && halt_exploration_prob <= 1, "arch.halt_exploration_prob", halt_exploration_prob,
          "between 0 and 1");
  require(loss.label_smoothing >= 0 && loss.label_smoothing < 1, "arch.loss.label_smoothing", loss.label_smoothing,
          "at least 0 and below 1");
}

int64_t ModelConfig::puzzle_tokens() const {
  if (arch.puzzle_emb_ndim == 0) return 0;
  if (arch.puzzle_emb_len > 0) return arch.puzzle_emb_len;
  return (arch.puzzle_emb_ndim + arch.hidden_size - 1) / arch.hidden_size;
}

int64_t ModelConfig::inner_width() const {
  // Their nets are narrow: steps of 256 would leave them no choice.
  return swiglu_inner_width(arch.expansion, arch.hidden_size, arch.on_grid() ? 64 : 256);
}
int64_t ModelConfig::grid_width() const {
  return arch.grid_width > 0 ? arch.grid_width
                             : static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(data.seq_len))));
}
int64_t ModelConfig::box_width() const {
  if (arch.box_width > 0) return arch.box_width;
  const int64_t width = grid_width();
  for (int64_t box = 1; box < width; ++box)
    if (box * box >= width && width % box == 0) return box;
  return width;
}
int64_t ModelConfig::token_inner_width() const { return swiglu_inner_width(arch.expansion, tokens()); }

void ModelConfig::validate() const {
  arch.validate();
  require(data.seq_len >= 1 && data.seq_len <= 1 << 20, "data.seq_len", data.seq_len, "between 1 and 1048576");
  require(data.vocab_size >= 2 && data.vocab_size <= 1 << 24, "data.vocab_size", data.vocab_size,
          "between 2 and 16777216");
  require(data.num_puzzle_identifiers >= 1 && data.num_puzzle_identifiers <= int64_t{1} << 31,
          "data.num_puzzle_identifiers", data.num_puzzle_identifiers, "between 1 and 2147483648");
  require(inner_width() > 0 && (!arch.mlp_t || token_inner_width() > 0), "arch.expansion", arch.expansion,
          "large enough for an inner width above 0");
  if (!arch.on_grid()) return;
  const bool square = arch.grid_width > 0 || grid_width() * grid_width() == data.seq_len;
  require(square && data.seq_len % grid_width() == 0, "arch.grid_width", arch.grid_width,
          fmt::format("the cells in a row of the grid, a divisor of its {} cells", data.seq_len));
  if (!arch.symbol_planes) return;
  require(data.vocab_size > kFirstSymbol, "data.vocab_size", data.vocab_size,
          "at least 3 with arch.symbol_planes: padding, blank and one symbol");
  const int64_t width = grid_width(), height = data.seq_len / width;
  require(width % box_width() == 0 && height % (width / box_width()) == 0, "arch.box_width", box_width(),
          fmt::format("such that boxes of {} cells fill the grid of {} rows and {} columns", width, height, width));
}

ArchConfig arch_preset(std::string_view name) {
  for (const auto& [known, make] : presets())
    if (known == name) return make();
  throw bad_input(kInConfig, "unknown preset '{}': one of {}", name, fmt::join(arch_preset_names(), ", "));
}

std::vector<std::string> arch_preset_names() {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.emplace_back(preset.first);
  return names;
}

void OptimizerConfig::validate() const {
  require(lr >= 0, "optimizer.lr", lr, "at least 0");
  require(weight_decay >= 0, "optimizer.weight_decay", weight_decay, "at least 0");
  require(beta1 >= 0 && beta1 < 1, "optimizer.beta1", beta1, "at least 0 and below 1");
  require(beta2 >= 0 && beta2 < 1, "optimizer.beta2", beta2, "at least 0 and below 1");
  require(puzzle_emb_lr >= 0, "optimizer.puzzle_emb_lr", puzzle_emb_lr, "at least 0");
  require(puzzle_emb_weight_decay >= 0, "optimizer.puzzle_emb_weight_decay", puzzle_emb_weight_decay, "at least 0");
  require(muon_lr >= 0, "optimizer.muon_lr", muon_lr, "at least 0");
  require(muon_momentum >= 0 && muon_momentum < 1, "optimizer.muon_momentum", muon_momentum, "at least 0 and below 1");
  require(muon_weight_decay >= 0, "optimizer.muon_weight_decay", muon_weight_decay, "at least 0");
  require(grad_clip >= 0, "optimizer.grad_clip", grad_clip, "at least 0 (0: no clipping)");
}

}  // namespace hrm::model
