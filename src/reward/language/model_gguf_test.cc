// Models in GGUF files that the test writes itself, in every type that can be expanded. Weights are small whole numbers
// times 2^-6, which all those types hold exactly, so what is read must be equal to what was meant.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/rng.h"
#include "base/testing/refused.h"
#include "formats/testing/gguf.h"
#include "language/model_io.h"

namespace hrm::language {
namespace {

constexpr uint32_t kU32 = 4, kFloat32 = 6;
constexpr float kUnit = 1.0F / 64;
constexpr int kLow = -8, kHigh = 7;  // in units

DecoderConfig small_config(Family family) {
  return {.model_type = family,
          .hidden_size = 256,  // a block of the K types
          .intermediate_size = 256,
          .num_hidden_layers = 1,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .head_dim = 64,
          .vocab_size = 16,
          .max_position_embeddings = 64,
          .attention_bias = family == Family::kQwen2};
}

void append_half(std::string& to, float value) { append_le(to, to_float16(value)); }
void append_byte(std::string& to, unsigned value) { to += static_cast<char>(value); }

// Two numbers of four bits in each byte, the first half of the block below.
void append_halves(std::string& to, std::span<const int> q) {
  for (size_t j = 0; j < q.size() / 2; ++j)
    append_byte(to, static_cast<unsigned>(q[j] & 15) | static_cast<unsigned>(q[j + q.size() / 2] & 15) << 4);
}

std::vector<int> plus(std::span<const int> w, int offset) {
  std::vector<int> q(w.begin(), w.end());
  for (int& each : q) each += offset;
  return q;
}

using Block = std::span<const int>;

void q4(std::string& to, Block w, bool minimum) {
  append_half(to, kUnit);
  if (minimum) append_half(to, -8 * kUnit);
  append_halves(to, plus(w, 8));
}

void q5(std::string& to, Block w, bool minimum) {
  append_half(to, kUnit);
  if (minimum) append_half(to, -16 * kUnit);
  const std::vector<int> q = plus(w, 16);
  uint32_t high = 0;
  for (size_t j = 0; j < q.size(); ++j) high |= static_cast<uint32_t>(q[j] >> 4) << j;
  append_le(to, high);
  append_halves(to, q);
}

void q8_0(std::string& to, Block w) {
  append_half(to, kUnit);
  for (const int each : w) append_byte(to, static_cast<unsigned>(each));
}

// Scales 1 and minima `minimum` (8 or 16) for all eight runs, packed in 6 bits each.
void append_scales(std::string& to, unsigned minimum) {
  for (int i = 0; i < 4; ++i) append_byte(to, 1);
  for (int i = 0; i < 4; ++i) append_byte(to, minimum | minimum >> 4 << 6);
  for (int i = 0; i < 4; ++i) append_byte(to, 1 | (minimum & 15) << 4);
}

void k4_or_k5(std::string& to, Block w, bool fifth) {
  append_half(to, kUnit);
  append_half(to, kUnit);
  append_scales(to, fifth ? 16 : 8);
  const std::vector<int> q = plus(w, fifth ? 16 : 8);
  for (size_t j = 0; fifth && j < 32; ++j) {
    unsigned bits = 0;
    for (size_t run = 0; run < 8; ++run) bits |= static_cast<unsigned>(q[run * 32 + j] >> 4) << run;
    append_byte(to, bits);
  }
  for (size_t pair = 0; pair < 4; ++pair) append_halves(to, std::span(q).subspan(pair * 64, 64));
}

void q6_k(std::string& to, Block w) {
  const std::vector<int> q = plus(w, 32);
  std::string low(128, '\0'), high(64, '\0');
  const auto set = [](char& byte, int bits, size_t shift) {
    byte = static_cast<char>(static_cast<unsigned char>(byte) | static_cast<unsigned>(bits) << shift);
  };
  for (size_t i = 0; i < 256; ++i) {
    const size_t part = i / 128, run = i % 128 / 32, j = i % 32;
    set(low[part * 64 + run % 2 * 32 + j], q[i] & 15, run / 2 * 4);
    set(high[part * 32 + j], q[i] >> 4, run * 2);
  }
  to += low + high + std::string(16, '\1');
  append_half(to, kUnit);
}

struct Type {
  std::string_view name;
  uint32_t id;
  size_t block;
  void (*append)(std::string& to, Block w);
};

constexpr Type kTypes[] = {
    {"F32", 0, 1, [](std::string& to, Block w) { append_le(to, static_cast<float>(w[0]) * kUnit); }},
    {"F16", 1, 1, [](std::string& to, Block w) { append_half(to, static_cast<float>(w[0]) * kUnit); }},
    {"BF16", 30, 1, [](std::string& to, Block w) { append_le(to, to_bfloat16(static_cast<float>(w[0]) * kUnit)); }},
    {"Q4_0", 2, 32, [](std::string& to, Block w) { q4(to, w, false); }},
    {"Q4_1", 3, 32, [](std::string& to, Block w) { q4(to, w, true); }},
    {"Q5_0", 6, 32, [](std::string& to, Block w) { q5(to, w, false); }},
    {"Q5_1", 7, 32, [](std::string& to, Block w) { q5(to, w, true); }},
    {"Q8_0", 8, 32, q8_0},
    {"Q4_K", 12, 256, [](std::string& to, Block w) { k4_or_k5(to, w, false); }},
    {"Q5_K", 13, 256, [](std::string& to, Block w) { k4_or_k5(to, w, true); }},
    {"Q6_K", 14, 256, q6_k},
};

// Whole numbers under the names of Hugging Face; as tensors they are times kUnit.
struct Numbers {
  std::vector<int64_t> shape;
  std::vector<int> values;
};
using Model = std::map<std::string, Numbers>;

Model random_model(const DecoderConfig& config) {
  Model model;
  Rng rng(7);
  auto shapes = decoder_parameters(config);
  shapes.push_back({"lm_head.weight", {config.vocab_size, config.hidden_size}});
  for (const auto& [name, shape] : shapes) {
    Numbers& numbers = model[name];
    numbers.shape = shape;
    numbers.values.resize(static_cast<size_t>(element_count(shape)));
    for (int& value : numbers.values) value = kLow + static_cast<int>(rng.below(kHigh - kLow + 1));
  }
  return model;
}

// llama.cpp turns neighboring rows of a head: row 2i + s of the file is row s W/2 + i here.
Numbers neighbors(const Numbers& halves, int64_t head_dim) {
  Numbers turned = halves;
  const auto width = static_cast<size_t>(halves.shape[1]), w = static_cast<size_t>(head_dim);
  for (size_t row = 0; row < static_cast<size_t>(halves.shape[0]); ++row) {
    const size_t head = row / w, i = row % w / 2, s = row % 2;
    const size_t from = head * w + s * w / 2 + i;
    std::copy_n(&halves.values[from * width], width, &turned.values[row * width]);
  }
  return turned;
}

const std::map<std::string, std::string> kNames = {
    {"model.embed_tokens.weight", "token_embd.weight"},
    {"model.norm.weight", "output_norm.weight"},
    {"lm_head.weight", "output.weight"},
    {"model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight"},
    {"model.layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight"},
    {"model.layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight"},
    {"model.layers.0.self_attn.k_proj.weight", "blk.0.attn_k.weight"},
    {"model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight"},
    {"model.layers.0.self_attn.q_proj.bias", "blk.0.attn_q.bias"},
    {"model.layers.0.self_attn.k_proj.bias", "blk.0.attn_k.bias"},
    {"model.layers.0.self_attn.v_proj.bias", "blk.0.attn_v.bias"},
    {"model.layers.0.self_attn.o_proj.weight", "blk.0.attn_output.weight"},
    {"model.layers.0.mlp.gate_proj.weight", "blk.0.ffn_gate.weight"},
    {"model.layers.0.mlp.up_proj.weight", "blk.0.ffn_up.weight"},
    {"model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight"},
};

// What a file is made of; tests spoil one of these.
struct FileParts {
  std::string architecture;
  Model tensors;  // by the names of GGUF
  std::vector<float> rope_divisors;
};

FileParts parts_of(const DecoderConfig& config, const Model& model) {
  const bool llama = config.model_type == Family::kLlama;
  FileParts parts{.architecture = llama ? "llama" : "qwen2", .tensors = {}, .rope_divisors = {}};
  for (const auto& [name, numbers] : model) {
    const bool turned = llama && (name.ends_with("q_proj.weight") || name.ends_with("k_proj.weight"));
    parts.tensors[kNames.at(name)] = turned ? neighbors(numbers, config.head_dim) : numbers;
  }
  return parts;
}

std::string file_of(const DecoderConfig& config, const FileParts& parts, const Type& type) {
  GgufTestWriter writer;
  const auto key = [&](std::string_view name) { return parts.architecture + "." + std::string(name); };
  const auto number = [&](std::string_view name, int64_t value) {
    writer.key(key(name), kU32, static_cast<uint32_t>(value));
  };
  writer.text("general.architecture", parts.architecture);
  number("embedding_length", config.hidden_size);
  number("feed_forward_length", config.intermediate_size);
  number("block_count", config.num_hidden_layers);
  number("attention.head_count", config.num_attention_heads);
  number("attention.head_count_kv", config.num_key_value_heads);
  number("context_length", config.max_position_embeddings);
  writer.key(key("attention.layer_norm_rms_epsilon"), kFloat32, 1e-5F);
  writer.key(key("rope.freq_base"), kFloat32, 50000.0F);
  std::string data;
  for (const auto& [name, numbers] : parts.tensors) {
    const Type& chosen = numbers.shape.size() == 1 ? kTypes[0] : type;
    writer.tensor(name, {numbers.shape.rbegin(), numbers.shape.rend()}, chosen.id, data.size());
    for (size_t at = 0; at < numbers.values.size(); at += chosen.block)
      chosen.append(data, std::span(numbers.values).subspan(at, chosen.block));
    data.append((32 - data.size() % 32) % 32, '\0');
  }
  if (!parts.rope_divisors.empty()) {
    writer.tensor("rope_freqs.weight", {parts.rope_divisors.size()}, kTypes[0].id, data.size());
    for (const float divisor : parts.rope_divisors) append_le(data, divisor);
  }
  return writer.file(data);
}

at::Tensor tensor_of(const Numbers& numbers) {
  return at::tensor(at::ArrayRef<int>(numbers.values), at::kFloat).view(numbers.shape) * kUnit;
}

class GgufModel : public testing::TestWithParam<Type> {
 protected:
  LanguageModel load(const DecoderConfig& config, const FileParts& parts, const LoadOptions& options = {}) const {
    const auto path = folder_.path() / "model.gguf";
    write_file_atomic(path, file_of(config, parts, GetParam()));
    return load_model(path, options);
  }
  TemporaryFolder folder_;
};

TEST_P(GgufModel, IsReadUnderTheNamesAndInTheOrderOfHuggingFace) {
  for (const Family family : {Family::kLlama, Family::kQwen2}) {
    const DecoderConfig config = small_config(family);
    const Model meant = random_model(config);
    const LanguageModel model = load(config, parts_of(config, meant));
    EXPECT_EQ(model.config.model_type, family);
    EXPECT_EQ(model.config.head_dim, 64);
    EXPECT_EQ(model.config.rms_norm_eps, 1e-5F);
    EXPECT_EQ(model.config.rope_parameters.rope_theta, 50000);
    EXPECT_FALSE(model.config.tie_word_embeddings);
    ASSERT_EQ(model.parameters.size(), meant.size());
    for (const auto& [name, numbers] : meant)
      EXPECT_TRUE(model.parameters.at(name).equal(tensor_of(numbers))) << name_of_enum(family) << " " << name;
  }
}

TEST_P(GgufModel, WithoutAnOutputLayerItsEmbeddingIsTied) {
  const DecoderConfig config = small_config(Family::kLlama);
  FileParts parts = parts_of(config, random_model(config));
  parts.tensors.erase("output.weight");
  const LanguageModel model = load(config, parts, {.type = at::kBFloat16});
  EXPECT_TRUE(model.config.tie_word_embeddings);
  EXPECT_FALSE(model.parameters.contains("lm_head.weight"));
  for (const auto& [name, tensor] : model.parameters) EXPECT_EQ(tensor.scalar_type(), at::kBFloat16) << name;
  EXPECT_TRUE(Decoder(model.config, model.parameters).has_output_layer());
}

INSTANTIATE_TEST_SUITE_P(Types, GgufModel, testing::ValuesIn(kTypes),
                         [](const auto& type) { return std::string(type.param.name); });

TEST(GgufModel, SaysWhatDoesNotFit) {
  const TemporaryFolder folder;
  const DecoderConfig config = small_config(Family::kLlama);
  const auto fault = [&](const std::function<void(FileParts&)>& spoil) -> std::string {
    FileParts parts = parts_of(config, random_model(config));
    spoil(parts);
    write_file_atomic(folder.path() / "m.gguf", file_of(config, parts, kTypes[0]));
    return refusal([&] { load_model(folder.path() / "m.gguf"); });
  };
  const auto holds = [](const std::string& text, std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  holds(fault([](FileParts& parts) { parts.architecture = "mamba"; }), "architecture 'mamba' is not supported");
  holds(fault([](FileParts& parts) {
          parts.tensors["rope_freqs.weight"] = {{32}, std::vector<int>(32, 1)};
        }),
        "not those of Llama 3.1 to 3.3");
  holds(fault([](FileParts& parts) { parts.tensors.erase("blk.0.attn_v.weight"); }), "blk.0.attn_v.weight");
  holds(fault([](FileParts& parts) {
          parts.tensors["blk.0.ffn_up.weight"] = {{16, 16}, std::vector<int>(256, 1)};
        }),
        "shape [16, 16], the metadata says [256, 256]");
  holds(fault([](FileParts& parts) { parts.tensors.erase("token_embd.weight"); }), "'token_embd.weight' is missing");
}

TEST(GgufRope, Llama31StretchIsRecognized) {
  const DecoderConfig plain = small_config(Family::kLlama);
  for (const double factor : {8.0, 32.0, 16.0}) {
    DecoderConfig scaled = plain;
    scaled.rope_parameters = {.rope_theta = 50000, .rope_type = RopeType::kLlama3, .factor = factor};
    DecoderConfig base = scaled;
    base.rope_parameters.rope_type = RopeType::kDefault;
    const std::vector<double> from = rope_frequencies(base), to = rope_frequencies(scaled);
    FileParts parts = parts_of(plain, random_model(plain));
    for (size_t i = 0; i < to.size(); ++i) parts.rope_divisors.push_back(static_cast<float>(from[i] / to[i]));
    const TemporaryFolder folder;
    const auto path = folder.path() / "m.gguf";
    write_file_atomic(path, file_of(plain, parts, kTypes[0]));
    if (factor == 16) {
      EXPECT_THROW(load_model(path), Error);
      continue;
    }
    EXPECT_EQ(load_model(path).config.rope_parameters.factor, factor);
  }
}

}  // namespace
}  // namespace hrm::language
