#include "policy/http.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ctime>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "formats/bytes.h"

namespace hrm::policy {
namespace {

// The path of requests. People paste the address of the chats or completions as a whole, which also says their kind.
std::string path_of(const Address& address, const Dialect& dialect, const std::string& url) {
  constexpr std::pair<std::string_view, EndpointKind> kEnds[] = {{"/chat/completions", EndpointKind::kChat},
                                                                 {"/completions", EndpointKind::kCompletions},
                                                                 {"/completion", EndpointKind::kLlamaCpp}};
  std::string base = address.path.empty() ? "/v1" : address.path;
  for (const auto& [end, kind] : kEnds) {
    if (!base.ends_with(end)) continue;
    if (kind != dialect.kind)
      throw bad_input("policy.http",
                      "endpoint '{}' is the address of --kind {}, but --kind is {}: give the kind that you mean, or "
                      "the address without '{}'",
                      url, name_of_enum(kind), name_of_enum(dialect.kind), end);
    base.resize(base.size() - end.size());
    break;
  }
  if (dialect.kind == EndpointKind::kChat) return base + "/chat/completions";
  if (dialect.kind == EndpointKind::kCompletions) return base + "/completions";
  if (base.ends_with("/v1")) base.resize(base.size() - 3);
  return base + "/completion";
}

// The key must not be repeated in messages, even where a server does so.
std::string without(std::string_view text, std::string_view key) {
  std::string clean;
  while (!key.empty()) {
    const size_t at = text.find(key);
    if (at == std::string_view::npos) break;
    clean.append(text, 0, at).append("***");
    text.remove_prefix(at + key.size());
  }
  return clean.append(text);
}

// Nor in texts, which are cached and stored. What local servers are given as a key ("EMPTY", "none", "1") is no secret,
// and may well be a word of a text.
bool is_secret(std::string_view key) {
  const bool word = std::ranges::all_of(key, [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
  const bool number = std::ranges::all_of(key, [](char c) { return std::isdigit(static_cast<unsigned char>(c)); });
  return key.size() >= 16 || (key.size() >= 6 && !word && !number);
}

// What to do where the words say it.
std::string_view hint(int status, std::string_view words) {
  const auto says = [&](std::string_view text) { return words.find(text) != std::string_view::npos; };
  if ((status == 400 || status == 422) &&
      (says("nsupported") || says("max_completion_tokens") || says("xtra_forbidden") || says("xtra inputs") ||
       says("nrecognized") || says("nknown") || says("not permitted") || says("not supported")))
    return "; --extra-fields and --rename-fields change what is sent";
  if ((status == 404 || status == 405) && !says("model")) return "; the address of most servers ends in /v1";
  return "";
}

void check_key(const std::string& key) {
  if (key.find_first_not_of("*") == std::string::npos && !key.empty())
    throw bad_input("policy.http", "the API key consists of asterisks");
  for (const char c : key)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      throw bad_input("policy.http", "the API key contains a blank, a control character or a non-ASCII character");
}

}  // namespace

uint64_t wire_seed(uint64_t seed, int64_t first) {
  return derive_seed(seed, {static_cast<uint64_t>(first)}) & 0x7fffffff;
}

HttpPolicy::HttpPolicy(HttpOptions options, std::shared_ptr<Meter> meter)
    : options_(std::move(options)), meter_(std::move(meter)), transport_(options_.transport) {
  const Address address = parse_address(options_.transport.url);
  check_key(options_.api_key);
  check_fields(options_.dialect);
  path_ = path_of(address, options_.dialect, options_.transport.url);
  place_ = address.origin + path_;
  if (!options_.api_key.empty() && !address.secure && !address.loopback)
    log_warning("{}: the API key is sent without encryption", place_);
}

std::string HttpPolicy::name() const {
  const Dialect& dialect = options_.dialect;
  std::string name = fmt::format("{}:{}", name_of_enum(dialect.kind), dialect.model);
  if (dialect.kind == EndpointKind::kChat) name += fmt::format(":{}", name_of_enum(dialect.continuation));
  if (!dialect.extra.empty()) name += ":" + printable(dialect.extra);
  for (const auto& [from, to] : dialect.renamed) name += fmt::format(":{}={}", from, to);
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
  const auto begin = std::chrono::steady_clock::now();
  auto result = transport_.post(path_, headers, body);
  if (auto* broken = std::get_if<PolicyFault>(&result))
    return {.reply = fault(fmt::format("{}: {}", place_, broken->message), broken->temporary)};
  const HttpReply& reply = std::get<HttpReply>(result);
  if (reply.status != 200) return {.reply = status_fault(reply), .status = reply.status};
  const double took = seconds_since(begin);
  try {
    Response response =
        parse_reply(options_.dialect, request, n,
                    {.body = reply.body, .source = place_, .seconds = options_.transport.total_seconds - took});
    redact(response);
    return {.reply = std::move(response), .status = 200};
  } catch (const ErrorReply& error) {
    return {.reply = fault(error.what(), error.temporary()), .status = 200};
  } catch (const Error& error) {
    return {.reply = fault(error.what()), .status = 200};
  }
}

PolicyFault HttpPolicy::status_fault(const HttpReply& reply) const {
  if (reply.status >= 300 && reply.status < 400)
    return fault(fmt::format("{}: status {}: redirected to '{}'; use that address as the endpoint", place_,
                             reply.status, shown(reply.location)),
                 false);
  const std::string words = error_text(reply.body);
  return fault(
      fmt::format("{}: status {} ({}), expected 200{}", place_, reply.status, words, hint(reply.status, words)),
      is_temporary_status(reply.status), parse_retry_after(reply.retry_after, std::time(nullptr)));
}

void HttpPolicy::redact(Response& response) const {
  if (!is_secret(options_.api_key)) return;
  for (Choice& choice : response.choices) {
    if (choice.text.find(options_.api_key) == std::string::npos) continue;
    choice.text = without(choice.text, options_.api_key);
    if (!told_.exchange(true)) log_warning("{}: a text repeats the API key; it is replaced by ***", place_);
  }
}

HttpPolicy::Answer HttpPolicy::attempt(const Request& request, int64_t n, int64_t first) {
  Answer answer = ask(request, n, wire_seed(request.seed, first));
  if (meter_) meter_->add_attempt(answer.reply);
  return answer;
}

// Whether it is n > 1 that the server refuses is known only where the same request succeeds with one choice. 500 may as
// well be an accident: then the first request, made again, must fail again. So accidents do not change the samples.
HttpPolicy::Answer HttpPolicy::ask_choices(const Request& request, int64_t n, int64_t first) {
  Answer answer = attempt(request, n, first);
  const bool refused = answer.status == 400 || answer.status == 422 || answer.status == 501;
  if (n == 1 || (!refused && answer.status != 500)) return answer;
  Answer one = attempt(request, 1, first);
  if (std::holds_alternative<PolicyFault>(one.reply)) return one;
  if (!refused) {
    answer = attempt(request, n, first);
    if (answer.status != 500) return answer;
  }
  for (int64_t known = least_refused_; n < known && !least_refused_.compare_exchange_weak(known, n);) {
  }
  return one;
}

Reply HttpPolicy::complete(const Request& request) {
  if (request.n < 1) return fault(fmt::format("{} choices requested, expected at least 1", request.n), false);
  Response all;
  bool one_at_a_time = request.n >= least_refused_;
  while (std::ssize(all.choices) < request.n) {
    const int64_t first = std::ssize(all.choices), n = one_at_a_time ? 1 : request.n - first;
    Answer answer = ask_choices(request, n, first);
    if (std::holds_alternative<PolicyFault>(answer.reply)) return answer.reply;
    Response part = std::get<Response>(std::move(answer.reply));
    one_at_a_time |= n > 1 && n >= least_refused_;
    all.prompt_tokens += part.prompt_tokens;
    std::ranges::move(part.choices, std::back_inserter(all.choices));
  }
  return all;
}

}  // namespace hrm::policy
