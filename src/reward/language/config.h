// What decides the shape and the arithmetic of a Llama, Mistral, Qwen2 or Qwen3 decoder, in the keys of Hugging Face's
// config.json.
//
// Both forms of that file are read: that of published checkpoints (rope_theta and rope_scaling at top level) and that
// of transformers 5 (rope_parameters). Keys that do not change the arithmetic are ignored.
#pragma once

#include <filesystem>
#include <vector>

#include "base/fields.h"

namespace hrm::language {

// Mistral is a Llama whose tokens see no farther back than a window: texts up to that length are read, where the two
// are the same.
enum class Family { kLlama, kMistral, kQwen2, kQwen3 };
EnumNames<Family> enum_names(Family);

enum class RopeType {
  kDefault,
  kLlama3,  // Llama 3.1: long wavelengths are stretched, those between are blended
};
EnumNames<RopeType> enum_names(RopeType);

struct RopeConfig {
  double rope_theta = 10000;
  RopeType rope_type = RopeType::kDefault;
  double factor = 8, low_freq_factor = 1, high_freq_factor = 4;  // kLlama3
  int64_t original_max_position_embeddings = 8192;               // kLlama3

  static void fields(auto& self, auto&& field) {
    field("rope_theta", self.rope_theta, "base of the rotary frequencies");
    field("rope_type", self.rope_type, "default or llama3");
    field("factor", self.factor, "llama3: stretch factor of the long wavelengths");
    field("low_freq_factor", self.low_freq_factor, "llama3: wavelengths above original / this are stretched");
    field("high_freq_factor", self.high_freq_factor, "llama3: wavelengths below original / this are unchanged");
    field("original_max_position_embeddings", self.original_max_position_embeddings,
          "llama3: length before stretching");
  }
};

struct DecoderConfig {
  Family model_type = Family::kLlama;
  int64_t hidden_size = 0, intermediate_size = 0, num_hidden_layers = 0;
  int64_t num_attention_heads = 0, num_key_value_heads = 0, head_dim = 0;
  int64_t vocab_size = 0, max_position_embeddings = 0;
  double rms_norm_eps = 1e-6;
  bool tie_word_embeddings = false;
  bool attention_bias = false;  // of q, k and v; Qwen2 always has it
  bool window_limits = false;   // max_position_embeddings is what config.json calls sliding_window
  RopeConfig rope_parameters;
  int64_t bos_token_id = -1, pad_token_id = -1;  // -1: none
  std::vector<int64_t> eos_token_id;

  // The numbers, not the token ids.
  static void fields(auto& self, auto&& field) {
    field("model_type", self.model_type, "llama, mistral, qwen2 or qwen3");
    field("hidden_size", self.hidden_size, "width");
    field("intermediate_size", self.intermediate_size, "inner width of the feed-forward part");
    field("num_hidden_layers", self.num_hidden_layers, "layers");
    field("num_attention_heads", self.num_attention_heads, "query heads");
    field("num_key_value_heads", self.num_key_value_heads, "key and value heads");
    field("head_dim", self.head_dim, "width of a head");
    field("vocab_size", self.vocab_size, "rows of the embedding");
    field("max_position_embeddings", self.max_position_embeddings,
          "longest text in tokens; for Mistral at most its window");
    field("rms_norm_eps", self.rms_norm_eps, "added to the mean square");
    field("tie_word_embeddings", self.tie_word_embeddings, "the output layer shares the weights of the embedding");
    field("rope_parameters", self.rope_parameters, "");
  }

  // Queries and keys are normalized per head before they are turned.
  bool has_head_norms() const { return model_type == Family::kQwen3; }
  // The key of config.json that max_position_embeddings comes from, for messages.
  std::string_view length_key() const { return window_limits ? "sliding_window" : "max_position_embeddings"; }

  void validate(std::string_view source) const;  // throws bad_input
};

// Throws bad_input naming source, key, value and what is supported.
DecoderConfig decoder_config(const Json& json, std::string_view source);
DecoderConfig load_decoder_config(const std::filesystem::path& config_json);

// A config.json in the published form, which every version of transformers reads. architecture: the class of the
// model ("LlamaForCausalLM"); dtype: "float32" or "bfloat16".
Json to_published_json(const DecoderConfig& config, const std::string& architecture, const std::string& dtype);

// Rotary frequencies, one per pair of a head: theta^(-2i / head_dim), stretched where the type says so.
std::vector<double> rope_frequencies(const DecoderConfig& config);

}  // namespace hrm::language
