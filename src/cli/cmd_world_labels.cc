#include <memory>

#include "base/files.h"
#include "base/log.h"
#include "cli/cmd_world.h"
#include "studies/growth_study.h"

namespace hrm::cli {
namespace {

struct WorldLabelsArguments {
  std::vector<std::filesystem::path> stores;
  std::filesystem::path out;
  studies::GrowthStudyOptions study;
  bool json = false;
};

void study(const WorldLabelsArguments& args) {
  const studies::GrowthStudy result = studies::study_growth(args.stores, args.study);
  const std::string text = studies::to_markdown(result);
  if (!args.out.empty()) {
    write_json(args.out / "report.json", studies::to_json(result));
    write_file_atomic(args.out / "report.md", "# Error of the labels of grown trees\n\n" + text);
    log_info("report: {}", (args.out / "report.md").string());
  }
  if (args.json) return print_json(studies::to_json(result));
  fmt::print("{}", text);
}

}  // namespace

void register_world_labels(CLI::App& world, Exit&) {
  const auto args = std::make_shared<WorldLabelsArguments>();
  CLI::App& command = *world.add_subcommand(
      "labels", "Measure the error and the cost of labels of grown trees: soft, hard, leaves, policy.");
  command.add_option("stores", args->stores, "stores of hrm tree grow, with any method and policy")
      ->type_name("FILE...")
      ->required();
  command.add_option("-o,--out", args->out, "folder for report.md and report.json")->type_name("DIR");
  add_seed_option(command, args->study.seed);
  add_threads_option(command, args->study.threads);
  add_json_flag(command, args->json);
  command.callback([args] { study(*args); });
  set_examples(command, {{"hrm world labels a.tree", "error of each kind of label for the trees of this store"},
                         {"hrm world labels breadth.tree mcts.tree adaptive.tree --out report",
                          "compare growth methods and their cost"}});
}

}  // namespace hrm::cli
