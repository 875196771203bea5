#include "language/config.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace hrm::language {
namespace {

constexpr std::string_view kInConfig = "language.config";

// The value at a key where it is present and not null.
const Json* find(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at == json.end() || at->is_null() ? nullptr : &*at;
}

template <typename T>
T get_or(const Json& json, const char* key, T fallback, std::string_view source) {
  return find(json, key) ? json_field<T>(json, key, source) : fallback;
}

void check_scalar(const Json& json, const char* key, const Json& wanted, std::string_view source) {
  const Json* have = find(json, key);
  if (have && *have != wanted)
    throw bad_input(kInConfig, "{}: {} = {}: only {} is supported", source, key, printable(*have).substr(0, 80),
                    printable(wanted));
}

Family family_of(const Json& json, std::string_view source) {
  const auto type = json_field<std::string>(json, "model_type", source);
  for (const auto& [family, name] : enum_names(Family{}))
    if (name == type) return family;
  throw bad_input(kInConfig, "{}: model_type '{}' is not supported, only llama, mistral, qwen2 and qwen3", source,
                  type);
}

// rope_parameters of transformers 5, or rope_theta and rope_scaling before it.
RopeConfig rope_of(const Json& json, std::string_view source) {
  RopeConfig rope;
  rope.rope_theta = get_or(json, "rope_theta", rope.rope_theta, source);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const Json* given = find(json, key);
    if (!given) continue;
    const std::string place = fmt::format("{}: {}", source, key);
    rope.rope_theta = get_or(*given, "rope_theta", rope.rope_theta, place);
    const auto old_name = get_or<std::string>(*given, "type", "default", place);  // of older files
    const auto type = get_or<std::string>(*given, "rope_type", old_name, place);
    if (type != "default" && type != "llama3")
      throw bad_input(kInConfig, "{}: rope_type '{}' is not supported, only default and llama3", place, type);
    if (type == "default") continue;
    rope.rope_type = RopeType::kLlama3;
    rope.factor = json_field<double>(*given, "factor", place);
    rope.low_freq_factor = json_field<double>(*given, "low_freq_factor", place);
    rope.high_freq_factor = json_field<double>(*given, "high_freq_factor", place);
    rope.original_max_position_embeddings = json_field<int64_t>(*given, "original_max_position_embeddings", place);
  }
  return rope;
}

// What transformers takes for keys that config.json leaves out.
struct FamilyDefaults {
  int64_t num_key_value_heads, head_dim, max_position_embeddings;  // 0: as many as query heads; hidden_size / heads
};
FamilyDefaults defaults_of(Family family) {
  switch (family) {
    case Family::kLlama:
      return {0, 0, 2048};
    case Family::kMistral:
      return {8, 0, 131072};
    case Family::kQwen2:
      return {32, 0, 32768};
    case Family::kQwen3:
      return {32, 128, 32768};
  }
  return {};
}

// How far back a token sees where that is limited: within it a text reads as without. Mistral always has one, 4096
// where the key is absent; Qwen only where use_sliding_window says so, and Llama never.
int64_t window_of(Family family, const Json& json, std::string_view source) {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  const bool qwen = family == Family::kQwen2 || family == Family::kQwen3;
  if (family == Family::kLlama || (qwen && !get_or(json, "use_sliding_window", false, source))) return kNone;
  if (json.contains("sliding_window") && !find(json, "sliding_window")) return kNone;
  return get_or<int64_t>(json, "sliding_window", 4096, source);
}

std::vector<int64_t> ids_of(const Json& json, const char* key, std::string_view source) {
  const Json* given = find(json, key);
  if (!given) return {};
  if (given->is_array()) return json_field<std::vector<int64_t>>(json, key, source);
  return {json_field<int64_t>(json, key, source)};
}

}  // namespace

EnumNames<Family> enum_names(Family) {
  static constexpr std::pair<Family, std::string_view> names[] = {
      {Family::kLlama, "llama"}, {Family::kMistral, "mistral"}, {Family::kQwen2, "qwen2"}, {Family::kQwen3, "qwen3"}};
  return names;
}

EnumNames<RopeType> enum_names(RopeType) {
  static constexpr std::pair<RopeType, std::string_view> names[] = {{RopeType::kDefault, "default"},
                                                                    {RopeType::kLlama3, "llama3"}};
  return names;
}

DecoderConfig decoder_config(const Json& json, std::string_view source) {
  DecoderConfig c;
  c.model_type = family_of(json, source);
  const FamilyDefaults absent = defaults_of(c.model_type);
  c.hidden_size = json_field<int64_t>(json, "hidden_size", source);
  c.intermediate_size = json_field<int64_t>(json, "intermediate_size", source);
  c.num_hidden_layers = json_field<int64_t>(json, "num_hidden_layers", source);
  c.num_attention_heads = json_field<int64_t>(json, "num_attention_heads", source);
  const bool no_groups = json.contains("num_key_value_heads") || absent.num_key_value_heads == 0;  // null: one each
  c.num_key_value_heads =
      get_or(json, "num_key_value_heads", no_groups ? c.num_attention_heads : absent.num_key_value_heads, source);
  const int64_t even = c.num_attention_heads > 0 ? c.hidden_size / c.num_attention_heads : 0;
  c.head_dim = get_or(json, "head_dim", absent.head_dim > 0 ? absent.head_dim : even, source);
  c.vocab_size = json_field<int64_t>(json, "vocab_size", source);
  c.max_position_embeddings = get_or(json, "max_position_embeddings", absent.max_position_embeddings, source);
  if (const int64_t window = window_of(c.model_type, json, source); window < c.max_position_embeddings) {
    c.max_position_embeddings = window;
    c.window_limits = true;
  }
  c.rms_norm_eps = get_or(json, "rms_norm_eps", 1e-6, source);
  c.tie_word_embeddings = get_or(json, "tie_word_embeddings", false, source);
  c.attention_bias = c.model_type == Family::kQwen2 ||
                     (c.model_type != Family::kMistral && get_or(json, "attention_bias", false, source));
  c.rope_parameters = rope_of(json, source);
  c.bos_token_id = get_or<int64_t>(json, "bos_token_id", -1, source);
  c.pad_token_id = get_or<int64_t>(json, "pad_token_id", -1, source);
  c.eos_token_id = ids_of(json, "eos_token_id", source);
  if (const Json* act = find(json, "hidden_act"); !act || *act != "swish")  // another name of it
    check_scalar(json, "hidden_act", "silu", source);
  // transformers 5 lets every token see all others then, as models for embeddings do.
  check_scalar(json, "is_causal", true, source);
  check_scalar(json, "mlp_bias", false, source);
  c.validate(source);
  return c;
}

DecoderConfig load_decoder_config(const std::filesystem::path& config_json) {
  return decoder_config(read_json(config_json), config_json.string());
}

void DecoderConfig::validate(std::string_view source) const {
  constexpr int64_t kLargest = 1 << 24;
  fields(*this, [&](std::string_view key, const auto& value, std::string_view) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, int64_t>)
      if (value < 1 || value > kLargest)
        throw bad_input(kInConfig, "{}: {} = {}, expected 1 to {}", source, key, value, kLargest);
  });
  if (num_attention_heads % num_key_value_heads != 0)
    throw bad_input(kInConfig, "{}: {} query heads cannot be divided evenly among {} key heads", source,
                    num_attention_heads, num_key_value_heads);
  if (head_dim % 2 != 0) throw bad_input(kInConfig, "{}: head_dim = {}, expected an even number", source, head_dim);
  if (!(rms_norm_eps > 0) || !(rope_parameters.rope_theta > 0))
    throw bad_input(kInConfig, "{}: rms_norm_eps = {}, rope_theta = {}: both must be above 0", source, rms_norm_eps,
                    rope_parameters.rope_theta);
  const RopeConfig& r = rope_parameters;
  if (r.rope_type == RopeType::kLlama3 && (!(r.factor > 0) || !(r.high_freq_factor > r.low_freq_factor) ||
                                           !(r.low_freq_factor > 0) || r.original_max_position_embeddings < 1))
    throw bad_input(kInConfig, "{}: llama3 rope scaling needs factor > 0 and 0 < low_freq_factor < high_freq_factor",
                    source);
}

Json to_published_json(const DecoderConfig& c, const std::string& architecture, const std::string& dtype) {
  Json json = fields_to_json(c);
  json.erase("rope_parameters");
  json["architectures"] = {architecture};
  json["torch_dtype"] = dtype;
  json["hidden_act"] = "silu";
  json["attention_dropout"] = 0.0;
  json["use_cache"] = true;
  json["rope_theta"] = c.rope_parameters.rope_theta;
  if (c.rope_parameters.rope_type != RopeType::kDefault) {
    json["rope_scaling"] = fields_to_json(c.rope_parameters);
    json["rope_scaling"].erase("rope_theta");
  }
  if (c.model_type == Family::kQwen2 || c.model_type == Family::kQwen3) {
    json["use_sliding_window"] = false;
    if (c.model_type == Family::kQwen3) json["attention_bias"] = c.attention_bias;
  } else if (c.model_type == Family::kMistral) {
    json["sliding_window"] = nullptr;
  } else {
    json["attention_bias"] = c.attention_bias;
    json["mlp_bias"] = false;
  }
  if (c.bos_token_id >= 0) json["bos_token_id"] = c.bos_token_id;
  if (c.pad_token_id >= 0) json["pad_token_id"] = c.pad_token_id;
  if (c.eos_token_id.size() == 1) json["eos_token_id"] = c.eos_token_id[0];
  if (c.eos_token_id.size() > 1) json["eos_token_id"] = c.eos_token_id;
  return json;
}

std::vector<double> rope_frequencies(const DecoderConfig& config) {
  const RopeConfig& r = config.rope_parameters;
  std::vector<double> all;
  for (int64_t i = 0; i < config.head_dim / 2; ++i) {
    double f = std::pow(r.rope_theta, -2.0 * static_cast<double>(i) / static_cast<double>(config.head_dim));
    if (r.rope_type == RopeType::kLlama3) {
      const double turns = static_cast<double>(r.original_max_position_embeddings) * f / (2 * std::numbers::pi);
      const double kept = (turns - r.low_freq_factor) / (r.high_freq_factor - r.low_freq_factor);
      const double share = std::min(1.0, std::max(0.0, kept));
      f = (1 - share) * f / r.factor + share * f;
    }
    all.push_back(f);
  }
  return all;
}

}  // namespace hrm::language
