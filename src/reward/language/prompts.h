// Prompts and completions as JSON records, as `hrm lm generate` reads and writes them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "language/generator.h"

namespace hrm::language {

struct PromptForm {
  std::string system;  // message before a conversation; empty: none
  bool chat = false;   // a "prompt" is a user's message in the model's chat format
};

// The tokens of {"prompt": text} or {"messages": [{"role", "content"}, ..]}, with "tools" and
// "documents". Throws bad_input with `place` for a record of another form, and if the model has no chat template.
std::vector<int32_t> encode_prompt(const ModelBundle& bundle, const Json& record, const PromptForm& form,
                                   std::string_view place);

// {"text", "finish": end|stop|length, "tokens"}, "stop" if one ended it, "logprobs" if requested.
Json completion_json(const Generation& choice, bool logprobs);

// Runs steps until all requests are done or `advance` returns false; before each step it gets the number of finished
// requests. Requests have the ids 0, 1, ... and are delivered in this order, each as soon as the earlier ones are done.
void generate_in_order(Generator& generator, const std::function<bool(uint64_t done)>& advance,
                       const std::function<void(uint64_t id, const std::vector<Generation>& choices)>& take);

}  // namespace hrm::language
