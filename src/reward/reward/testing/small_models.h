// Small random reward models in folders, in the layouts of published checkpoints. Test code only.
#pragma once

#include <ATen/ATen.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "base/rng.h"
#include "formats/safetensors.h"
#include "language/tiny.h"
#include "reward/reward_model.h"
#include "text/tokenizer_writer.h"
#include "torch/host.h"

namespace hrm::reward {

struct TestFolder {
  explicit TestFolder(const std::string& name)
      : path(std::filesystem::temp_directory_path() / fmt::format("hrm_reward_{}_{}", ::getpid(), name)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::filesystem::path path;
};

// As a published folder: config.json, model.safetensors, tokenizer.json, without a reward.json. extra: tokens added to
// the byte alphabet.
inline void write_checkpoint(const std::filesystem::path& folder, language::HeadKind head, int64_t outputs,
                             const std::vector<std::string>& extra = {}, int64_t context = 512) {
  const text::TokenizerSpec tokenizer = text::byte_spec(extra);
  language::DecoderConfig config = language::tiny_decoder(
      tokenizer.added.back().id + 1, {.hidden_size = 32, .layers = 2, .heads = 4, .context = context});
  config.num_key_value_heads = 2;
  config.tie_word_embeddings = true;
  language::LanguageModel model = language::initial_model(config, head, outputs, {.seed = 7});
  for (auto& [name, tensor] : model.parameters)  // large enough to tell texts apart
    if (!language::is_norm_or_bias(name)) tensor.mul_(8);
  language::save_model(folder, model, at::kFloat);
  text::save_tokenizer(folder, tokenizer, text::byte_config());
}

// A text of that many characters, from a small alphabet with blanks and newlines, so that texts share beginnings.
inline std::string random_text(Rng& rng, size_t length) {
  static constexpr std::string_view kLetters = "ab1+ \n";
  std::string text;
  for (size_t i = 0; i < length; ++i) text += kLetters[rng.below(kLetters.size())];
  return text;
}

}  // namespace hrm::reward
