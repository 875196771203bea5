#include "policy/scripted.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "formats/bytes.h"
#include "policy/request_key.h"
#include "policy/stop.h"

namespace hrm::policy {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// The byte after the first `words` words, the text's end where it has no more of them.
size_t end_of_words(std::string_view text, int64_t words) {
  size_t at = 0;
  for (int64_t word = 0; word < words; ++word) {
    const size_t begin = text.find_first_not_of(kBlanks, at);
    if (begin == std::string_view::npos) return text.size();
    at = std::min(text.find_first_of(kBlanks, begin), text.size());
  }
  return at;
}

int64_t count_words(std::string_view text) {
  int64_t words = 0;
  for (size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos; ++words) {
    at = text.find_first_of(kBlanks, at);
    if (at != std::string_view::npos) at = text.find_first_not_of(kBlanks, at);
  }
  return words;
}

std::string text_of(const Request& request) {
  std::string text = request.prompt;
  for (const Message& message : request.messages) text += (text.empty() ? "" : "\n") + message.content;
  return text;
}

class CountRunning {
 public:
  CountRunning(std::atomic<int64_t>& running, std::atomic<int64_t>& most) : running_(running) {
    const int64_t now = ++running_;
    int64_t seen = most;
    while (seen < now && !most.compare_exchange_weak(seen, now)) {
    }
  }
  ~CountRunning() { --running_; }
  CountRunning(const CountRunning&) = delete;
  CountRunning& operator=(const CountRunning&) = delete;

 private:
  std::atomic<int64_t>& running_;
};

}  // namespace

Reply ScriptedPolicy::complete(const Request& request) {
  const CountRunning counted(running_, most_at_once_);
  const int64_t call = calls_++;
  if (options_.delay_seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(options_.delay_seconds));
  if (options_.fault)
    if (std::optional<PolicyFault> fault = options_.fault(request, call)) return *std::move(fault);
  Response response;
  response.prompt_tokens = count_words(text_of(request));
  const uint64_t prompt = prompt_hash(request);
  for (int64_t i = 0; i < request.n; ++i) {
    Rng rng(request.seed, {prompt, static_cast<uint64_t>(i)});
    Choice choice{.text = script_(request, i, rng)};
    cut_at_stop(choice, request.stop);
    const size_t end = end_of_words(choice.text, request.max_tokens);
    if (choice.text.find_first_not_of(kBlanks, end) != std::string::npos) {
      choice.text.resize(end);
      choice.finish = Finish::kLength;
      choice.stop.clear();
    }
    choice.tokens = count_words(choice.text);
    response.choices.push_back(std::move(choice));
  }
  choices_ += request.n;
  return response;
}

Script table_script(ReplyTable table) {
  for (const auto& [prompt, texts] : table)
    if (texts.empty()) throw bad_input("policy.scripted", "prompt '{}' has no replies", shown(prompt));
  return [table = std::move(table)](const Request& request, int64_t, Rng& rng) {
    auto at = table.find(text_of(request));
    if (at == table.end()) at = table.find("");
    if (at == table.end())
      throw bad_input("policy.scripted", "no reply for the prompt '{}'; the prompt \"\" would match all others",
                      shown(text_of(request)));
    return at->second[rng.below(at->second.size())];
  };
}

ReplyTable read_reply_table(const std::filesystem::path& path) {
  const Json json = read_json(path);
  if (!json.is_object()) throw bad_input("policy.scripted", "{}: expected an object of prompts", path.string());
  ReplyTable table;
  for (const auto& [prompt, texts] : json.items())
    table[prompt] = json_field<std::vector<std::string>>(json, prompt, path.string());
  return table;
}

}  // namespace hrm::policy
