#include "reward/tiny.h"

#include "text/byte_alphabet.h"

namespace hrm::reward {
namespace {

constexpr int64_t kBytes = 256;
constexpr const char* kEnd = "<|endoftext|>";

Json added(int64_t id, const std::string& content, bool special) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", special}};
}

}  // namespace

Json byte_tokenizer(const std::vector<std::string>& phrases) {
  Json vocabulary = Json::object();
  for (int64_t b = 0; b < kBytes; ++b) vocabulary[text::to_byte_alphabet(std::string(1, static_cast<char>(b)))] = b;
  Json tokens = Json::array({added(kBytes, kEnd, true)});
  for (size_t i = 0; i < phrases.size(); ++i)
    tokens.push_back(added(kBytes + 1 + static_cast<int64_t>(i), phrases[i], false));
  const Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", tokens},
          {"normalizer", nullptr},
          {"pre_tokenizer", bytes},
          {"post_processor", nullptr},
          {"decoder", bytes},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"vocab", vocabulary},
            {"merges", Json::array()}}}};
}

std::vector<std::string> prompt_phrases() {
  return {"Question:\n",
          "Let's break it down step by step!\n\n",
          "Previous reasoning:\n",
          "Now, let's focus on the current step:\n",
          "Question is as follows:\n",
          "The answer is as follows:\n"};
}

language::DecoderConfig tiny_decoder(int64_t vocabulary, const TinySize& size) {
  language::DecoderConfig config;
  config.model_type = language::Family::kLlama;
  config.hidden_size = size.hidden_size;
  config.intermediate_size = size.hidden_size * 3;
  config.num_hidden_layers = size.layers;
  config.num_attention_heads = config.num_key_value_heads = size.heads;
  config.head_dim = size.hidden_size / std::max<int64_t>(size.heads, 1);
  config.vocab_size = vocabulary;
  config.max_position_embeddings = size.context;
  config.rms_norm_eps = 1e-5;
  config.eos_token_id = {kBytes};
  config.pad_token_id = kBytes;
  return config;
}

int64_t write_tiny_tokenizer(const std::filesystem::path& folder) {
  const std::vector<std::string> phrases = prompt_phrases();
  std::filesystem::create_directories(folder);
  write_json(folder / "tokenizer.json", byte_tokenizer(phrases));
  write_json(folder / "tokenizer_config.json", {{"tokenizer_class", "PreTrainedTokenizerFast"},
                                                {"eos_token", kEnd},
                                                {"pad_token", kEnd},
                                                {"clean_up_tokenization_spaces", false}});
  return kBytes + 1 + static_cast<int64_t>(phrases.size());
}

}  // namespace hrm::reward
