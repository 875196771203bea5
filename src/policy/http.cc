#include "policy/http.h"

#include <ctime>

#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "formats/bytes.h"

namespace hrm::policy {
namespace {

std::string path_of(const Address& address, EndpointKind kind) {
  std::string base = address.path.empty() ? "/v1" : address.path;
  if (kind == EndpointKind::kChat) return base + "/chat/completions";
  if (kind == EndpointKind::kCompletions) return base + "/completions";
  if (base.ends_with("/v1")) base.resize(base.size() - 3);
  return base + "/completion";
}

bool is_temporary(int status) {
  return status == 408 || status == 409 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

// The key must not be repeated in messages, even where a server does so.
std::string without(std::string text, const std::string& key) {
  if (key.empty()) return text;
  for (size_t at; (at = text.find(key)) != std::string::npos;) text.replace(at, key.size(), "***");
  return text;
}

void check_key(const std::string& key) {
  if (key.find_first_not_of("*") == std::string::npos && !key.empty())
    throw bad_input("policy.http", "the API key consists of asterisks");
  for (const char c : key)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      throw bad_input("policy.http", "the API key holds a blank, a control character or one beyond ASCII");
}

}  // namespace

uint64_t wire_seed(uint64_t seed, int64_t first) {
  return derive_seed(seed, {static_cast<uint64_t>(first)}) & 0x7fffffff;
}

HttpPolicy::HttpPolicy(HttpOptions options, std::shared_ptr<Meter> meter)
    : options_(std::move(options)), meter_(std::move(meter)), transport_(options_.transport) {
  const Address address = parse_address(options_.transport.url);
  check_key(options_.api_key);
  path_ = path_of(address, options_.dialect.kind);
  place_ = address.origin + path_;
  if (!options_.api_key.empty() && !address.secure && !address.loopback)
    log_warning("{}: the API key is sent without encryption", place_);
}

std::string HttpPolicy::name() const {
  const Dialect& dialect = options_.dialect;
  std::string name = fmt::format("{}:{}", name_of_enum(dialect.kind), dialect.model);
  if (dialect.kind == EndpointKind::kChat) name += fmt::format(":{}", name_of_enum(dialect.continuation));
  return name;
}

PolicyFault HttpPolicy::fault(std::string message, bool temporary, double retry_after) const {
  return {.message = without(std::move(message), options_.api_key), .temporary = temporary, .retry_after = retry_after};
}

HttpPolicy::Answer HttpPolicy::ask(const Request& request, int64_t n, uint64_t seed) {
  std::string body;
  try {
    body = request_body(options_.dialect, request, n, seed);
  } catch (const Error& error) {
    return {.reply = fault(error.what(), false)};
  }
  Transport::Headers headers;
  if (!options_.api_key.empty()) headers.emplace_back("Authorization", "Bearer " + options_.api_key);
  auto result = transport_.post(path_, headers, body);
  if (const auto* broken = std::get_if<PolicyFault>(&result))
    return {.reply = fault(fmt::format("{}: {}", place_, broken->message))};
  const HttpReply& reply = std::get<HttpReply>(result);
  if (reply.status != 200)
    return {
        .reply = fault(fmt::format("{}: status {} ({}), expected 200", place_, reply.status, error_text(reply.body)),
                       is_temporary(reply.status), parse_retry_after(reply.retry_after, std::time(nullptr))),
        .status = reply.status};
  try {
    return {.reply = parse_reply(options_.dialect, request, n, reply.body, place_), .status = 200};
  } catch (const Error& error) {
    return {.reply = fault(error.what()), .status = 200};
  }
}

Reply HttpPolicy::complete(const Request& request) {
  if (request.n < 1) return fault(fmt::format("{} choices wanted, expected at least 1", request.n), false);
  Response all;
  while (std::ssize(all.choices) < request.n) {
    const int64_t first = std::ssize(all.choices), rest = request.n - first;
    const int64_t n = one_at_a_time_ ? 1 : rest;
    Answer answer = ask(request, n, wire_seed(request.seed, first));
    if (meter_) meter_->add_attempt(answer.reply);
    if (n > 1 && (answer.status == 400 || answer.status == 422)) {
      // Perhaps it is n that the server refuses; if not, the next fault says so.
      one_at_a_time_ = true;
      continue;
    }
    if (std::holds_alternative<PolicyFault>(answer.reply)) return answer.reply;
    Response part = std::get<Response>(std::move(answer.reply));
    all.prompt_tokens += part.prompt_tokens;
    std::ranges::move(part.choices, std::back_inserter(all.choices));
  }
  return all;
}

}  // namespace hrm::policy
