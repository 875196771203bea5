#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "backends/backend_factory.h"
#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/signals.h"
#include "cli/command.h"
#include "cli/scorer_options.h"
#include "http/server.h"
#include "model/weights.h"
#include "server/service.h"
#include "solving/model_file.h"

namespace hrm::cli {
namespace {

struct ServeArguments {
  std::vector<std::string> models, scorers;
  std::optional<std::string> token_file, token_variable;
  std::string runs;
  bool averaged = true;
  http::ServerOptions http;
  server::ServiceOptions service;
  model::BackendOptions backend;
  std::string scorer_device = "cpu";
};

std::string read_token(const ServeArguments& args) {
  std::string token, source;
  if (args.token_file) {
    source = "--token-file " + *args.token_file;
    token = read_file(*args.token_file);
  } else if (args.token_variable) {
    source = "--token-variable " + *args.token_variable;
    const char* value = std::getenv(args.token_variable->c_str());
    if (!value) throw bad_input("cli.serve", "{}: the environment has no such variable", source);
    token = value;
  } else {
    return "";
  }
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.size() < 8 || token.find_first_of(" \t\r\n") != std::string::npos)
    throw bad_input("cli.serve", "{}: a token must be one word of at least 8 characters", source);
  return token;
}

server::ServedModel load(const std::string& path, const ServeArguments& args) {
  solving::ModelFile file = solving::load_model(path, {.averaged = args.averaged});
  server::ServedModel model{.id = path, .family = solving::family_of(file, "", path)};
  if (model.family->arc_side())
    throw bad_input("cli.serve", "{}: models of ARC tasks are not served; hrm solve --model {} TASK.json runs them",
                    path, path);
  model.backend = backends::make_backend(file.config, args.backend);
  model.backend->set_weights(file.weights);
  model.parameters = model::parameter_count(file.config);
  log_info("{}: {} parameters, {} cells, {}", path, model.parameters, file.config.data.seq_len,
           model.backend->description());
  return model;
}

void check(const ServeArguments& args) {
  if (args.models.empty() && args.scorers.empty() && args.runs.empty())
    throw bad_input("cli.serve", "nothing to serve: give --model, --reward-model or --runs");
  const server::Limits& limits = args.service.limits;
  if (limits.queue < limits.puzzles)
    throw bad_input("cli.serve",
                    "--max-queue {} is below --max-puzzles {}: a request of the maximum size would never fit",
                    limits.queue, limits.puzzles);
  for (const auto* list : {&args.models, &args.scorers})
    for (size_t i = 0; i < list->size(); ++i)
      if (std::find(list->begin(), list->begin() + static_cast<ptrdiff_t>(i), (*list)[i]) !=
          list->begin() + static_cast<ptrdiff_t>(i))
        throw bad_input("cli.serve", "'{}' is given twice", (*list)[i]);
}

void serve(ServeArguments& args) {
  check(args);
  server::ServiceOptions& options = args.service;
  options.token = read_token(args);
  options.loopback = http::is_loopback(args.http.host);
  options.version = HRM_VERSION;
  if (!options.loopback && options.token.empty())
    throw bad_input("cli.serve",
                    "--host {} can be reached from other machines: also give --token-file or --token-variable",
                    args.http.host);
  if (!args.runs.empty()) options.runs.emplace(args.runs);

  std::vector<server::ServedModel> models;
  for (const std::string& path : args.models) models.push_back(load(path, args));
  std::vector<server::ServedScorer> scorers;
  for (const std::string& spec : args.scorers)
    scorers.push_back(
        {spec, open_scorer({.spec = spec, .device = args.scorer_device, .threads = args.backend.threads})});

  const server::Limits& limits = options.limits;
  args.http.connections = static_cast<size_t>(limits.connections);
  args.http.read.body_bytes = static_cast<size_t>(limits.body_mib) << 20;
  args.http.drain = std::chrono::milliseconds(static_cast<int64_t>(1000 * limits.seconds) + 2000);
  server::Service service(std::move(models), std::move(scorers), options);
  args.http.refusal = [&](int status, std::string_view message) { return service.refusal(status, message); };
  http::Server server(args.http, [&](http::Request request, std::shared_ptr<http::Exchange> exchange) {
    service.handle(std::move(request), std::move(exchange));
  });
  service.watch(server.counts());

  const InterruptScope interrupt;
  const bool colon = args.http.host.find(':') != std::string::npos;
  fmt::print("http://{}{}{}:{}\n", colon ? "[" : "", args.http.host, colon ? "]" : "", server.port());
  std::fflush(stdout);
  server.run(interrupted);
  log_info("stopped; running requests were finished");
}

void add_limits(CLI::App& command, server::Limits& limits) {
  const auto add = [&](const char* flag, int64_t& value, int64_t most, const char* help) {
    command.add_option(flag, value, help)
        ->check(CLI::Range(int64_t{1}, most))
        ->type_name("N")
        ->capture_default_str()
        ->group("Limits");
  };
  add("--max-body", limits.body_mib, 1024, "maximum size of a request body in MiB");
  add("--max-puzzles", limits.puzzles, 1'000'000, "maximum puzzles, solutions or steps per request");
  add("--max-segments", limits.segments, 65536, "maximum segments of a request");
  add("--max-views", limits.views, 1'000'000, "maximum views of a request");
  add("--max-queue", limits.queue, 10'000'000, "maximum waiting puzzles of all requests; beyond it 429");
  add("--max-connections", limits.connections, 100'000, "maximum open connections; beyond it 503");
  command.add_option("--time-limit", limits.seconds, "maximum seconds per request; beyond it 503")
      ->check(CLI::Range(0.001, 86400.0))
      ->type_name("X")
      ->capture_default_str()
      ->group("Limits");
}

}  // namespace

void register_serve(CLI::App& app, Exit&) {
  CLI::App* command = app.add_subcommand(
      "serve", "Serve puzzles and step scores over HTTP, with a page for the browser (docs/server.md).");
  auto args = std::make_shared<ServeArguments>();
  command->add_option("--model", args->models, "model file, run folder, or the authors' checkpoint; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--reward-model", args->scorers,
          "folder of a reward model (builds with libtorch), or truth[:...] of the arithmetic world; may be repeated")
      ->type_name("FOLDER|truth")
      ->allow_extra_args(false);
  command
      ->add_option("--host", args->http.host, "address to listen on; one that other machines can reach needs a token")
      ->type_name("ADDRESS")
      ->capture_default_str();
  command->add_option("--port", args->http.port, "port; 0 picks a free one")
      ->check(CLI::Range(0, 65535))
      ->type_name("N")
      ->capture_default_str();
  CLI::Option* file =
      command->add_option("--token-file", args->token_file, "file with the token that clients must send")
          ->type_name("FILE");
  command->add_option("--token-variable", args->token_variable, "environment variable that holds the token")
      ->type_name("NAME")
      ->excludes(file);
  command->add_option("--runs", args->runs, "show the training runs in this folder on the page")->type_name("DIR");
  command->add_option("--batch", args->service.batch, "puzzles in the batch of each model")
      ->check(CLI::Range(1, 65536))
      ->type_name("N")
      ->capture_default_str();
  add_switch(*command, "--averaged", args->averaged, "use the averaged weights if the file has both");
  add_limits(*command, args->service.limits);
  add_threads_option(*command, args->backend.threads);
  add_device_option(*command, args->backend.device);
  add_precision_option(*command, args->backend.precision);
  command->add_option("--reward-device", args->scorer_device, "device of the reward models: cpu, cuda or cuda:N")
      ->type_name("NAME")
      ->capture_default_str();
  set_examples(
      *command,
      {{"hrm serve --model models/sudoku9", "then open the printed address"},
       {"hrm serve --model models/sudoku9 --runs runs --port 0", "with training curves, on a free port"},
       {"hrm serve --reward-model runs/prm --host 0.0.0.0 --token-file token", "score steps for other machines"},
       {"curl -d '{\"puzzle\": \"53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79\"}' "
        "http://127.0.0.1:8080/v1/solve",
        "send a request"}});
  command->callback([args] { serve(*args); });
}

}  // namespace hrm::cli
