// Reads models from a Hugging Face folder (config.json and safetensors or pytorch_model.bin, in one file or in shards)
// or a GGUF file, and writes a Hugging Face folder that transformers loads.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "formats/gguf.h"
#include "language/config.h"
#include "language/heads.h"
#include "language/parameters.h"

namespace hrm::language {

// Names of the weights that a model may share.
constexpr const char *kEmbedding = "model.embed_tokens.weight", *kOutput = "lm_head.weight";

struct LanguageModel {
  DecoderConfig config;
  NamedParameters parameters;  // of the decoder and its head
  HeadKind head = HeadKind::kLanguage;
  std::filesystem::path source;  // folder or file; empty for one that was made here
};

struct LoadOptions {
  at::ScalarType type = at::ScalarType::Float;  // of the parameters in memory
  at::Device device = at::Device(at::DeviceType::CPU);
};

// Throws bad_input if `path` is no folder: saying what kind of file it is and what to give instead; how to download a
// name of Hugging Face's Hub; or `otherwise`.
void require_model_folder(const std::filesystem::path& path, std::string_view otherwise);

// path: a folder, or a .gguf file. Tensors are converted one at a time. Names may have the prefix "pretrained_model."
// (Skywork-o1-PRM), or lack "model.". An output layer that is stored beside the embedding is tied to it only where
// config.json says so and both are equal; config.tie_word_embeddings says what came of it. Throws bad_input naming file
// and fault: an unknown architecture; a tensor that is missing, of another shape than config.json says, or read by no
// layer; a head that is not that of the class in config.json.
LanguageModel load_model(const std::filesystem::path& path, const LoadOptions& options = {});

// Numbers of the decoder from GGUF metadata, and the parameters under their Hugging Face names. The rows of Llama's q
// and k, which GGUF keeps in pairs (2i, 2i + 1), are put back to the halves that rope expects.
DecoderConfig decoder_config(const Gguf& file);
LanguageModel load_gguf(const std::filesystem::path& path, const LoadOptions& options = {});

struct FreshWeights {
  uint64_t seed = 0;
  double stddev = 0.02;  // of the decoder's matrices
};

// Fresh weights, in float32 on the CPU.
LanguageModel initial_model(const DecoderConfig& config, HeadKind head, int64_t outputs, const FreshWeights& fresh);

// The same decoder with a new head, drawn from the seed.
void replace_head(LanguageModel& model, HeadKind head, int64_t outputs, uint64_t seed);

// model.safetensors, then config.json: a folder with a config.json is whole. The tokenizer's files are copied from the
// model's source if that is a folder. type: Float or BFloat16. Throws failure if a file cannot be written, bad_input
// if adapters have not been merged (language/lora.h).
void save_model(const std::filesystem::path& folder, const LanguageModel& model, at::ScalarType type);

}  // namespace hrm::language
