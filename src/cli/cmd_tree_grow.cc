#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/cmd_tree.h"
#include "cli/field_options.h"
#include "cli/policy_options.h"
#include "steps/problem_file.h"
#include "training/launch.h"
#include "tree/grow.h"
#include "tree/shards.h"

namespace hrm::cli {
namespace {

struct TreeGrowArguments {
  AskedProblems problems;
  std::filesystem::path store;
  tree::GrowSettings settings;
  PolicyChoice policy;
  bool faithful = false, json = false;
};

// What the flags say over the authors' settings where --faithful is given.
tree::GrowSettings chosen_settings(const TreeGrowArguments& args, const CLI::App& command) {
  tree::GrowSettings settings = args.faithful ? tree::faithful_settings() : args.settings;
  if (args.faithful)
    tree::GrowSettings::fields(args.settings, [&](std::string_view key, const auto& value, std::string_view) {
      if (command.count(flag_of(key)) > 0) set_field(settings, key, detail::field_to_json(value), "argument");
    });
  if (!args.problems.prompt_file.empty()) settings.prompt = read_file(args.problems.prompt_file);
  return settings;
}

Json report_json(const tree::GrowReport& report, const policy::Usage& usage, const std::filesystem::path& store) {
  return {{"store", store.string()},           {"problems", report.problems},     {"finished", report.finished},
          {"new_nodes", report.nodes},         {"new_rollouts", report.rollouts}, {"requests", report.requests},
          {"failed", report.failed},           {"last_fault", report.last_fault}, {"interrupted", report.interrupted},
          {"usage", policy::usage_json(usage)}};
}

void print_report(const tree::GrowReport& report, const policy::Usage& usage) {
  fmt::print("{} of {} trees are finished; {} new nodes and {} new rollouts\n{}\n", report.finished, report.problems,
             report.nodes, report.rollouts, policy::usage_line(usage));
}

void grow(const TreeGrowArguments& args, const tree::GrowSettings& settings, Exit& exit) {
  settings.validate();
  check_continuation(args.policy, settings);
  BadLines bad;
  auto problems = steps::read_problems(args.problems.file, args.problems.limit, args.problems.skip_bad, bad);
  warn_of(bad);
  if (problems.empty()) throw bad_input("cli.tree.grow", "{} contains no problem", args.problems.file.string());
  const Shard shard = training::read_shard();
  const std::filesystem::path path = tree::shard_store(args.store, shard);
  problems = tree::shard_problems(std::move(problems), shard);
  if (shard.size > 1) log_info("process {} of {}: {} problems", shard.rank, shard.size, problems.size());
  const policy::PolicyStack stack = open_policy(args.policy, settings.seed);
  tree::StoreWriter store(path);
  const InterruptScope scope;
  tree::GrowReport report;
  {
    Progress progress("trees", problems.size(), {.unit = "trees"});
    const auto show = [&](const tree::GrowReport& now) {
      progress.update(
          static_cast<uint64_t>(now.finished),
          fmt::format("{} nodes, {} rollouts, {}", now.nodes, now.rollouts, policy::usage_line(stack.meter->usage())));
    };
    report = tree::grow_trees({problems, settings, *stack.policy, store},
                              {.in_flight = args.problems.in_flight, .progress = show});
  }
  if (args.json)
    print_json(report_json(report, stack.meter->usage(), path));
  else
    print_report(report, stack.meter->usage());
  if (report.interrupted) {
    log_warning("interrupted; all replies are stored; run the same command again to continue");
    exit.code = kInterruptedExitCode;
  } else if (report.failed > 0) {
    log_warning(
        "{} requests failed; the last error: {}; their nodes are unfinished{}; run the same command again to retry",
        report.failed, report.last_fault, report.gave_up ? " and growth gave up" : "");
    exit.code = 1;
  }
}

}  // namespace

void register_tree_grow(CLI::App& tree, Exit& exit) {
  const auto args = std::make_shared<TreeGrowArguments>();
  CLI::App& command = *tree.add_subcommand("grow", "Grow a tree of steps for each problem into a store.");
  add_problem_options(command, args->problems);
  command.add_option("--store", args->store, "tree store to write or to continue")->type_name("FILE")->required();
  command.add_flag("--faithful", args->faithful,
                   "the authors' settings unless a flag says otherwise: temperature 0.1, no merging");
  add_field_options(command, args->settings);
  add_policy_options(command, args->policy);
  add_json_flag(command, args->json);
  command.callback([args, &exit, &command] { grow(*args, chosen_settings(*args, command), exit); });
  set_examples(
      command,
      {{"hrm tree grow gsm8k_train.jsonl --store a.tree --endpoint http://127.0.0.1:8080/v1 --in-flight 32",
        "whole trees; stop at any time; the same command continues"},
       {"hrm tree grow math.jsonl --store b.tree --faithful --endpoint http://127.0.0.1:8080/v1 --model qwen",
        "as the authors grew them"},
       {"hrm tree grow math.jsonl --store c.tree --method first-error --simulations 20 --steps blank --answer boxed "
        "--endpoint http://127.0.0.1:8080/v1",
        "find the first errors"},
       {"RANK=0 WORLD_SIZE=4 hrm tree grow math.jsonl --store d.tree --endpoint http://127.0.0.1:8080/v1",
        "the first of four processes; it writes d.tree.0-of-4, and hrm tree merge puts the four together"},
       {"hrm tree grow world.jsonl --store w.tree --policy arithmetic --steps line --answer gsm8k --depth 8",
        "the arithmetic world, without a server"}});
}

}  // namespace hrm::cli
