#include "solving/authors_config.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "model/weights.h"

namespace hrm::solving {

using model::ArchConfig;
using model::GradientSpan;
using model::ModelConfig;
using model::Positions;

namespace {

constexpr std::string_view kInAuthorsConfig = "authors_config";
constexpr std::string_view kInner = "model.inner.";
constexpr const char* kHrmName = "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1";
constexpr const char* kTrmName = "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1";

// Module and class of the programs whose arithmetic is known. Several modules define the same class, and forks' modules
// hold several classes that differ, so that both must fit.
struct Program {
  std::string_view module, cls;
  bool shared_net;
};
constexpr Program kPrograms[] = {{"hrm_act_v1", "HierarchicalReasoningModel_ACTV1", false},
                                 {"hrm", "HierarchicalReasoningModel_ACTV1", false},
                                 {"trm", "TinyRecursiveReasoningModel_ACTV1", true},
                                 {"trm", "TRM", true}};

// "folder.module@Class".
bool is_shared_net(const std::string& name, std::string_view source) {
  const size_t at = std::min(name.find('@'), name.size());
  const std::string path = name.substr(0, at), cls = name.substr(std::min(at + 1, name.size()));
  const std::string module = path.substr(path.rfind('.') + 1);
  const auto same_module = std::ranges::find(kPrograms, module, &Program::module);
  if (same_module == std::end(kPrograms))
    throw bad_input(kInAuthorsConfig, "{}: arch.name = {} is not a known program (hrm_act_v1, hrm, trm)", source, name);
  for (const Program& program : kPrograms)
    if (program.module == module && (program.cls == cls || cls.empty())) return program.shared_net;
  throw bad_input(kInAuthorsConfig,
                  "{}: arch.name = {}: class '{}' of {} may compute something other than {}; if it does not, write "
                  "that name into the file",
                  source, name, cls, module, same_module->cls);
}

// What the program reads of `arch`, and what the data set tells it, which some forks write there.
bool is_told_by_data(const std::string& key) {
  return key == "seq_len" || key == "vocab_size" || key == "num_puzzle_identifiers" || key == "batch_size";
}
bool is_setting_of(bool shared_net, const std::string& key) {
  static constexpr std::string_view kBoth[] = {"name",
                                               "loss.name",
                                               "loss.loss_type",
                                               "H_cycles",
                                               "L_cycles",
                                               "H_layers",
                                               "L_layers",
                                               "hidden_size",
                                               "num_heads",
                                               "expansion",
                                               "rope_theta",
                                               "pos_encodings",
                                               "rms_norm_eps",
                                               "forward_dtype",
                                               "halt_max_steps",
                                               "puzzle_emb_ndim",
                                               "halt_exploration_prob"};
  static constexpr std::string_view kShared[] = {"mlp_t", "no_ACT_continue", "puzzle_emb_len"};
  const auto in = [&](const auto& list) { return std::ranges::find(list, key) != std::end(list); };
  return in(kBoth) || is_told_by_data(key) || (shared_net && in(kShared));
}

// The settings of arch that the program has, dotted, numbers as it takes them; the others, but those that say "off", go
// to `foreign`.
Json known_settings(const Json& arch, bool shared_net, std::vector<std::string>* foreign,
                    const std::string& prefix = "") {
  Json known = Json::object();
  for (const auto& [name, value] : arch.items()) {
    const std::string key = prefix + name;
    if (value.is_object()) {
      known.update(known_settings(value, shared_net, foreign, key + "."));
    } else if (is_setting_of(shared_net, key)) {
      if (key != "name" && key != "loss.name" && !is_told_by_data(key)) known[key] = number_of_python(value);
    } else if (const bool off = value == Json(false) && (key == "causal" || key == "mlp_t" || key == "no_ACT_continue");
               !off && !(key == "puzzle_emb_len" && value == Json(0))) {
      foreign->push_back(fmt::format("arch.{} = {}", key, printable(value).substr(0, 60)));
    }
  }
  return known;
}

void set_program(ArchConfig& arch, bool shared_net) {
  arch.shared_net = shared_net;
  arch.gradient = shared_net ? GradientSpan::kLastCycle : GradientSpan::kLastCalls;
  arch.no_ACT_continue = shared_net;
}

// What both programs refuse to be told, or silently do otherwise.
void require_expressible(const ModelConfig& config) {
  const ArchConfig &a = config.arch, plain;
  const auto require = [](bool held, std::string_view setting, std::string_view why) {
    if (!held) throw bad_input("authors_config.export", "{}: the authors' programs {}", setting, why);
  };
  require(a.initial_state == plain.initial_state, "arch.initial_state", "start only from fixed vectors");
  require(a.relaxation == 1, "arch.relaxation", "have no relaxation");
  require(a.noise == 0 && a.inference_noise == 0, "arch.noise", "add no noise");
  require(a.chains == 1, "arch.chains", "run only one chain");
  require(a.residual == model::Residual::kPlain, "arch.residual", "have the plain one only");
  require(a.mlp == model::MlpKind::kSwiglu, "arch.mlp", "have SwiGLU only");
  require(!a.local_t, "arch.local_t", "have no local mixing");
  require(!a.symbol_planes, "arch.symbol_planes", "have one state per cell");
  require(a.loss.label_smoothing == 0, "arch.loss.label_smoothing", "have no label smoothing");
  if (a.shared_net) {
    require(a.gradient == GradientSpan::kLastCycle, "arch.gradient",
            "support only last_cycle with one shared net (TRM)");
  } else {
    require(a.gradient == GradientSpan::kLastCalls, "arch.gradient", "support only last_calls with two nets (HRM)");
    require(!a.mlp_t, "arch.mlp_t", "support only attention with two nets (HRM)");
    require(!a.no_ACT_continue, "arch.no_ACT_continue", "always have q_continue with two nets (HRM)");
    require(a.pos_encodings != Positions::kNone, "arch.pos_encodings",
            "support only rope and learned with two nets (HRM)");
    require(a.puzzle_emb_len == 0 || a.puzzle_emb_len * a.hidden_size < a.puzzle_emb_ndim + a.hidden_size,
            "arch.puzzle_emb_len", "use as many puzzle tokens as puzzle_emb_ndim fills with two nets (HRM)");
  }
}

// The settings of a training run, with the values of the published recipes.
Json default_settings(bool shared_net) {
  Json settings = {{"beta1", 0.9},
                   {"beta2", 0.95},
                   {"checkpoint_every_eval", true},
                   {"checkpoint_path", nullptr},
                   {"epochs", 20000},
                   {"eval_interval", 2000},
                   {"eval_save_outputs", Json::array()},
                   {"global_batch_size", 384},
                   {"lr", 7e-5},
                   {"lr_min_ratio", 1.0},
                   {"lr_warmup_steps", 2000},
                   {"project_name", nullptr},
                   {"puzzle_emb_lr", 7e-5},
                   {"puzzle_emb_weight_decay", 1.0},
                   {"run_name", nullptr},
                   {"seed", 0},
                   {"weight_decay", 1.0}};
  if (!shared_net) {
    settings["data_path"] = "data";
    return settings;
  }
  settings.update({{"data_paths", {"data"}},
                   {"data_paths_test", Json::array()},
                   {"ema", true},
                   {"ema_rate", 0.999},
                   {"evaluators", Json::array()},
                   {"freeze_weights", false},
                   {"min_eval_interval", 0}});
  return settings;
}

Json arch_settings(const ArchConfig& arch) {
  const ArchConfig plain;
  Json all = fields_to_json(arch), kept = Json::object();
  std::vector<const char*> keys = {
      "H_cycles",      "H_layers",       "L_cycles",       "L_layers",  "expansion",
      "forward_dtype", "hidden_size",    "halt_max_steps", "num_heads", "halt_exploration_prob",
      "pos_encodings", "puzzle_emb_ndim"};
  if (arch.shared_net) keys.insert(keys.end(), {"mlp_t", "no_ACT_continue", "puzzle_emb_len"});
  if (arch.rms_norm_eps != plain.rms_norm_eps) keys.push_back("rms_norm_eps");
  if (arch.rope_theta != plain.rope_theta) keys.push_back("rope_theta");
  for (const char* key : keys) kept[key] = all.at(key);
  kept["loss"] = {{"loss_type", all.at("loss").at("loss_type")}, {"name", "losses@ACTLossHead"}};
  kept["name"] = arch.shared_net ? kTrmName : kHrmName;
  return kept;
}

Json sorted(const Json& object) {
  std::map<std::string, Json> by_key;
  for (const auto& [key, value] : object.items()) by_key[key] = value.is_object() ? sorted(value) : value;
  Json result = Json::object();
  for (auto& [key, value] : by_key) result[key] = std::move(value);
  return result;
}

std::string inner(std::string_view key) { return fmt::format("{}{}", kInner, key); }

const HostTensor* find(const NamedTensors& weights, const std::string& key) {
  const auto found = weights.find(key);
  return found == weights.end() ? nullptr : &found->second;
}

int64_t dimension(const NamedTensors& weights, const std::string& key, size_t axis, std::string_view source) {
  const HostTensor* tensor = find(weights, key);
  if (!tensor) throw bad_input(kInAuthorsConfig, "{}: tensor '{}' is missing: is this a reasoning model?", source, key);
  if (tensor->shape().size() != 2)
    throw bad_input(kInAuthorsConfig, "{}: tensor '{}' has shape {}, expected a matrix", source, key,
                    to_string(tensor->shape()));
  return tensor->shape()[axis];
}

int64_t count_layers(const NamedTensors& weights, char net) {
  int64_t n = 0;
  while (weights.contains(model::block_prefix(net, n) + "mlp.down_proj.weight")) ++n;
  return n;
}

// seq_len of the first of the configuration's data sets that is there.
std::vector<std::string> data_folders(const Json& file) {
  std::vector<std::string> folders;
  if (!file.is_object()) return folders;
  for (const char* key : {"data_path", "data_paths"}) {
    const Json value = file.value(key, Json());
    for (const Json& folder : value.is_array() ? value : Json::array({value}))
      if (folder.is_string()) folders.push_back(folder.get<std::string>());
  }
  return folders;
}

// The folder may be another set of that name by now: it must have the checkpoint's vocabulary.
std::optional<int64_t> seq_len_of_data(const Json& file, int64_t vocab_size) {
  for (const std::string& folder : data_folders(file)) {
    const auto path = std::filesystem::path(folder) / "train" / "dataset.json";
    if (!std::filesystem::exists(path)) continue;
    const Json metadata = read_json(path);
    if (metadata.is_object() && metadata.contains("vocab_size") && metadata["vocab_size"] != Json(vocab_size)) {
      log_warning("{}: has a vocabulary of {}, the checkpoint {}: it was not trained on this data set", path.string(),
                  printable(metadata["vocab_size"]), vocab_size);
      continue;
    }
    return json_field<int64_t>(metadata, "seq_len", path.string());
  }
  return std::nullopt;
}

// Of the data sets that the authors publish and their builders name, as "data/sudoku-extreme-1k-aug-1000".
std::optional<int64_t> seq_len_of_name(const Json& file, int64_t vocab_size, std::string_view source) {
  struct Published {
    std::string_view name;
    int64_t vocab_size, seq_len;
  };
  static constexpr Published kSets[] = {{"sudoku-extreme", 11, 81}, {"maze-30x30", 6, 900}, {"arc", 12, 900}};
  for (const std::string& folder : data_folders(file)) {
    const std::string name = std::filesystem::path(folder).filename().string();
    for (const Published& set : kSets) {
      if (!name.starts_with(set.name) || set.vocab_size != vocab_size) continue;
      log_info("{}: puzzles of {} tokens, as in the authors' data set '{}'; data.seq_len=N overrides this", source,
               set.seq_len, name);
      return set.seq_len;
    }
  }
  return std::nullopt;
}

// By the shapes of learned positions or of token mixing.
std::optional<int64_t> seq_len_of_shapes(const ModelConfig& config, const NamedTensors& weights,
                                         std::string_view source) {
  std::string positions;
  if (config.arch.pos_encodings == Positions::kLearned)
    positions = inner("embed_pos.embedding_weight");
  else if (config.arch.mlp_t)
    positions = model::block_prefix('L', 0) + "mlp_t.down_proj.weight";
  if (positions.empty()) return std::nullopt;
  const int64_t tokens = dimension(weights, positions, 0, source), length = tokens - config.puzzle_tokens();
  if (length < 1)
    throw bad_input(kInAuthorsConfig, "{}: tensor '{}' is for {} tokens, of which {} would be puzzle embedding", source,
                    positions, tokens, config.puzzle_tokens());
  return length;
}

}  // namespace

std::optional<int64_t> stated_size(const Json& file, const char* key, std::string_view source) {
  if (!file.is_object()) return std::nullopt;
  const Json arch = file.value("arch", Json());
  std::optional<int64_t> found;
  for (const Json& at : {file, arch}) {
    if (!at.is_object() || !at.contains(key) || at[key].is_null()) continue;
    const Json value = {{key, number_of_python(at[key])}};
    const auto size = json_field<int64_t>(value, key, fmt::format("{}: all_config.yaml", source));
    if (size < 1)
      throw bad_input(kInAuthorsConfig, "{}: {} = {} of all_config.yaml: must be at least 1", source, key, size);
    if (found && *found != size)
      throw bad_input(kInAuthorsConfig, "{}: all_config.yaml has {} = {}, but arch.{} = {}: which one is right?",
                      source, key, *found, key, size);
    found = size;
  }
  return found;
}

ArchConfig arch_from_authors(const Json& file, std::string_view source) {
  const Json settings = json_field<Json>(file, "arch", source);
  ArchConfig arch;
  set_program(arch, is_shared_net(json_field<std::string>(settings, "name", source), source));
  if (arch.shared_net) arch.puzzle_emb_len = 16;  // the program's own default
  std::vector<std::string> foreign;
  const std::string where = fmt::format("{}: arch", source);
  if (!settings.is_object()) throw bad_input(kInAuthorsConfig, "{}: expected an object of settings", where);
  fields_from_json(arch, known_settings(settings, arch.shared_net, &foreign), where);
  if (!foreign.empty())
    log_warning("{}: {} does not have {}: ignored, but the trained model may compute something else", source,
                arch.shared_net ? "TRM" : "HRM", fmt::join(foreign, ", "));
  return arch;
}

Json number_of_python(const Json& value) {
  if (value.is_string()) {
    const Json number = Json::parse(value.get_ref<const std::string&>(), nullptr, /*allow_exceptions=*/false);
    return number.is_number() ? number_of_python(number) : value;
  }
  if (!value.is_number_float()) return value;
  const auto number = value.get<double>();
  return std::abs(number) < 1e15 && number == std::floor(number) ? Json(static_cast<int64_t>(number)) : value;
}

void check_sizes(const ModelConfig& config, const NamedTensors& weights, const Json& file, std::string_view source) {
  const ArchConfig found = arch_from_shapes(weights, source);
  const auto require_same = [&](std::string_view setting, int64_t told, int64_t shapes) {
    if (told != shapes)
      throw bad_input(kInAuthorsConfig, "{}: {} = {}, but {} by the tensors: the configuration is of another model",
                      source, setting, told, shapes);
  };
  require_same("arch.hidden_size", config.arch.hidden_size, found.hidden_size);
  require_same("arch.L_layers", config.arch.L_layers, found.L_layers);
  if (!config.arch.shared_net) require_same("arch.H_layers", config.arch.H_layers, found.H_layers);
  if (config.arch.puzzle_emb_ndim > 0 && found.puzzle_emb_ndim > 0)
    require_same("arch.puzzle_emb_ndim", config.arch.puzzle_emb_ndim, found.puzzle_emb_ndim);
  for (const auto& [key, tensor] :
       {std::pair("vocab_size", "embed_tokens.embedding_weight"), {"num_puzzle_identifiers", "puzzle_emb.weights"}})
    if (const auto told = stated_size(file, key, source); told && weights.contains(inner(tensor)))
      require_same(fmt::format("{} of all_config.yaml", key), *told, dimension(weights, inner(tensor), 0, source));
}

Json to_authors_config(const ModelConfig& config, const Json& training) {
  require_expressible(config);
  const bool shared_net = config.arch.shared_net;
  Json file = default_settings(shared_net), arch = Json::object();
  const Json imported = training.is_object() ? training : Json::object();
  const Json given_arch = imported.value("arch", Json());
  const Json imported_arch = given_arch.is_object() ? given_arch : Json::object();
  const bool same_program = imported_arch.value("name", Json()).is_string() &&
                            is_shared_net(imported_arch["name"].get<std::string>(), "provenance") == shared_net;
  if (same_program) {
    file.update(imported);
    arch = imported_arch;
  } else {
    for (const auto& [key, value] : imported.items())
      if (file.contains(key)) file[key] = value;
    if (shared_net && imported.contains("data_path")) file["data_paths"] = Json::array({imported["data_path"]});
  }
  arch.update(arch_settings(config.arch));
  if (same_program) arch["name"] = imported_arch["name"];
  arch.erase("seq_len");
  if (config.data.seq_len > 0) file["seq_len"] = config.data.seq_len;  // rotary positions do not tell it
  file["arch"] = std::move(arch);
  return sorted(file);
}

ArchConfig arch_from_shapes(const NamedTensors& weights, std::string_view source) {
  ArchConfig arch;
  arch.H_layers = count_layers(weights, 'H');
  arch.L_layers = count_layers(weights, 'L');
  set_program(arch, arch.H_layers == 0);
  arch.hidden_size = dimension(weights, inner("embed_tokens.embedding_weight"), 1, source);
  const std::string first = model::block_prefix('L', 0);
  arch.mlp_t = weights.contains(first + "mlp_t.down_proj.weight");
  if (weights.contains(inner("embed_pos.embedding_weight")))
    arch.pos_encodings = Positions::kLearned;
  else if (arch.mlp_t)
    arch.pos_encodings = Positions::kNone;
  if (weights.contains(inner("puzzle_emb.weights")))
    arch.puzzle_emb_ndim = dimension(weights, inner("puzzle_emb.weights"), 1, source);
  const int64_t width = dimension(weights, first + "mlp.down_proj.weight", 1, source);
  if (model::swiglu_inner_width(arch.expansion, arch.hidden_size) != width)
    arch.expansion = static_cast<double>(width) * 1.5 / static_cast<double>(std::max<int64_t>(arch.hidden_size, 1));
  return arch;
}

std::vector<std::string> settings_beyond_shapes(const ArchConfig& arch) {
  std::vector<std::string> settings = {"arch.H_cycles", "arch.L_cycles"};
  if (!arch.mlp_t) settings.push_back("arch.num_heads");
  if (arch.shared_net && arch.puzzle_emb_ndim > 0) settings.push_back("arch.puzzle_emb_len");
  return settings;
}

std::optional<int64_t> stated_seq_len(const ModelConfig& config, const NamedTensors& weights, const Json& file,
                                      std::string_view source) {
  const auto shapes = seq_len_of_shapes(config, weights, source), told = stated_size(file, "seq_len", source);
  if (shapes && told && *shapes != *told)
    throw bad_input(
        kInAuthorsConfig,
        "{}: seq_len = {} in all_config.yaml, but {} by the shapes of the tensors: the file belongs to another model",
        source, *told, *shapes);
  if (shapes) return shapes;
  if (told) return told;
  const int64_t vocab_size = dimension(weights, inner("embed_tokens.embedding_weight"), 0, source);
  if (const auto length = seq_len_of_data(file, vocab_size)) return length;
  return seq_len_of_name(file, vocab_size, source);
}

void complete_data_shape(ModelConfig& config, const NamedTensors& weights, const Json& file, std::string_view source) {
  model::DataShape& data = config.data;
  data.vocab_size = dimension(weights, inner("embed_tokens.embedding_weight"), 0, source);
  if (weights.contains(inner("puzzle_emb.weights")))
    data.num_puzzle_identifiers = dimension(weights, inner("puzzle_emb.weights"), 0, source);
  if (data.seq_len != 0) return;
  const auto length = stated_seq_len(config, weights, file, source);
  if (!length)
    throw bad_input(kInAuthorsConfig,
                    "{}: the file does not state the length of the puzzles, and puzzles of several lengths have {} "
                    "token ids: add data.seq_len=N (81 for a 9x9 Sudoku, 900 for a 30x30 maze)",
                    source, data.vocab_size);
  data.seq_len = *length;
}

}  // namespace hrm::solving
