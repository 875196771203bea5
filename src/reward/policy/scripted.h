// A policy that plays a script: for tests, demonstrations and whole-program tests without a server.
//
// What it answers depends on (prompt or messages, seed, number of the choice) alone, whatever the threads, the order of
// calls and the number of requested choices. Tokens are counted as words.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "policy/policy.h"

namespace hrm::policy {

// The text of one choice. It may run on past stop strings and max_tokens: it is cut there. rng: a stream of the
// choice's own. Called from any number of threads at once.
using Script = std::function<std::string(const Request& request, int64_t choice, Rng& rng)>;

class ScriptedPolicy : public Policy {
 public:
  struct Options {
    std::string name = "scripted";
    // Asked before each call, numbered from 0 in the order of arrival; what it returns is the reply.
    std::function<std::optional<PolicyFault>(const Request& request, int64_t call)> fault;
    double delay_seconds = 0;  // of every call
  };

  explicit ScriptedPolicy(Script script) : ScriptedPolicy(std::move(script), Options()) {}
  ScriptedPolicy(Script script, Options options) : script_(std::move(script)), options_(std::move(options)) {}

  Reply complete(const Request& request) override;
  std::string name() const override { return options_.name; }

  int64_t calls() const { return calls_; }
  int64_t choices() const { return choices_; }            // given
  int64_t most_at_once() const { return most_at_once_; }  // calls that ran side by side

 private:
  Script script_;
  Options options_;
  std::atomic<int64_t> calls_ = 0, choices_ = 0, running_ = 0, most_at_once_ = 0;
};

// prompt -> texts, of which each choice draws one; the prompt "" matches all others. A chat is looked up
// by its messages' contents, joined by newlines.
using ReplyTable = std::map<std::string, std::vector<std::string>>;

// Throws bad_input if a prompt has no texts; the script throws it for a prompt that the table does not know.
Script table_script(ReplyTable table);

// {"prompt": ["text", ...], ...} in a JSON file. Throws bad_input naming file and prompt.
ReplyTable read_reply_table(const std::filesystem::path& path);

}  // namespace hrm::policy
