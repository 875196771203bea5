#include "language/tiny.h"

#include <cmath>

#include "base/error.h"
#include "rows/prompt.h"
#include "text/tokenizer_writer.h"

namespace hrm::language {

void TinySize::validate() const {
  const auto need = [](bool holds, std::string_view what, int64_t value) {
    if (!holds) throw bad_input("language.tiny", "tiny.{} (it is {})", what, value);
  };
  need(hidden_size > 0, "hidden must be at least 1", hidden_size);
  need(layers > 0, "layers must be at least 1", layers);
  need(heads > 0 && hidden_size % heads == 0 && hidden_size / heads % 2 == 0,
       "heads must divide tiny.hidden into even parts", heads);
  need(context > 1, "context must be at least 2", context);
}

DecoderConfig tiny_decoder(int64_t vocabulary, const TinySize& size) {
  size.validate();
  DecoderConfig config;
  config.model_type = Family::kLlama;
  config.hidden_size = size.hidden_size;
  config.intermediate_size = size.hidden_size * 3;
  config.num_hidden_layers = size.layers;
  config.num_attention_heads = config.num_key_value_heads = size.heads;
  config.head_dim = size.hidden_size / size.heads;
  config.vocab_size = vocabulary;
  config.max_position_embeddings = size.context;
  config.rms_norm_eps = 1e-5;
  config.tie_word_embeddings = true;
  return config;
}

ModelBundle tiny_bundle(const TinySize& size, HeadKind head, int64_t outputs, uint64_t seed) {
  text::TokenizerSpec spec = text::byte_spec(rows::prompt_phrases());
  DecoderConfig config = tiny_decoder(spec.added.back().id + 1, size);
  config.pad_token_id = spec.added.front().id;
  config.eos_token_id = {spec.added.front().id};
  const double stddev = std::sqrt(1.0 / static_cast<double>(size.hidden_size));
  return make_bundle(initial_model(config, head, outputs, {.seed = seed, .stddev = stddev}), std::move(spec),
                     text::byte_config());
}

}  // namespace hrm::language
