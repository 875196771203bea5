#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "cli/cmd_world.h"
#include "studies/compression_study.h"
#include "studies/rollout_study.h"

namespace hrm::cli {
namespace {

struct WorldStudyArguments {
  std::filesystem::path problems, out;
  std::string policy = "arithmetic";
  studies::RolloutStudyOptions study;
  bool json = false;
};

void study(WorldStudyArguments& args) {
  args.study.policy = world_policy_settings(args.policy);
  const auto result = studies::study_rollouts(read_world_problems(args.problems), args.study);
  if (!args.out.empty()) studies::write_study(result, args.out);
  if (args.json) return print_json(studies::to_json(result));
  fmt::print("{}", studies::to_markdown(result));
  if (!args.out.empty()) log_info("report: {}", (args.out / "README.md").string());
}

struct TreeArguments {
  std::filesystem::path problems, out;
  std::string policy = "arithmetic";
  studies::CompressionStudyOptions study;
  bool json = false;
};

void study_trees(TreeArguments& args) {
  args.study.policy = world_policy_settings(args.policy);
  const auto result = studies::study_compression(read_world_problems(args.problems), args.study);
  const std::string text = studies::to_markdown(result);
  if (!args.out.empty()) {
    write_json(args.out / "compression.json", studies::to_json(result));
    write_file_atomic(args.out / "compression.md", "# Error of tree labels, and node compression\n\n" + text);
  }
  if (args.json) return print_json(studies::to_json(result));
  fmt::print("{}", text);
}

}  // namespace

void register_world_trees(CLI::App& world, Exit&) {
  const auto args = std::make_shared<TreeArguments>();
  CLI::App& command = *world.add_subcommand(
      "trees", "Measure the error of tree labels, and compare node compression with label noise of the same size.");
  command.add_option("problems", args->problems, "file of hrm world make; - is standard input")
      ->type_name("FILE")
      ->required();
  add_world_policy_option(command, args->policy);
  command.add_option("--children", args->study.children, "steps sampled at every node")
      ->check(CLI::Range(1, 8))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--depth", args->study.depth, "depth of the trees")
      ->check(CLI::Range(1, 8))
      ->type_name("N")
      ->capture_default_str();
  add_switch(command, "--finish", args->study.finish,
             "finish branches that the depth cuts off by one rollout; off: they count as wrong");
  command.add_option("-o,--out", args->out, "folder for compression.md and compression.json")->type_name("DIR");
  add_seed_option(command, args->study.seed);
  add_threads_option(command, args->study.threads);
  add_json_flag(command, args->json);
  command.callback([args] { study_trees(*args); });
  set_examples(command, {{"hrm world trees problems.jsonl --out study", "trees with 5 children and depth 6"}});
}

void register_world_study(CLI::App& world, Exit&) {
  const auto args = std::make_shared<WorldStudyArguments>();
  CLI::App& command = *world.add_subcommand("study", "Measure the error of Monte-Carlo labels of k rollouts.");
  command.add_option("problems", args->problems, "file of hrm world make; - is standard input")
      ->type_name("FILE")
      ->required();
  add_world_policy_option(command, args->policy);
  command.add_option("--rollouts", args->study.rollouts, "numbers of rollouts to compare")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000))
      ->type_name("N,...")
      ->capture_default_str();
  command.add_option("--solutions", args->study.solutions, "solutions per problem whose states are labeled")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("-o,--out", args->out, "folder for README.md, study.json and plots")->type_name("DIR");
  add_seed_option(command, args->study.seed);
  add_threads_option(command, args->study.threads);
  add_json_flag(command, args->json);
  command.callback([args] { study(*args); });
  set_examples(command, {{"hrm world study problems.jsonl --out study", "labels of 1 to 32 rollouts"},
                         {"hrm world study problems.jsonl --policy arithmetic:slip=0.2,repair=0 --rollouts 1,8",
                          "for a policy that never repairs"}});
}

}  // namespace hrm::cli
