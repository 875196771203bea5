#include <fmt/format.h>

#include <iostream>
#include <iterator>
#include <memory>

#include "base/error.h"
#include "base/signals.h"
#include "cli/command.h"
#include "cli/policy_options.h"
#include "policy/choice_json.h"
#include "policy/load.h"

namespace hrm::cli {
namespace {

struct PolicyArguments {
  policy::EndpointOptions endpoint;
  policy::Request request{.max_tokens = 256};
  std::string prompt, system, begun;
  int64_t requests = 100, in_flight = 8;
  bool json = false;
};

std::string text_of(const std::string& given) {
  if (given != "-") return given;
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

policy::Request request_of(const PolicyArguments& args) {
  policy::Request request = args.request;
  if (args.system.empty() && args.begun.empty()) {
    request.prompt = text_of(args.prompt);
    return request;
  }
  if (!args.system.empty()) request.messages.push_back({"system", args.system});
  request.messages.push_back({"user", text_of(args.prompt)});
  if (!args.begun.empty()) request.messages.push_back({"assistant", args.begun});
  return request;
}

void print_choices(const policy::Response& response) {
  for (size_t i = 0; i < response.choices.size(); ++i) {
    const policy::Choice& choice = response.choices[i];
    std::string end(policy::finish_name(choice.finish));
    if (!choice.stop.empty()) end += fmt::format(" at '{}'", choice.stop);
    fmt::print("--- choice {}: {}{} tokens, {}\n{}\n", i + 1, choice.tokens_estimated ? "about " : "", choice.tokens,
               end, choice.text);
  }
}

void ask(const PolicyArguments& args, Exit& exit) {
  const InterruptScope scope;
  const policy::PolicyStack stack = policy::make_policy(args.endpoint, args.request.seed);
  const policy::Reply reply = stack.policy->complete(request_of(args));
  if (interrupted()) {
    exit.code = kInterruptedExitCode;
    return;
  }
  if (const auto* fault = std::get_if<policy::PolicyFault>(&reply)) throw failure("policy.ask", "{}", fault->message);
  const auto& response = std::get<policy::Response>(reply);
  const policy::Usage usage = stack.meter->usage();
  if (!args.json) {
    print_choices(response);
    fmt::print("--- {}\n", policy::usage_line(usage));
    return;
  }
  Json choices = Json::array();
  for (const policy::Choice& choice : response.choices) choices.push_back(policy::choice_json(choice));
  print_json({{"policy", stack.policy->name()},
              {"choices", std::move(choices)},
              {"prompt_tokens", response.prompt_tokens},
              {"cached", response.cached},
              {"usage", policy::usage_json(usage)}});
}

void bench(const PolicyArguments& args, Exit& exit) {
  const InterruptScope scope;
  const policy::PolicyStack stack = policy::make_policy(args.endpoint, args.request.seed);
  const policy::LoadReport report = policy::measure_load(
      *stack.policy, {.request = request_of(args), .requests = args.requests, .in_flight = args.in_flight});
  if (interrupted()) exit.code = kInterruptedExitCode;
  Json json = policy::load_json(report);
  json["in_flight"] = args.in_flight;
  json["usage"] = policy::usage_json(stack.meter->usage());
  if (args.json)
    print_json(json);
  else
    fmt::print(
        "{} requests, {} failed, {:.1f} requests/s, {:.0f} tokens/s; time per request {:.1f} ms (median), {:.1f} ms "
        "(95 %)\n",
        report.requests, report.failed, report.requests_per_second(), json["tokens_per_second"].get<double>(),
        report.median_ms, report.p95_ms);
  if (report.requests > 0 && report.failed == report.requests && exit.code == 0)
    throw failure("policy.bench", "every request failed; the first error: {}", report.first_fault);
}

void add_request(CLI::App& command, PolicyArguments& args) {
  policy::Request& request = args.request;
  command.add_option("--prompt", args.prompt, "text to continue or answer; - reads standard input")
      ->required()
      ->type_name("TEXT");
  command.add_option("--system", args.system, "system message for a chat")->type_name("TEXT");
  command.add_option("--begun", args.begun, "beginning of the answer, for a chat to continue")->type_name("TEXT");
  command.add_option("-n,--choices", request.n, "choices per request")
      ->check(CLI::Range(1, 4096))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--max-tokens", request.max_tokens, "maximum tokens per choice")
      ->check(CLI::Range(1, 1 << 20))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--temperature", request.temperature, "sampling temperature; 0: always the likeliest token")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--top-p", request.top_p, "sample from the likeliest tokens that together have this probability")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--stop", request.stop, "text that ends a choice; may be repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  add_seed_option(command, request.seed);
  add_json_flag(command, args.json);
  add_endpoint_options(command, args.endpoint);
}

void register_ask(CLI::App& group, Exit& exit) {
  CLI::App* command = group.add_subcommand("ask", "Send one request and print the choices.");
  auto args = std::make_shared<PolicyArguments>();
  add_request(*command, *args);
  command->add_flag("--logprobs", args->request.logprobs, "also return log-probabilities (with --json)");
  set_examples(*command,
               {{"hrm policy ask --endpoint http://127.0.0.1:8080/v1 --prompt '2 + 2 =' -n 3 --max-tokens 8",
                 "three continuations"},
                {"hrm policy ask --endpoint https://api.example.com/v1 --kind chat --model NAME --api-key-variable KEY "
                 "--prompt 'What is 2 + 2?'",
                 "a chat, with the key in the environment variable KEY"}});
  command->callback([args, &exit] { ask(*args, exit); });
}

void register_load(CLI::App& group, Exit& exit) {
  CLI::App* command = group.add_subcommand("bench", "Measure requests and tokens per second.");
  auto args = std::make_shared<PolicyArguments>();
  add_request(*command, *args);
  command->add_option("--requests", args->requests, "total number of requests, with increasing seeds")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--in-flight", args->in_flight, "requests under way at the same time")
      ->type_name("N")
      ->capture_default_str();
  set_examples(*command,
               {{"hrm policy bench --endpoint http://127.0.0.1:8080/v1 --prompt Once --max-tokens 32 --in-flight 16",
                 "throughput at 16 simultaneous requests"}});
  command->callback([args, &exit] { bench(*args, exit); });
}

}  // namespace

void register_policy(CLI::App& app, Exit& exit) {
  CLI::App* group =
      app.add_subcommand("policy", "Send requests to a language model at an endpoint, or measure its speed.");
  group->require_subcommand(1);
  set_examples(*group,
               {{"hrm policy ask --endpoint http://127.0.0.1:8080/v1 --prompt '2 + 2 ='", "check that it answers"},
                {"hrm policy bench --endpoint http://127.0.0.1:8080/v1 --prompt Once", "measure its speed"}});
  register_ask(*group, exit);
  register_load(*group, exit);
}

}  // namespace hrm::cli
