#include <ATen/ATen.h>

#include <cmath>
#include <set>

#include "language/model_io.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

constexpr std::string_view kInModelGguf = "language.gguf";

// "model.layers.3.mlp.up_proj.weight" -> "blk.3.ffn_up.weight"
std::string gguf_name(const std::string& name) {
  static constexpr std::pair<std::string_view, std::string_view> kWhole[] = {
      {"model.embed_tokens.weight", "token_embd.weight"},
      {"model.norm.weight", "output_norm.weight"},
      {"lm_head.weight", "output.weight"}};
  static constexpr std::pair<std::string_view, std::string_view> kInLayer[] = {
      {"input_layernorm", "attn_norm"},    {"self_attn.q_proj", "attn_q"},
      {"self_attn.k_proj", "attn_k"},      {"self_attn.q_norm", "attn_q_norm"},
      {"self_attn.k_norm", "attn_k_norm"}, {"self_attn.v_proj", "attn_v"},
      {"self_attn.o_proj", "attn_output"}, {"post_attention_layernorm", "ffn_norm"},
      {"mlp.gate_proj", "ffn_gate"},       {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"}};
  for (const auto& [mine, theirs] : kWhole)
    if (name == mine) return std::string(theirs);
  constexpr std::string_view kLayers = "model.layers.";
  const size_t dot = name.find('.', kLayers.size());
  const std::string layer = name.substr(kLayers.size(), dot - kLayers.size()), rest = name.substr(dot + 1);
  for (const auto& [mine, theirs] : kInLayer)
    if (rest.starts_with(mine)) return fmt::format("blk.{}.{}{}", layer, theirs, rest.substr(mine.size()));
  throw failure(kInModelGguf, "no GGUF name for '{}'", name);
}

// llama.cpp's rope turns neighbors, so its converter interleaves the halves of each head: [N, 2, W/2] -> [N, W/2, 2].
at::Tensor halves_from_pairs(const at::Tensor& rows, int64_t heads) {
  std::vector<int64_t> shape = {heads, rows.size(0) / heads / 2, 2};
  if (rows.dim() == 2) shape.push_back(rows.size(1));
  return rows.view(shape).transpose(1, 2).reshape(rows.sizes());
}

// GGUF holds Llama 3.1's stretch of the rotary frequencies as what each is divided by. Its published models stretch by
// 8 (3.1, 3.3) or 32 (3.2), otherwise alike: the one that gives these numbers is meant.
void find_rope_scaling(const Gguf& file, DecoderConfig& config) {
  const HostTensor divisors = file.load("rope_freqs.weight", DType::kF32);
  const std::vector<double> plain = rope_frequencies(config);
  DecoderConfig scaled = config;
  scaled.rope_parameters.rope_type = RopeType::kLlama3;
  for (const double factor : {8.0, 32.0}) {
    scaled.rope_parameters.factor = factor;
    const std::vector<double> wanted = rope_frequencies(scaled);
    if (divisors.count() != std::ssize(wanted)) break;
    const std::span<const float> given = divisors.as<float>();
    bool same = true;
    for (size_t i = 0; i < wanted.size(); ++i) same &= std::abs(plain[i] / given[i] / wanted[i] - 1) < 1e-4;
    if (!same) continue;
    config = scaled;
    return;
  }
  throw bad_input(
      kInModelGguf,
      "{}: its scaled rope frequencies (rope_freqs.weight) are not those of Llama 3.1 to 3.3: use the model's "
      "Hugging Face folder",
      file.source());
}

}  // namespace

DecoderConfig decoder_config(const Gguf& file) {
  const auto architecture = file.get<std::string>("general.architecture");
  if (architecture != "llama" && architecture != "qwen2" && architecture != "qwen3")
    throw bad_input(kInModelGguf, "{}: architecture '{}' is not supported, only llama, qwen2 and qwen3", file.source(),
                    architecture);
  const auto key = [&](std::string_view name) { return architecture + "." + std::string(name); };
  const auto embedding = file.tensors().find("token_embd.weight");
  if (embedding == file.tensors().end() || embedding->second.shape.size() != 2)
    throw bad_input(kInModelGguf, "{}: tensor 'token_embd.weight' is missing or not a matrix", file.source());
  DecoderConfig c;
  c.model_type = architecture == "llama" ? Family::kLlama : architecture == "qwen2" ? Family::kQwen2 : Family::kQwen3;
  c.attention_bias = c.model_type == Family::kQwen2;
  c.hidden_size = file.get<int64_t>(key("embedding_length"));
  c.intermediate_size = file.get<int64_t>(key("feed_forward_length"));
  c.num_hidden_layers = file.get<int64_t>(key("block_count"));
  c.num_attention_heads = file.get<int64_t>(key("attention.head_count"));
  c.num_key_value_heads = file.get_or<int64_t>(key("attention.head_count_kv"), c.num_attention_heads);
  const int64_t even = c.num_attention_heads > 0 ? c.hidden_size / c.num_attention_heads : 0;
  c.head_dim = file.get_or<int64_t>(key("attention.key_length"), even);
  c.vocab_size = embedding->second.shape[0];
  c.max_position_embeddings = file.get<int64_t>(key("context_length"));
  c.rms_norm_eps = file.get<double>(key("attention.layer_norm_rms_epsilon"));
  c.rope_parameters.rope_theta = file.get_or<double>(key("rope.freq_base"), 10000);
  c.tie_word_embeddings = !file.tensors().contains("output.weight");
  c.bos_token_id = file.get_or<int64_t>("tokenizer.ggml.bos_token_id", -1);
  c.pad_token_id = file.get_or<int64_t>("tokenizer.ggml.padding_token_id", -1);
  if (file.find("tokenizer.ggml.eos_token_id")) c.eos_token_id = {file.get<int64_t>("tokenizer.ggml.eos_token_id")};
  c.validate(file.source());
  if (file.tensors().contains("rope_freqs.weight")) find_rope_scaling(file, c);
  return c;
}

LanguageModel load_gguf(const std::filesystem::path& path, const LoadOptions& options) {
  const Gguf file(path);
  LanguageModel model{.config = decoder_config(file), .source = path};
  const DecoderConfig& c = model.config;
  std::vector<ParameterShape> wanted = decoder_parameters(c);
  std::set<std::string, std::less<>> read = {"rope_freqs.weight"};  // by decoder_config()
  if (!c.tie_word_embeddings) wanted.push_back({"lm_head.weight", {c.vocab_size, c.hidden_size}});
  for (const auto& [name, shape] : wanted) {
    at::Tensor tensor = torch::to_aten(file.load(gguf_name(name), DType::kF32), at::kCPU);
    if (tensor.sizes() != at::IntArrayRef(shape))
      throw bad_input(kInModelGguf, "{}: tensor '{}' has shape {}, the metadata says {}", path.string(),
                      gguf_name(name), to_string(tensor.sizes().vec()), to_string(shape));
    if (c.model_type == Family::kLlama && name.find("q_proj") != std::string::npos)
      tensor = halves_from_pairs(tensor, c.num_attention_heads);
    if (c.model_type == Family::kLlama && name.find("k_proj") != std::string::npos)
      tensor = halves_from_pairs(tensor, c.num_key_value_heads);
    model.parameters.emplace(name, tensor.to(options.device, options.type));
    read.insert(gguf_name(name));
  }
  for (const auto& [name, info] : file.tensors())
    if (!read.contains(name))
      throw bad_input(kInModelGguf, "{}: tensor '{}' does not belong to a {} model: another architecture?",
                      path.string(), name, name_of_enum(c.model_type));
  return model;
}

}  // namespace hrm::language
