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
  bool chat = false;   // a "prompt" is a user's message, in the model's chat form
};

// The tokens of {"prompt": text} or {"messages": [{"role", "content"}, ..]}, with "tools" and "documents". Throws bad_input naming `place` for a
// record of another form, and where the model has no chat template.
std::vector<int32_t> encode_prompt(const ModelBundle& bundle, const Json& record, const PromptForm& form,
                                   std::string_view place);

// {"text", "finish": end|stop|length, "tokens"}, "stop" if one ended it, "logprobs" if requested.
Json completion_json(const Generation& choice, bool logprobs);

// Steps until nothing is left or `advance` says no: it is told before each step how many requests are done. Requests
// have the ids 0, 1, ..; each is handed over in this order, as soon as those before it are done.
void generate_in_order(Generator& generator, const std::function<bool(uint64_t done)>& advance,
                       const std::function<void(uint64_t id, const std::vector<Generation>& choices)>& take);

}  // namespace hrm::language
