#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/cmd_world.h"
#include "cli/policy_options.h"
#include "worlds/arithmetic_policy.h"
#include "worlds/solve.h"

namespace hrm::cli {
namespace {

struct WorldSolveArguments {
  std::filesystem::path problems, out;
  PolicyChoice policy;
  worlds::SolveOptions solve{.request = {.max_tokens = 256, .temperature = 1}};
  size_t threads = 0, in_flight = 64;
};

void solve(const WorldSolveArguments& args, Exit& exit) {
  const auto problems = read_world_problems(args.problems);
  PolicyChoice choice = args.policy;
  if (choice.spec.empty() && choice.endpoint.endpoint.empty()) choice.spec = "arithmetic";
  const policy::PolicyStack stack = open_policy(choice, args.solve.seed);
  worlds::SolveOptions options = args.solve;
  options.slips = worlds::arithmetic_policy_settings(choice.spec);
  if (options.greedy && options.slips)
    throw bad_input("cli.world", "--greedy: the scripted policy has no most likely solution; use another --policy");
  // Workers wait for replies, which a server or a local model gives to many at once; only the scripted policy computes.
  options.threads = options.slips ? args.threads : args.in_flight;
  run_interruptible(exit, [&] {
    JsonlOutput out(args.out);
    Progress progress("solving", problems.size(), {.unit = "problems"});
    worlds::solve_problems(
        *stack.policy, problems, options,
        {.write = [&](const Json& record) { out.write(record); },
         .progress = [&](uint64_t done) { progress.update(done, policy::usage_line(stack.meter->usage())); }});
    out.finish();
    if (out.is_file())
      log_info("{}: {} solutions of each of {} problems", args.out.string(), options.request.n, problems.size());
  });
}

}  // namespace

void register_world_solve(CLI::App& world, Exit& exit) {
  const auto args = std::make_shared<WorldSolveArguments>();
  CLI::App& command = *world.add_subcommand("solve",
                                            "Sample solutions from a policy as JSON lines with judged steps; for the "
                                            "scripted policy (the default) also with true values.");
  command.add_option("problems", args->problems, "file of hrm world make; - is standard input")
      ->type_name("FILE")
      ->required();
  command.add_option("-n,--n", args->solve.request.n, "solutions per problem")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--greedy", args->solve.greedy, "also write the policy's most likely solution (temperature 0)");
  command.add_option("--temperature", args->solve.request.temperature, "sampling temperature of the policy")
      ->check(CLI::Range(0.0, 10.0))
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--max-tokens", args->solve.request.max_tokens, "maximum length of a solution")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--rollouts", args->solve.rollouts,
                  "also score each step by this number of rollouts; several numbers give several scores")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000))
      ->type_name("N,...");
  command.add_option("--in-flight", args->in_flight, "maximum number of simultaneous problems")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("-o,--out", args->out, "file to write (default: standard output)")->type_name("FILE");
  add_policy_options(command, args->policy);
  add_seed_option(command, args->solve.seed);
  add_threads_option(command, args->threads);
  command.callback([args, &exit] { solve(*args, exit); });
  set_examples(command,
               {{"hrm world solve problems.jsonl --n 16 --policy arithmetic:slip=0.2 --out solved.jsonl",
                 "sixteen solutions of each problem, with the true values of their steps"},
                {"hrm world solve problems.jsonl --n 16 --rollouts 1,4,16 --out scored.jsonl",
                 "with scores for hrm select: the true value and its estimates from 1, 4 and 16 rollouts"},
                {"hrm world solve problems.jsonl --n 16 --greedy --policy local:runs/policy --out solved.jsonl",
                 "from a model of hrm lm train"}});
}

}  // namespace hrm::cli
