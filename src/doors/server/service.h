// The routes of `hrm serve`: runs the models; reads, answers and counts requests. docs/server.md
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/server.h"
#include "server/limits.h"
#include "server/metrics.h"
#include "server/runs.h"
#include "server/solver_service.h"
#include "server/worker.h"
#include "steps/step_scorer.h"

namespace hrm::server {

struct ServedScorer {
  std::string id;  // the argument of --reward-model
  std::unique_ptr<steps::StepScorer> scorer;
};

struct ServiceOptions {
  Limits limits;
  size_t batch = 64;         // slots of each reasoning model
  std::string token;         // empty: no token is needed
  bool loopback = true;      // only this machine can reach the server
  std::optional<Runs> runs;  // shown on the page
  std::string version = "unknown";
};

class Service {
 public:
  Service(std::vector<ServedModel> models, std::vector<ServedScorer> scorers, ServiceOptions options);
  ~Service();

  // Called on the HTTP server's thread; returns at once.
  void handle(http::Request request, std::shared_ptr<http::Exchange> exchange);
  // A refusal by the HTTP server itself; also counted.
  http::Response refusal(int status, std::string_view message);
  void watch(const http::ServerCounts& counts) { counts_ = &counts; }  // for /metrics; must outlive the service's use

 private:
  struct Call {  // one request in progress
    http::Request request;
    std::shared_ptr<http::Exchange> exchange;
    std::chrono::steady_clock::time_point begun;
    std::string route;  // under which it is counted
  };
  struct Scorer {
    std::string id;
    std::unique_ptr<steps::StepScorer> scorer;
    std::unique_ptr<Worker> worker;  // one thread
  };

  void answer(Call& call, http::Response response);
  void check_access(const http::Request& request, bool is_open) const;
  http::Response page(const http::Request& request) const;
  http::Response look_up(const http::Request& request, const std::string& route);
  void solve(const std::shared_ptr<Call>& call);
  void score(const std::shared_ptr<Call>& call, bool pooling);
  SolverService& model_named(const std::string& name);
  Scorer& scorer_named(const std::string& name);
  Json models_json() const;
  std::string metrics_text() const;

  const ServiceOptions options_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  Metrics metrics_;
  std::mutex compute_;
  std::vector<std::unique_ptr<SolverService>> models_;
  std::vector<Scorer> scorers_;
  const http::ServerCounts* counts_ = nullptr;
  Worker readers_;  // they read bodies
};

}  // namespace hrm::server
