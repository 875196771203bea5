#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/signals.h"
#include "base/threads.h"
#include "cli/cmd_world.h"
#include "cli/policy_options.h"
#include "worlds/arithmetic_policy.h"
#include "worlds/solutions.h"

namespace hrm::cli {
namespace {

struct WorldSolveArguments {
  std::filesystem::path problems, out;
  PolicyChoice policy;
  policy::Request request{.max_tokens = 256, .temperature = 1};
  uint64_t seed = 0;
  bool greedy = false;
  std::vector<int64_t> rollouts;
  size_t threads = 0, in_flight = 64;
};

struct Solver {
  policy::Policy& policy;
  std::optional<worlds::SlipSettings> scripted;  // the true values of steps are known for this policy alone
  const WorldSolveArguments& args;

  Json solved(const worlds::ArithmeticProblem& problem, uint64_t index) const;
  // In the order of the problems, as they come.
  void all(const std::vector<worlds::ArithmeticProblem>& problems, const policy::Meter& meter, JsonlOutput& out) const;
};

Json Solver::solved(const worlds::ArithmeticProblem& problem, uint64_t index) const {
  constexpr uint64_t kRolloutStream = 0x726f6c6c;
  std::optional<worlds::TrueValues> values;
  if (scripted) values.emplace(worlds::find_question(problem.question).value(), *scripted);
  Json row = {{"id", problem.id}, {"question", problem.question}, {"gold", problem.answer}};
  policy::Request how = args.request;
  how.seed = derive_seed(args.seed, {index});
  const auto solutions = worlds::sample_solutions(policy, problem, how, values ? &*values : nullptr);
  for (size_t i = 0; i < solutions.size(); ++i) {
    Json candidate = worlds::to_json(solutions[i]);
    for (int64_t rollouts : args.rollouts) {
      how.n = rollouts;
      how.seed = derive_seed(args.seed, {kRolloutStream, index, i, static_cast<uint64_t>(rollouts)});
      candidate["scores"][fmt::format("rollouts-{}", rollouts)] =
          worlds::rollout_labels(policy, problem, solutions[i], how);
    }
    row["candidates"].push_back(std::move(candidate));
  }
  if (args.greedy) {
    how = args.request;
    how.n = 1;
    how.temperature = 0;
    row["greedy"] = worlds::to_json(worlds::sample_solutions(policy, problem, how).front());
  }
  return row;
}

void Solver::all(const std::vector<worlds::ArithmeticProblem>& problems, const policy::Meter& meter,
                 JsonlOutput& out) const {
  constexpr size_t kAtOnce = 4096;  // what is held of the solutions
  Progress progress("solving", problems.size(), {.unit = "problems"});
  std::mutex mutex;
  uint64_t done = 0;
  // Workers wait for replies, which a server or a local model gives to many at once; only the scripted policy computes.
  for (size_t first = 0; first < problems.size(); first += kAtOnce) {
    std::vector<Json> rows(std::min(kAtOnce, problems.size() - first));
    parallel_for(rows.size(), scripted ? args.threads : args.in_flight, [&](size_t i) {
      if (interrupted()) return;
      rows[i] = solved(problems[first + i], first + i);
      const std::lock_guard lock(mutex);
      progress.update(++done, policy::usage_line(meter.usage()));
    });
    if (interrupted()) throw failure("cli.world", "interrupted");
    for (const Json& row : rows) out.write(row);
  }
}

void solve(const WorldSolveArguments& args, Exit& exit) {
  const auto problems = read_world_problems(args.problems);
  PolicyChoice choice = args.policy;
  if (choice.spec.empty() && choice.endpoint.endpoint.empty()) choice.spec = "arithmetic";
  const policy::PolicyStack stack = open_policy(choice, args.seed);
  const Solver solver{
      .policy = *stack.policy, .scripted = worlds::arithmetic_policy_settings(choice.spec), .args = args};
  if (args.greedy && solver.scripted)
    throw bad_input("cli.world", "--greedy: the scripted policy has no most likely solution; use another --policy");
  run_interruptible(exit, [&] {
    JsonlOutput out(args.out);
    solver.all(problems, *stack.meter, out);
    out.finish();
    if (out.is_file())
      log_info("{}: {} solutions of each of {} problems", args.out.string(), args.request.n, problems.size());
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
  command.add_option("-n,--n", args->request.n, "solutions per problem")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--greedy", args->greedy, "also write the policy's most likely solution (temperature 0)");
  command.add_option("--temperature", args->request.temperature, "sampling temperature of the policy")
      ->check(CLI::Range(0.0, 10.0))
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--max-tokens", args->request.max_tokens, "maximum length of a solution")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--rollouts", args->rollouts,
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
  add_seed_option(command, args->seed);
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
