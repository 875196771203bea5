#include "policy/endpoint.h"

#include <cstdlib>

#include "base/error.h"
#include "policy/balancing.h"
#include "policy/caching.h"
#include "policy/http.h"
#include "policy/retrying.h"
#include "policy/scripted.h"

namespace hrm::policy {
namespace {

constexpr std::string_view kScript = "script:";

// Counts the attempts of a policy that is not an HttpPolicy, which counts them itself.
class CountedAttempts : public Policy {
 public:
  CountedAttempts(std::shared_ptr<Policy> inner, std::shared_ptr<Meter> meter)
      : inner_(std::move(inner)), meter_(std::move(meter)) {}
  Reply complete(const Request& request) override {
    Reply reply = inner_->complete(request);
    meter_->add_attempt(reply);
    return reply;
  }
  std::string name() const override { return inner_->name(); }

 private:
  std::shared_ptr<Policy> inner_;
  std::shared_ptr<Meter> meter_;
};

std::string api_key(const std::string& variable) {
  if (variable.empty()) return "";
  const char* value = std::getenv(variable.c_str());
  if (!value || !*value)
    throw bad_input("policy.endpoint", "api_key_variable: the environment has no '{}'; export it first", variable);
  return value;
}

Json extra_fields(const std::string& text) {
  if (text.empty()) return Json::object();
  Json fields = parse_json(text, "extra_fields");
  if (!fields.is_object())
    throw bad_input("policy.endpoint", "extra_fields is {}, expected an object such as {{\"top_k\": 20}}", text);
  return fields;
}

std::vector<std::pair<std::string, std::string>> renamed_fields(const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> renamed;
  for (const std::string& text : texts) {
    const size_t at = std::min(text.find('='), text.size());
    renamed.emplace_back(text.substr(0, at), at < text.size() ? text.substr(at + 1) : "");
  }
  return renamed;
}

HttpOptions http_options(const EndpointOptions& options, const std::string& url) {
  return {.transport = {.url = url,
                        .connect_seconds = options.connect_seconds,
                        .read_seconds = options.read_seconds,
                        .total_seconds = options.request_seconds,
                        .max_reply_bytes = static_cast<size_t>(options.max_reply_mib) << 20,
                        .verify_certificate = !options.insecure,
                        .ca_file = options.ca_file},
          .dialect = {.kind = options.kind,
                      .model = options.model,
                      .continuation = options.continuation,
                      .extra = extra_fields(options.extra_fields),
                      .renamed = renamed_fields(options.rename_fields)},
          .api_key = api_key(options.api_key_variable)};
}

std::shared_ptr<Meter> make_meter(const EndpointOptions& options) {
  return std::make_shared<Meter>(Prices{.prompt = options.prompt_price, .completion = options.token_price});
}

PolicyStack finish(std::shared_ptr<Policy> policy, std::shared_ptr<Meter> meter, const EndpointOptions& options) {
  if (!options.cache.empty()) policy = std::make_shared<CachingPolicy>(std::move(policy), options.cache);
  return {.policy = std::make_shared<MeteredPolicy>(std::move(policy), meter), .meter = meter};
}

}  // namespace

void EndpointOptions::validate() const {
  if (endpoint.empty()) throw bad_input("policy.endpoint", "no endpoint given; example: http://127.0.0.1:8080/v1");
  for (const std::string& url : endpoint)
    if (url.starts_with(kScript) && endpoint.size() > 1)
      throw bad_input("policy.endpoint", "endpoint '{}': a script cannot share the work with others", url);
  if (continuation != Continuation::kUser && kind != EndpointKind::kChat)
    throw bad_input("policy.endpoint", "continuation = {} is for chats, but kind {} always continues texts",
                    name_of_enum(continuation), name_of_enum(kind));
  if (model.empty()) throw bad_input("policy.endpoint", "model is empty");
  if (attempts < 1) throw bad_input("policy.endpoint", "attempts = {}: expected at least 1", attempts);
  if (max_reply_mib < 1 || max_reply_mib > 1 << 20)
    throw bad_input("policy.endpoint", "max_reply_mib = {}: expected 1 to 1048576", max_reply_mib);
  if (!(longest_pause >= 0))
    throw bad_input("policy.endpoint", "longest_pause = {}: expected at least 0", longest_pause);
  for (const double price : {prompt_price, token_price})
    if (!(price >= 0)) throw bad_input("policy.endpoint", "a price of {}: expected at least 0", price);
}

PolicyStack make_policy(const EndpointOptions& options, uint64_t seed) {
  options.validate();
  if (const std::string& first = options.endpoint.front(); first.starts_with(kScript)) {
    const std::string path = first.substr(kScript.size());
    return wrap_policy(std::make_shared<ScriptedPolicy>(table_script(read_reply_table(path))), options);
  }
  const auto meter = make_meter(options);
  std::vector<std::shared_ptr<Policy>> endpoints;
  for (const std::string& url : options.endpoint)
    endpoints.push_back(std::make_shared<HttpPolicy>(http_options(options, url), meter));
  std::shared_ptr<Policy> policy = endpoints.front();
  if (endpoints.size() > 1) policy = std::make_shared<BalancingPolicy>(std::move(endpoints));
  const RetryOptions retry{.attempts = options.attempts, .longest_asked_seconds = options.longest_pause, .seed = seed};
  return finish(std::make_shared<RetryingPolicy>(std::move(policy), retry, meter), meter, options);
}

PolicyStack wrap_policy(std::shared_ptr<Policy> policy, const EndpointOptions& options) {
  const auto meter = make_meter(options);
  return finish(std::make_shared<CountedAttempts>(std::move(policy), meter), meter, options);
}

std::string usage_line(const Usage& usage) {
  std::string line = fmt::format("{} requests", usage.requests);
  if (usage.cached > 0) line += fmt::format(" ({:.0f} % cached)", 100.0 * usage.cached / usage.requests);
  line += fmt::format(", {} tokens, {:.0f} tokens/s", usage.tokens, usage.tokens_per_second());
  if (usage.retries > 0) line += fmt::format(", {} retries", usage.retries);
  if (usage.failed > 0) line += fmt::format(", {} failed", usage.failed);
  if (usage.cost > 0) line += fmt::format(", cost {:.4f}", usage.cost);
  return line;
}

}  // namespace hrm::policy
