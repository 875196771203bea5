#include <memory>

#include "cli/cmd_select.h"
#include "selection/pool.h"

namespace hrm::cli {
namespace {

struct SelectPoolArguments {
  std::vector<std::filesystem::path> files;
  selection::PoolOptions options;
  Output output;
};

void pool(const SelectPoolArguments& args) {
  check_output(args.output);
  std::vector<selection::PooledRun> runs;
  for (const auto& file : args.files) {
    const auto report = std::filesystem::is_directory(file) ? file / "report.json" : file;
    runs.push_back({report.string(), read_json(report)});
  }
  const auto report = selection::pool_runs(runs, args.options);
  print_report(args.output, report);
}

}  // namespace

void register_select_pool(CLI::App& select, Exit&) {
  const auto args = std::make_shared<SelectPoolArguments>();
  CLI::App& command = *select.add_subcommand(
      "pool", "Combine reports of one experiment with several seeds: mean and 95 % interval over runs, row by row.");
  command.add_option("reports", args->files, "report.json files of hrm select, or their folders; at least two")
      ->type_name("FILE")
      ->required()
      ->expected(1, 1000);
  command
      .add_option("--against", args->options.against,
                  "also report the difference of every other scorer from this one within the same run")
      ->type_name("SCORER");
  add_output_options(command, args->output);
  command.callback([args] { pool(*args); });
  set_examples(command, {{"hrm select pool seed1 seed2 seed3 --out pooled", "three reports of the same experiment"},
                         {"hrm select pool seed*/repair --against prm", "with differences to the scorer prm"}});
}

}  // namespace hrm::cli
