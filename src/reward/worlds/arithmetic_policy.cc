#include "worlds/arithmetic_policy.h"

#include <algorithm>

#include "base/rng.h"
#include "policy/stop.h"

namespace hrm::worlds {
namespace {

using policy::Choice;
using policy::Finish;

constexpr uint64_t kPolicyStream = 0x706f6c69;
constexpr int64_t kMaxChoices = 100'000;

uint64_t hash_of(std::string_view text) {
  uint64_t hash = splitmix64(text.size());
  for (; !text.empty(); text.remove_prefix(std::min<size_t>(8, text.size()))) {
    uint64_t word = 0;
    for (size_t i = 0; i < std::min<size_t>(8, text.size()); ++i)
      word |= static_cast<uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    hash = splitmix64(hash ^ word);
  }
  return hash;
}

std::string text_of(const policy::Request& request) {
  std::string text = request.prompt;
  for (const auto& message : request.messages) text += "\n" + message.content;
  return text;
}

bool wants_headings(const policy::Request& request, std::string_view prompt) {
  for (const std::string& stop : request.stop)
    if (stop.starts_with("# Step") || stop == "# END!") return true;
  return prompt.find("# Step ") != std::string_view::npos;
}

struct Asked {
  const policy::Request& request;
  bool headings;
};

// Writes one continuation, piece by piece, until it is complete or a stop string or the limit of tokens ends it.
class Writer {
 public:
  Writer(const Walk& from, const SlipSettings& settings, const Asked& asked, Rng rng)
      : state_(from.state()),
        sound_(from.last_on_track()),
        gold_(from.gold()),
        step_(from.steps()),
        announced_(from.announced()),
        headings_(asked.headings),
        settings_(settings),
        request_(asked.request),
        rng_(rng) {}

  Choice run() {
    while (!finished_) step();
    choice_.tokens = static_cast<int64_t>(choice_.text.size());
    return std::move(choice_);
  }

 private:
  bool off_track() const { return state_.value() != gold_; }

  void step() {
    const bool number = state_.is_number();
    // Under headings a number is answered without a heading; one that stands there was written to correct it.
    const bool repairs = off_track() && ((announced_ && number) || rng_.chance(settings_.repair));
    if (number && !repairs) return answer();
    if (headings_ && !announced_) put(fmt::format("# Step {}\n", step_ + 1));
    announced_ = false;
    if (finished_) return;
    const Expression from = repairs ? sound_ : state_;
    if (from.is_number()) {  // only after steps that this policy would not write
      state_ = from;
      return answer();
    }
    Written written = write_move(from, pick(moves_from(from, settings_)));
    ++step_;
    put((repairs ? "!" : "") + written.line + (headings_ ? "\n\n" : "\n"));
    state_ = std::move(written.next);
    if (!off_track()) sound_ = state_;
  }

  Move pick(const std::vector<Move>& moves) {
    double left = rng_.uniform();
    for (const Move& move : moves)
      if ((left -= move.probability) < 0) return move;
    return moves.front();  // rounding
  }

  void answer() {
    int64_t number = state_.value();
    if (rng_.chance(answer_slip(settings_))) number += rng_.chance(0.5) ? 1 : -1;
    put(headings_ ? fmt::format("# Answer\n\n{}\n# END!", number) : fmt::format("#### {}", number));
    finished_ = true;
  }

  // Appends, then ends the choice where a stop string has come up or the limit is reached, whichever is earlier.
  void put(std::string_view piece) {
    choice_.text += piece;
    const auto limit = static_cast<size_t>(request_.max_tokens);
    finished_ = policy::cut_at_stop(choice_, request_.stop);
    if (choice_.text.size() <= limit) return;
    choice_.text.resize(limit);
    choice_.finish = Finish::kLength;
    choice_.stop.clear();
    finished_ = true;
  }

  Expression state_, sound_;
  int64_t gold_, step_;
  bool announced_, headings_, finished_ = false;
  const SlipSettings& settings_;
  const policy::Request& request_;
  Rng rng_;
  Choice choice_;
};

}  // namespace

std::optional<Walk> read_prompt(std::string_view prompt) {
  size_t end = 0;
  const auto question = find_question(prompt, &end);
  if (!question) return std::nullopt;
  std::string_view steps = prompt.substr(end);
  const size_t dashes = steps.rfind("\n-----");
  if (dashes != std::string_view::npos) steps.remove_prefix(std::min(steps.find('\n', dashes + 1), steps.size()));
  Walk walk(*question);
  walk.take(steps);
  return walk;
}

std::optional<SlipSettings> arithmetic_policy_settings(std::string_view policy) {
  constexpr std::string_view kName = "arithmetic";
  if (!policy.starts_with(kName)) return std::nullopt;
  policy.remove_prefix(kName.size());
  if (!policy.empty() && policy.front() != ':') return std::nullopt;
  return parse_slip_settings(policy.empty() ? policy : policy.substr(1));
}

ArithmeticPolicy::ArithmeticPolicy(const SlipSettings& settings) : settings_(settings) { settings_.validate(); }

std::string ArithmeticPolicy::name() const { return "arithmetic:" + settings_.text(); }

policy::Reply ArithmeticPolicy::complete(const policy::Request& request) {
  const std::string prompt = text_of(request);
  const auto fault = [](std::string message) {
    return policy::PolicyFault{.message = "arithmetic policy: " + std::move(message), .temporary = false};
  };
  if (request.n < 1 || request.n > kMaxChoices || request.max_tokens < 1)
    return fault(fmt::format("n = {}, max_tokens = {}: expected 1 to {}, and at least 1", request.n, request.max_tokens,
                             kMaxChoices));
  const auto walk = read_prompt(prompt);
  if (!walk) return fault("the prompt contains no question such as (7+12)*3-15=?");
  const bool headings = wants_headings(request, prompt);
  const uint64_t prompt_hash = hash_of(prompt);
  policy::Response response{.prompt_tokens = static_cast<int64_t>(prompt.size())};
  response.choices.reserve(static_cast<size_t>(request.n));
  for (uint64_t i = 0; i < static_cast<uint64_t>(request.n); ++i) {
    if (walk->answer())
      response.choices.emplace_back();
    else
      response.choices.push_back(
          Writer(*walk, settings_, {request, headings}, Rng(request.seed, {kPolicyStream, prompt_hash, i})).run());
  }
  return response;
}

}  // namespace hrm::worlds
