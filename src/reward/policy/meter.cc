#include "policy/meter.h"

#include "base/clock.h"

namespace hrm::policy {

Json usage_json(const Usage& usage) {
  return {{"requests", usage.requests},
          {"failed", usage.failed},
          {"cached", usage.cached},
          {"attempts", usage.attempts},
          {"faults", usage.faults},
          {"retries", usage.retries},
          {"choices", usage.choices},
          {"prompt_tokens", usage.prompt_tokens},
          {"tokens", usage.tokens},
          {"seconds", usage.seconds},
          {"tokens_per_second", usage.tokens_per_second()},
          {"cost", usage.cost}};
}

Usage Meter::usage() const {
  Usage usage{.requests = requests_,
              .failed = failed_,
              .cached = cached_,
              .attempts = attempts_,
              .faults = faults_,
              .retries = retries_,
              .choices = choices_,
              .prompt_tokens = prompt_tokens_,
              .tokens = tokens_};
  usage.seconds = seconds_since(begin_);
  usage.cost = (static_cast<double>(usage.prompt_tokens) * prices_.prompt +
                static_cast<double>(usage.tokens) * prices_.completion) /
               1e6;
  return usage;
}

void Meter::add_attempt(const Reply& reply) {
  ++attempts_;
  const auto* response = std::get_if<Response>(&reply);
  if (!response) {
    ++faults_;
    return;
  }
  prompt_tokens_ += response->prompt_tokens;
  choices_ += static_cast<int64_t>(response->choices.size());
  for (const Choice& choice : response->choices) tokens_ += choice.tokens;
}

void Meter::add_request(const Reply& reply) {
  ++requests_;
  const auto* response = std::get_if<Response>(&reply);
  failed_ += response == nullptr;
  cached_ += response && response->cached;
}

Reply MeteredPolicy::complete(const Request& request) {
  Reply reply = inner_->complete(request);
  meter_->add_request(reply);
  return reply;
}

}  // namespace hrm::policy
