#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/threads.h"
#include "cli/cmd_world.h"
#include "worlds/arithmetic_policy.h"
#include "worlds/solutions.h"

namespace hrm::cli {
namespace {

struct Arguments {
  std::filesystem::path problems, out;
  std::string policy = "arithmetic";
  int64_t n = 1;
  uint64_t seed = 0;
  std::vector<int64_t> rollouts;
  size_t threads = 0;
};

Json solved(const worlds::ArithmeticProblem& problem, const worlds::SlipSettings& settings, const Arguments& args,
            uint64_t index) {
  constexpr uint64_t kRolloutStream = 0x726f6c6c;
  worlds::ArithmeticPolicy policy(settings);
  worlds::TrueValues values(worlds::find_question(problem.question).value(), settings);
  Json row = {{"id", problem.id}, {"question", problem.question}, {"gold", problem.answer}};
  const auto solutions = worlds::sample_solutions(policy, problem, args.n, derive_seed(args.seed, {index}), &values);
  for (size_t i = 0; i < solutions.size(); ++i) {
    Json candidate = worlds::to_json(solutions[i]);
    for (int64_t rollouts : args.rollouts) {
      const uint64_t seed = derive_seed(args.seed, {kRolloutStream, index, i, static_cast<uint64_t>(rollouts)});
      candidate["scores"][fmt::format("rollouts-{}", rollouts)] =
          worlds::rollout_labels(policy, problem, solutions[i], rollouts, seed);
    }
    row["candidates"].push_back(std::move(candidate));
  }
  return row;
}

void solve(const Arguments& args) {
  const worlds::SlipSettings settings = world_policy_settings(args.policy);
  const auto problems = read_world_problems(args.problems);
  std::vector<Json> rows(problems.size());
  parallel_for(problems.size(), args.threads, [&](size_t i) { rows[i] = solved(problems[i], settings, args, i); });
  write_lines(args.out, rows);
  if (!args.out.empty()) log_info("{}: {} solutions of each of {} problems", args.out.string(), args.n, rows.size());
}

}  // namespace

void register_world_solve(CLI::App& world, Exit&) {
  const auto args = std::make_shared<Arguments>();
  CLI::App& command = *world.add_subcommand(
      "solve",
      "Sample solutions with slips and repairs, as JSON lines with the truth and the true value of each step.");
  command.add_option("problems", args->problems, "file of hrm world make; - is standard input")
      ->type_name("FILE")
      ->required();
  add_world_policy_option(command, args->policy);
  command.add_option("-n,--n", args->n, "solutions of each problem")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--rollouts", args->rollouts,
                  "also score each step by so many rollouts; several numbers for several scores")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000))
      ->type_name("N,...");
  command.add_option("-o,--out", args->out, "file to write (default: standard output)")->type_name("FILE");
  add_seed_option(command, args->seed);
  add_threads_option(command, args->threads);
  command.callback([args] { solve(*args); });
  set_examples(command, {{"hrm world solve problems.jsonl --n 16 --policy arithmetic:slip=0.2 --out solved.jsonl",
                          "sixteen solutions of each problem"},
                         {"hrm world solve problems.jsonl --n 16 --rollouts 1,4,16 --out scored.jsonl",
                          "with scores for hrm select: the true value, and its estimates by 1, 4 and 16 rollouts"}});
}

}  // namespace hrm::cli
