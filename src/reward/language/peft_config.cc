#include "language/peft_config.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "formats/bytes.h"

namespace hrm::language {
namespace {

constexpr std::string_view kInPeftConfig = "language.peft_config";

// Of no meaning for the numbers of a trained adapter. The init configurations serve the initialization that
// init_lora_weights names, and that is judged there.
constexpr std::string_view kPassedOver[] = {
    "auto_mapping", "base_model_name_or_path", "revision",      "inference_mode", "peft_version",
    "lora_dropout", "megatron_core",           "eva_config",    "corda_config",   "lora_ga_config",
    "loftq_config", "qalora_group_size",       "runtime_config"};
constexpr std::string_view kRead[] = {"peft_type",
                                      "task_type",
                                      "r",
                                      "lora_alpha",
                                      "rank_pattern",
                                      "alpha_pattern",
                                      "use_rslora",
                                      "use_dora",
                                      "lora_bias",
                                      "bias",
                                      "target_modules",
                                      "exclude_modules",
                                      "modules_to_save",
                                      "layers_to_transform",
                                      "layers_pattern",
                                      "init_lora_weights",
                                      "ensure_weight_tying"};

bool is_off(const Json& value) {
  return value.is_null() || value == false || ((value.is_array() || value.is_object()) && value.empty()) ||
         (value.is_string() && value.get_ref<const std::string&>().empty());
}

const Json* set_value(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at == json.end() || is_off(*at) ? nullptr : &*at;
}

bool flag(const Json& json, const char* key, std::string_view source) {
  return set_value(json, key) && json_field<bool>(json, key, source);
}

// "q_proj" names "model.layers.0.self_attn.q_proj", and so does the whole name.
bool names(const std::vector<std::string>& all, std::string_view module) {
  return std::ranges::any_of(all, [&](const std::string& name) {
    return module == name || (module.ends_with(name) && module.substr(0, module.size() - name.size()).ends_with('.'));
  });
}

void refuse_unknown(const Json& json, std::string_view source) {
  for (const auto& [key, value] : json.items()) {
    const bool known = std::ranges::find(kRead, key) != std::end(kRead) ||
                       std::ranges::find(kPassedOver, key) != std::end(kPassedOver);
    if (!known && !is_off(value))
      throw bad_input(kInPeftConfig,
                      "{}: {} = {} cannot be merged exactly: merge the adapter with peft (merge_and_unload) and use "
                      "the folder that it saves",
                      source, shown(key), printable(value).substr(0, 80));
  }
}

}  // namespace

PythonExpression::PythonExpression(const std::string& expression, std::string_view source) try : regex_(expression) {
} catch (const RegexFault& fault) {
  throw bad_input(kInPeftConfig, "{}: '{}' is not a valid regular expression: {}", source, shown(expression),
                  fault.what());
}

bool PythonExpression::matches(std::string_view text, bool whole) const {
  const RegexMatch match = regex_.match(text, whole);
  if (!match.fault.empty())
    throw bad_input(kInPeftConfig, "a regular expression of adapter_config.json takes too long on '{}'", shown(text));
  return match.found;
}

PeftConfig::PeftConfig(const std::filesystem::path& path) : source_(path.string()) {
  const Json json = read_json(path);
  if (!json.is_object()) throw bad_input(kInPeftConfig, "{}: expected an object", source_);
  if (const auto type = json_field<std::string>(json, "peft_type", source_); type != "LORA")
    throw bad_input(kInPeftConfig, "{}: peft_type = {}: only LORA is supported; merge the adapter with peft", source_,
                    shown(type));
  refuse_unknown(json, source_);
  rank_ = json_field<int64_t>(json, "r", source_);
  alpha_ = json_field<double>(json, "lora_alpha", source_);
  if (set_value(json, "task_type")) task_ = json_field<std::string>(json, "task_type", source_);
  if (set_value(json, "bias")) bias_ = json_field<std::string>(json, "bias", source_);
  if (bias_ != "none" && bias_ != "all" && bias_ != "lora_only")
    throw bad_input(kInPeftConfig, "{}: bias = {}, expected none, all or lora_only", source_, shown(bias_));
  rslora_ = flag(json, "use_rslora", source_);
  dora_ = flag(json, "use_dora", source_);
  lora_bias_ = flag(json, "lora_bias", source_);
  ties_weights_ = flag(json, "ensure_weight_tying", source_);
  rank_pattern_ = patterns(json, "rank_pattern");
  alpha_pattern_ = patterns(json, "alpha_pattern");
  if (rank_ < 1) throw bad_input(kInPeftConfig, "{}: r = {}, expected at least 1", source_, rank_);
  for (const Pattern& pattern : rank_pattern_)
    if (pattern.value < 1 || pattern.value != std::floor(pattern.value) || pattern.value > 1 << 24)
      throw bad_input(kInPeftConfig, "{}: rank_pattern has {}, expected a whole number of at least 1", source_,
                      pattern.value);
  read_init(json);
  read_targets(json);
}

void PeftConfig::read_init(const Json& json) {
  const auto at = json.find("init_lora_weights");
  if (at == json.end() || at->is_boolean() || at->is_null()) return;
  std::string name = at->is_string() ? at->get<std::string>() : printable(*at);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name == "pissa")
    base_change_ = BaseChange::kPissa;
  else if (name == "olora")
    base_change_ = BaseChange::kOlora;
  else if (name != "gaussian" && name != "eva" && name != "orthogonal" && name != "mica")
    throw bad_input(kInPeftConfig,
                    "{}: init_lora_weights = {} changes the base weights in a way that cannot be repeated here: merge "
                    "the adapter with peft, or save it with path_initial_model_for_weight_conversion",
                    source_, shown(name));
}

void PeftConfig::read_targets(const Json& json) {
  saved_ = texts(json, "modules_to_save");
  for (const std::string& name : saved_) saved_expressions_.emplace_back("(^|.*\\.)" + name + "($|\\..*)", source_);
  const auto names_or_expression = [&](const char* key, std::vector<std::string>& all,
                                       std::optional<PythonExpression>& one) {
    const Json* value = set_value(json, key);
    if (value && value->is_string())
      one.emplace(value->get<std::string>(), source_);
    else if (value)
      all = texts(json, key);
  };
  if (const Json* value = set_value(json, "target_modules"); value && *value == "all-linear")
    all_linear_ = true;
  else
    names_or_expression("target_modules", target_names_, target_expression_);
  names_or_expression("exclude_modules", excluded_names_, excluded_expression_);
  const Json* layers = set_value(json, "layers_to_transform");
  if (!layers) return;
  if (target_expression_)
    throw bad_input(kInPeftConfig, "{}: layers_to_transform together with an expression in target_modules", source_);
  layers_ = layers->is_array() ? json_field<std::vector<int64_t>>(json, "layers_to_transform", source_)
                               : std::vector<int64_t>{json_field<int64_t>(json, "layers_to_transform", source_)};
  const Json* pattern = set_value(json, "layers_pattern");
  if (!pattern) return layer_expressions_.clear();
  for (const std::string& name :
       pattern->is_string() ? std::vector{pattern->get<std::string>()} : texts(json, "layers_pattern"))
    layer_expressions_.emplace_back("(?:^|.*?\\.)" + name + "\\.\\d+\\.", source_);
}

std::vector<PeftConfig::Pattern> PeftConfig::patterns(const Json& json, const char* key) const {
  const Json* value = set_value(json, key);
  if (!value) return {};
  const std::string place = fmt::format("{}: {}", source_, key);
  if (!value->is_object()) throw bad_input(kInPeftConfig, "{} is not an object", place);
  std::vector<Pattern> all;
  for (const auto& [name, number] : value->items()) {
    if (!number.is_number()) throw bad_input(kInPeftConfig, "{}: '{}' has no number", place, shown(name));
    all.push_back({PythonExpression("(.*\\.)?(" + name + ")$", place), number.get<double>()});
  }
  return all;
}

std::vector<std::string> PeftConfig::texts(const Json& json, const char* key) const {
  return set_value(json, key) ? json_field<std::vector<std::string>>(json, key, source_) : std::vector<std::string>();
}

// The first pattern that fits decides, in the order of the file.
std::optional<double> PeftConfig::find(const std::vector<Pattern>& patterns, std::string_view module) {
  for (const Pattern& pattern : patterns)
    if (pattern.expression.matches(module)) return pattern.value;
  return std::nullopt;
}

int64_t PeftConfig::rank(std::string_view module) const {
  return static_cast<int64_t>(find(rank_pattern_, module).value_or(static_cast<double>(rank_)));
}

double PeftConfig::scale(std::string_view module) const {
  const auto r = static_cast<double>(rank(module));
  return find(alpha_pattern_, module).value_or(alpha_) / (rslora_ ? std::sqrt(r) : r);
}

// Of decoders the number after "layers" is the first in a name, so that one expression serves with and without
// layers_pattern.
bool PeftConfig::layer_chosen(std::string_view module) const {
  if (layers_.empty()) return true;
  constexpr std::string_view kLayers = "model.layers.";
  if (!module.starts_with(kLayers)) return false;
  const bool fits = layer_expressions_.empty() || std::ranges::any_of(layer_expressions_, [&](const auto& expression) {
                      return expression.matches(module);
                    });
  const std::string number(module.substr(kLayers.size(), module.find('.', kLayers.size()) - kLayers.size()));
  return fits && std::ranges::any_of(layers_, [&](int64_t layer) { return std::to_string(layer) == number; });
}

bool PeftConfig::targets(std::string_view module) const {
  if (excluded_expression_ ? excluded_expression_->matches(module, true) : names(excluded_names_, module)) return false;
  if (std::ranges::any_of(saved_expressions_, [&](const auto& one) { return one.matches(module); })) return false;
  if (all_linear_) return module.starts_with("model.layers.") && layer_chosen(module);
  if (target_expression_) return target_expression_->matches(module, true);
  // A whole name is meant in any case, whatever layers_to_transform says.
  if (std::ranges::find(target_names_, module) != target_names_.end()) return true;
  return names(target_names_, module) && layer_chosen(module);
}

bool PeftConfig::saves(std::string_view module) const {
  for (;;) {
    if (std::ranges::any_of(saved_, [&](const std::string& name) { return module.ends_with(name); })) return true;
    const size_t dot = module.rfind('.');
    if (dot == std::string_view::npos) return false;
    module = module.substr(0, dot);
  }
}

}  // namespace hrm::language
