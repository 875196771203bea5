#include "server/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/threads.h"
#include "server/api_error.h"
#include "server/assets.h"
#include "server/score_request.h"
#include "server/select_request.h"
#include "server/solve_events.h"
#include "server/solve_route.h"

namespace hrm::server {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kRunLog = "/v1/runs/";

struct Route {
  std::string_view path, method;
  bool is_open = false;  // needs no token
};
constexpr Route kRoutes[] = {{"/health", "GET", true},      {"/v1/models", "GET"},    {"/v1/solve", "POST"},
                             {"/v1/score", "POST"},         {"/pooling", "POST"},     {"/v1/select", "POST"},
                             {"/metrics", "GET"},           {"/openapi.json", "GET"}, {"/v1/runs", "GET"},
                             {"/v1/runs/{name}/log", "GET"}};

const Asset* asset_at(std::string_view path) {
  const auto found = std::ranges::find(assets(), path, &Asset::path);
  return found == assets().end() ? nullptr : &*found;
}

// The path as in openapi.json; other paths are returned unchanged.
std::string route_of(const std::string& path) {
  if (path.size() > kRunLog.size() + 4 && path.starts_with(kRunLog) && path.ends_with("/log"))
    return "/v1/runs/{name}/log";
  return path;
}

// Compares in a time that does not depend on where they differ.
bool same_secret(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() != wanted.size();
  for (size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(wanted[i % wanted.size()]);
  return difference == 0;
}

// "localhost:8080" -> "localhost", "[::1]:80" -> "[::1]"
std::string_view host_alone(std::string_view host) {
  const size_t colon = host.rfind(':');
  return colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
}

bool names_loopback(std::string_view host) {
  host = host_alone(host);
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

uint64_t offset_of(std::string_view query) {
  if (query.empty()) return 0;
  uint64_t offset = 0;
  const bool named = query.starts_with("offset=");
  const std::string_view digits = named ? query.substr(7) : query;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  if (!named || digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    throw ApiError(422, fmt::format("the query '{}' is not offset=N", query.substr(0, 60)), "offset");
  return offset;
}

http::Response json_response(const Json& json) { return {.body = printable(json) + "\n"}; }

ApiError no_such_model(const std::string& name, const std::vector<std::string>& known, std::string_view kind) {
  if (known.empty())
    return ApiError(404, fmt::format("this server has no {} model", kind), "model",
                    kind == "reward" ? "start it with --reward-model" : "start it with --model");
  const auto nearest = nearest_name(name, known);
  return ApiError(
      404, fmt::format("no {} model '{}'", kind, name.substr(0, 80)), "model",
      nearest ? fmt::format("did you mean '{}'?", *nearest) : fmt::format("known models: {}", fmt::join(known, ", ")));
}

// The one with that id, or with that last part of its id if no other has it; the first for an empty name.
template <typename Entries, typename IdOf>
auto& find_named(Entries& entries, const std::string& name, std::string_view kind, IdOf id_of) {
  std::vector<std::string> known;
  auto* by_end = static_cast<decltype(&entries.front())>(nullptr);
  size_t ends = 0;
  for (auto& entry : entries) {
    const std::string& id = id_of(entry);
    if (name.empty() || id == name) return entry;
    known.push_back(id);
    if (id.ends_with("/" + name)) by_end = &entry, ++ends;
  }
  if (ends == 1) return *by_end;
  throw no_such_model(name, known, kind);
}

}  // namespace

Service::Service(std::vector<ServedModel> models, std::vector<ServedScorer> scorers, ServiceOptions options)
    : options_(std::move(options)),
      readers_(std::clamp<size_t>(default_threads(), 2, 8), static_cast<size_t>(options_.limits.connections) + 64) {
  for (ServedModel& model : models)
    models_.push_back(
        std::make_unique<SolverService>(std::move(model),
                                        SolverService::Options{.batch = options_.batch,
                                                               .queue = static_cast<size_t>(options_.limits.queue),
                                                               .seconds = options_.limits.seconds},
                                        compute_, metrics_));
  for (ServedScorer& scorer : scorers)
    scorers_.push_back({std::move(scorer.id), std::move(scorer.scorer),
                        std::make_unique<Worker>(1, static_cast<size_t>(options_.limits.queue))});
}

Service::~Service() = default;

void Service::answer(Call& call, http::Response response) {
  metrics_.count_request(call.route, response.status, seconds_since(call.begun));
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  call.exchange->reply(std::move(response));
}

http::Response Service::refusal(int status, std::string_view message) {
  metrics_.count_request("(none)", status, 0);
  ApiError error(status, std::string(message));
  if (status == 413) error.hint = "--max-body raises the limit";
  if (status == 503) error.retry_after = 1;
  return to_response(error);
}

// Pages of other sites must not use a browser to reach this machine: neither across origins nor by a name of theirs
// that stands for this address (DNS rebinding).
void Service::check_access(const http::Request& request, bool is_open) const {
  const std::string_view origin = request.header("origin"), host = request.header("host");
  if (!origin.empty() &&
      (origin.find("://") == std::string_view::npos || origin.substr(origin.find("://") + 3) != host))
    throw ApiError(403, "the request comes from a page of another site", "", "open the page of this server itself");
  if (options_.token.empty()) {
    if (options_.loopback && !host.empty() && !names_loopback(host))
      throw ApiError(403, fmt::format("the Host header names '{}', not this machine", host.substr(0, 80)), "",
                     "use http://127.0.0.1, or start the server with --token-file");
    return;
  }
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view given = request.header("authorization");
  if (is_open || (given.starts_with(kBearer) && same_secret(given.substr(kBearer.size()), options_.token))) return;
  throw ApiError(401, given.empty() ? "the request has no token" : "the token is wrong", "",
                 "send the header Authorization: Bearer TOKEN");
}

http::Response Service::page(const http::Request& request) const {
  const Asset& asset = *asset_at(request.path);
  http::Response response{.type = std::string(asset.type), .body = std::string(asset.bytes)};
  response.headers = {{"ETag", std::string(asset.tag)},
                      {"Cache-Control", "no-cache"},
                      {"Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                      {"Referrer-Policy", "no-referrer"}};
  if (request.header("if-none-match") == asset.tag) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

void Service::handle(http::Request request, std::shared_ptr<http::Exchange> exchange) {
  auto call = std::make_shared<Call>(Call{std::move(request), std::move(exchange), steady_clock::now(), ""});
  const http::Request& asked = call->request;
  const bool get = asked.method == "GET" || asked.method == "HEAD";
  try {
    const Asset* asset = asset_at(asked.path);
    const std::string route = asset ? "page" : route_of(asked.path);
    const auto known = std::ranges::find(kRoutes, route, &Route::path);
    if (!asset && known == std::end(kRoutes)) {
      call->route = "(none)";
      throw ApiError(404, fmt::format("{} does not exist", asked.path.substr(0, 80)), "",
                     "GET /openapi.json lists the routes");
    }
    call->route = route;
    check_access(asked, asset || known->is_open);
    const std::string_view method = asset ? "GET" : known->method;
    if (!(method == "GET" ? get : asked.method == method)) {
      http::Response response =
          to_response(ApiError(405, fmt::format("{} accepts only {}", asked.path.substr(0, 80), method)));
      response.headers.push_back({"Allow", method == "GET" ? "GET, HEAD" : std::string(method)});
      return answer(*call, std::move(response));
    }
    if (asset) return answer(*call, page(asked));
    if (get && !asked.path.starts_with("/v1/runs")) return answer(*call, look_up(asked, route));
  } catch (const ApiError& error) {
    return answer(*call, to_response(error));
  }
  const bool taken = readers_.post([this, call] {
    try {
      const std::string& route = call->route;
      if (route == "/v1/solve") return solve(call);
      if (route == "/v1/score") return score(call, false);
      if (route == "/pooling") return score(call, true);
      if (route == "/v1/select")
        answer(*call, json_response(select_solution(call->request.body, options_.limits)));
      else
        answer(*call, look_up(call->request, route));
    } catch (const ApiError& error) {
      answer(*call, to_response(error));
    } catch (const std::exception& error) {
      log_warning("{}: {}", call->route, error.what());
      answer(*call,
             to_response(ApiError(500, "the server failed on this request", "", "see the messages of the server")));
    }
  });
  if (taken) return;
  ApiError error(503, "too many waiting requests", "", "try again later");
  error.retry_after = 1;
  answer(*call, to_response(error));
}

http::Response Service::look_up(const http::Request& request, const std::string& route) {
  if (route == "/health") return json_response({{"status", "ok"}, {"version", options_.version}});
  if (route == "/v1/models") return json_response(models_json());
  if (route == "/metrics") return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text()};
  if (route == "/openapi.json") return {.body = std::string(openapi_text())};
  if (!options_.runs) throw ApiError(404, "this server has no runs", "", "start it with --runs DIR");
  if (route == "/v1/runs") return json_response(options_.runs->list());
  const std::string name = request.path.substr(kRunLog.size(), request.path.size() - kRunLog.size() - 4);
  return {.type = "application/x-ndjson", .body = options_.runs->log(name, offset_of(request.query))};
}

SolverService& Service::model_named(const std::string& name) {
  return *find_named(models_, name, "reasoning",
                     [](const auto& entry) -> const std::string& { return entry->model().id; });
}

Service::Scorer& Service::scorer_named(const std::string& name) {
  return find_named(scorers_, name, "reward", [](const Scorer& entry) -> const std::string& { return entry.id; });
}

void Service::solve(const std::shared_ptr<Call>& call) {
  SolveRequest request = read_solve_request(call->request.body, options_.limits);
  call->request.body = {};
  SolverService& service = model_named(request.model);
  const auto answered = [this, call](int status) {
    metrics_.count_request(call->route, status, seconds_since(call->begun));
  };
  start_solving(std::move(request), service, options_.limits, {.exchange = call->exchange, .answered = answered});
}

void Service::score(const std::shared_ptr<Call>& call, bool pooling) {
  auto request = pooling ? read_pooling_request(call->request.body, options_.limits)
                         : read_score_request(call->request.body, options_.limits);
  call->request.body = {};
  Scorer& scorer = scorer_named(request.model);
  const bool taken = scorer.worker->post([this, call, pooling, &scorer, request = std::move(request)] {
    try {
      if (call->exchange->gone()) return;
      if (seconds_since(call->begun) > options_.limits.seconds)
        throw ApiError(503, fmt::format("the request waited longer than {} s", options_.limits.seconds), "",
                       "try again later");
      const Scored scored = score_solutions(request, *scorer.scorer);
      uint64_t steps = 0;
      for (const auto& row : scored.scores) steps += row.size();
      metrics_.add_scored(steps, static_cast<uint64_t>(scored.tokens));
      answer(*call,
             json_response(pooling ? pooling_answer(scored, scorer.id) : score_answer(request, scored, scorer.id)));
    } catch (const ApiError& error) {
      answer(*call, to_response(error));
    } catch (const std::exception& error) {
      log_warning("{}: {}", scorer.id, error.what());
      answer(*call, to_response(ApiError(500, "the reward model failed on this request", "",
                                         "see the messages of the server")));
    }
  });
  if (taken) return;
  ApiError error(429, "too many waiting requests for this model", "", "try again later; --max-queue raises the limit");
  error.retry_after = 1;
  throw error;
}

Json Service::models_json() const {
  Json models = Json::array();
  for (const auto& service : models_) {
    const ServedModel& model = service->model();
    models.push_back(describe_model(model.id, model.parameters, *model.backend, *model.family));
  }
  for (const Scorer& scorer : scorers_)
    models.push_back({{"id", scorer.id}, {"object", "model"}, {"kind", "reward"}, {"name", scorer.scorer->name()}});
  return {{"object", "list"}, {"data", std::move(models)}};
}

std::string Service::metrics_text() const {
  size_t waiting = 0, running = 0, scoring = 0;
  for (const auto& service : models_) waiting += service->waiting(), running += service->running();
  for (const Scorer& scorer : scorers_) scoring += scorer.worker->waiting();
  const auto number = [](auto value) { return static_cast<double>(value); };
  std::vector<Metrics::Gauge> gauges = {
      {"hrm_queue_puzzles", "Puzzles waiting for a slot.", number(waiting)},
      {"hrm_running_puzzles", "Puzzles in the batches.", number(running)},
      {"hrm_queue_scores", "Requests waiting for a reward model.", number(scoring)},
      {"hrm_queue_bodies", "Requests whose body is waiting to be read.", number(readers_.waiting())},
      {"hrm_uptime_seconds", "Seconds since the server started.", seconds_since(begun_)}};
  if (counts_) {
    gauges.push_back({"hrm_connections", "Open connections.", number(counts_->open.load())});
    gauges.push_back({"hrm_connections_total", "Connections accepted.", number(counts_->accepted.load()), true});
    gauges.push_back(
        {"hrm_connections_refused_total", "Connections refused at the limit.", number(counts_->refused.load()), true});
    gauges.push_back({"hrm_connections_dropped_total", "Clients that stalled or disconnected.",
                      number(counts_->dropped.load()), true});
  }
  return metrics_.text(gauges);
}

}  // namespace hrm::server
