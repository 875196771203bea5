// New tiny models: a decoder of a few hundred thousand parameters that reads bytes, for the synthetic worlds and for
// tests. Policies and reward models have the same form, so a reward model can start from the weights of a policy.
#pragma once

#include "language/model_bundle.h"

namespace hrm::language {

inline constexpr const char* kTiny = "tiny";  // in place of a folder

struct TinySize {
  int64_t hidden_size = 128, layers = 3, heads = 4, context = 1024;

  static void fields(auto& self, auto&& field) {
    field("hidden", self.hidden_size, "width of a tiny model");
    field("layers", self.layers, "layers of a tiny model");
    field("heads", self.heads, "attention heads of a tiny model");
    field("context", self.context, "longest text of a tiny model, in tokens");
  }
  void validate() const;  // throws bad_input
};

DecoderConfig tiny_decoder(int64_t vocabulary, const TinySize& size);

// Its tokenizer is text::byte_spec() with the phrases of reward models' prompts (rows/prompt.h), which as tokens cost
// it next to nothing.
ModelBundle tiny_bundle(const TinySize& size, HeadKind head, int64_t outputs, uint64_t seed);

}  // namespace hrm::language
