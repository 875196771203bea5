#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/threads.h"
#include "cli/cmd_world.h"
#include "worlds/probe.h"

namespace hrm::cli {
namespace {

struct WorldProbeArguments {
  std::filesystem::path problems, out;
  std::string policy = "arithmetic";
  uint64_t seed = 0;
  size_t threads = 0;
};

void probe(const WorldProbeArguments& args) {
  const worlds::SlipSettings settings = world_policy_settings(args.policy);
  if (settings.slip <= 0) throw bad_input("cli.world.probe", "--policy {}: a probe needs slips: slip > 0", args.policy);
  const auto problems = read_world_problems(args.problems);
  std::vector<Json> made(problems.size());
  parallel_for(problems.size(), args.threads, [&](size_t i) {
    worlds::TrueValues values(worlds::find_question(problems[i].question).value(), settings);
    const auto cases = worlds::make_probe(problems[i], settings, derive_seed(args.seed, {i}), &values);
    if (!cases) return;
    made[i] = {{"id", problems[i].id}, {"question", problems[i].question}, {"gold", problems[i].answer}};
    for (const auto& one : *cases) made[i]["candidates"].push_back(worlds::to_json(one));
  });
  const size_t all = made.size();
  std::erase_if(made, [](const Json& row) { return row.is_null(); });
  if (made.empty())
    throw bad_input("cli.world.probe", "no problem is long enough: a probe needs at least two operations");
  write_lines(args.out, made);
  if (made.size() < all)
    log_warning("{} of {} problems do not allow a probe and were left out", all - made.size(), all);
  if (!args.out.empty()) log_info("{}: five probe solutions of each of {} problems", args.out.string(), made.size());
}

}  // namespace

void register_world_probe(CLI::App& world, Exit&) {
  const auto args = std::make_shared<WorldProbeArguments>();
  CLI::App& command = *world.add_subcommand(
      "probe", "Write matched solutions that differ in one step (repaired or not, broken or not), with judged steps.");
  command.add_option("problems", args->problems, "file of hrm world make; - is standard input")
      ->type_name("FILE")
      ->required();
  add_world_policy_option(command, args->policy);
  command.add_option("-o,--out", args->out, "file to write (default: standard output)")->type_name("FILE");
  add_seed_option(command, args->seed);
  add_threads_option(command, args->threads);
  command.callback([args] { probe(*args); });
  set_examples(command, {{"hrm world probe test.jsonl --out probe.jsonl", "five solutions of each problem"},
                         {"hrm select repair probe.jsonl --scores scores.jsonl", "measure a scorer on them"}});
}

}  // namespace hrm::cli
