#include "language/prompts.h"

#include <map>
#include <utility>

#include "base/error.h"

namespace hrm::language {

std::vector<int32_t> encode_prompt(const ModelBundle& bundle, const Json& record, const PromptForm& form,
                                   std::string_view place) {
  text::Conversation chat = text::conversation({}, true);
  if (!form.system.empty()) chat.messages.push_back({{"role", "system"}, {"content", form.system}});
  if (record.contains("messages")) {
    for (const Json& message : json_field<std::vector<Json>>(record, "messages", place)) {
      json_field<std::string>(message, "role", place);
      if (!message.contains("content") && !message.contains("tool_calls"))
        throw bad_input("language.prompts", "{}: a message has neither 'content' nor 'tool_calls'", place);
      chat.messages.push_back(message);
    }
    if (record.contains("tools")) chat.tools = record["tools"];
    if (record.contains("documents")) chat.documents = record["documents"];
  } else {
    const std::string prompt = json_field<std::string>(record, "prompt", place);
    if (!form.chat) return bundle.tokenizer.encode(prompt);
    chat.messages.push_back({{"role", "user"}, {"content", prompt}});
  }
  try {
    return bundle.tokenizer.encode(bundle.render_chat(std::move(chat)), text::Part::kText);
  } catch (const Error& error) {
    if (error.fault() != Fault::kBadInput) throw;
    throw bad_input("language.prompts", "{}: {}", place, error.message());
  }
}

Json completion_json(const Generation& choice, bool logprobs) {
  constexpr std::string_view kFinish[] = {"end", "stop", "length"};
  Json json = {
      {"text", choice.text}, {"finish", kFinish[static_cast<size_t>(choice.finish)]}, {"tokens", choice.ids.size()}};
  if (!choice.stop.empty()) json["stop"] = choice.stop;
  if (logprobs) json["logprobs"] = choice.logprobs;
  return json;
}

void generate_in_order(Generator& generator, const std::function<bool(uint64_t done)>& advance,
                       const std::function<void(uint64_t id, const std::vector<Generation>& choices)>& take) {
  std::map<uint64_t, std::vector<Generation>> ready;
  for (uint64_t next = 0, done = 0; !generator.idle() && advance(done);) {
    for (auto& [id, choices] : generator.step()) {
      ready.emplace(id, std::move(choices));
      ++done;
    }
    for (auto at = ready.find(next); at != ready.end(); at = ready.find(++next)) {
      take(next, at->second);
      ready.erase(at);
    }
  }
}

}  // namespace hrm::language
