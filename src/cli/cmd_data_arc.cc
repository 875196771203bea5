#include <memory>

#include "base/log.h"
#include "cli/choices.h"
#include "cli/cmd_data.h"
#include "puzzles/arc_build.h"

namespace hrm::cli {
namespace {

using puzzles::ArcBuildOptions;
using puzzles::ArcBuildReport;
using puzzles::ArcRole;

struct DataArcArguments {
  ArcBuildOptions build;
  std::vector<std::string> sources, training, evaluation;
  std::optional<uint64_t> variants;
  bool json = false;
};

Json size_json(const puzzles::ArcSplitSize& size) {
  return {{"groups", size.groups}, {"puzzles", size.puzzles}, {"examples", size.examples}};
}

std::string_view name_of(ArcRole role) { return role == ArcRole::kTraining ? "training" : "evaluation"; }

Json to_json(const ArcBuildReport& report, const DataArcArguments& args) {
  Json sources = Json::array();
  for (const auto& source : report.sources)
    sources.push_back({{"source", source.path},
                       {"role", name_of(source.role)},
                       {"tasks", source.tasks},
                       {"too_large", source.too_large}});
  return {{"out", args.build.out.string()},
          {"sources", std::move(sources)},
          {"training_tasks", report.training_tasks},
          {"evaluation_tasks", report.evaluation_tasks},
          {"identifiers", report.identifiers},
          {"train", size_json(report.train)},
          {"test", size_json(report.test)},
          {"short_of_variants", report.short_of_variants},
          {"repeated", report.repeated},
          {"skipped", report.skipped},
          {"leaking_evaluation_tasks", report.leaking_tasks},
          {"still_leaking", report.still_leaking},
          {"leaks", report.leaks},
          {"dropped_training_tasks", report.dropped},
          {"notes", report.notes}};
}

void print_report(const ArcBuildReport& report, const DataArcArguments& args) {
  if (args.json) return print_json(to_json(report, args));
  warn_of(report.skipped, report.skipped.size());
  warn_of(report.leaks, report.leaks.size(), "leakage");
  for (const std::string& note : report.notes) log_warning("{}", note);
  for (const auto& source : report.sources) {
    fmt::print("{}: {}, {} tasks", source.path, name_of(source.role), source.tasks);
    if (source.too_large > 0)
      fmt::print(", {} left out: a grid is larger than {}x{}", source.too_large, args.build.side, args.build.side);
    fmt::print("\n");
  }
  if (report.repeated > 0) fmt::print("{} tasks occur twice with the same pairs; each is read once\n", report.repeated);
  if (report.leaking_tasks > 0)
    fmt::print("{} evaluation tasks leak into training{}\n", report.leaking_tasks,
               args.build.drop_leaks
                   ? fmt::format("; {} training tasks left out because of it, {} evaluation tasks still "
                                 "leak, through demonstrations of evaluation tasks",
                                 report.dropped, report.still_leaking)
                   : ": --drop-leaks leaves out the training tasks that contain them");
  if (report.short_of_variants > 0)
    fmt::print("{} tasks have fewer distinct variants than requested\n", report.short_of_variants);
  fmt::print("{}: {} training tasks, {} evaluation tasks, {} identifiers\n", args.build.out.string(),
             report.training_tasks, report.evaluation_tasks, report.identifiers);
  fmt::print("train: {} examples of {} puzzles\n", report.train.examples, report.train.puzzles);
  if (report.evaluation_tasks > 0)
    fmt::print("test: {} examples of {} puzzles\n", report.test.examples, report.test.puzzles);
  else
    fmt::print(
        "no evaluation tasks, so no test split (mark a source with \"evaluation\" in its name, or with "
        "--evaluation SOURCE)\n");
}

void build(DataArcArguments& args) {
  ArcBuildOptions& options = args.build;
  const auto add = [&](const std::vector<std::string>& paths, std::optional<ArcRole> role) {
    for (const std::string& path : paths) options.sources.push_back({path, role});
  };
  add(args.sources, std::nullopt);
  add(args.training, ArcRole::kTraining);
  add(args.evaluation, ArcRole::kEvaluation);
  if (options.sources.empty())
    throw bad_input("cli.data.arc", "no source: give folders of tasks or files *_challenges.json");
  const bool task = options.variants.identifiers == puzzles::ArcIdentifiers::kTask;
  options.variants.count = args.variants.value_or(task ? 7 : puzzles::kArcDefaultVariants);
  options.command = "hrm data arc";
  print_report(puzzles::build_arc_dataset(options), args);
}

void add_build_options(CLI::App& command, DataArcArguments& args) {
  ArcBuildOptions& options = args.build;
  command
      .add_option(
          "sources", args.sources,
          "folders with one file per task, or files *_challenges.json (their *_solutions.json beside them), also "
          "compressed; a source with \"evaluation\" in its name holds evaluation tasks")
      ->type_name("SOURCE");
  command.add_option("--training", args.training, "source of training tasks, whatever its name")
      ->type_name("SOURCE")
      ->allow_extra_args(false);
  command.add_option("--evaluation", args.evaluation, "source of evaluation tasks, whatever its name")
      ->type_name("SOURCE")
      ->allow_extra_args(false);
  add_folder_options(command, options.out, options.replace);
  command
      .add_option("--variants", args.variants,
                  "variants per task in addition to the task; default 1000, or 7 with --identifiers task")
      ->type_name("N");
  add_choice(command, "--identifiers", options.variants.identifiers,
             "one embedding per variant, as the authors do, or per task and symmetry of the grid, without new colors");
  add_choice(command, "--names", options.names,
             "how variants are named: TASK|||t3|||0123456789 (trm) or TASK_t3_0123456789");
  command.add_option("--max-grid", options.side, "leave out tasks with larger grids; sequences are N*N long")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--drop-leaks", options.drop_leaks,
                   "leave out training tasks that contain a test pair or all demonstrations of an evaluation task");
  command.add_flag("--skip-bad", options.skip_bad, "leave out bad tasks and list them");
  add_seed_option(command, options.variants.seed);
  add_threads_option(command, options.threads);
  add_json_flag(command, args.json);
}

}  // namespace

void register_data_arc(CLI::App& data, Exit& exit) {
  const auto args = std::make_shared<DataArcArguments>();
  CLI::App& command =
      *data.add_subcommand("arc", "Build a data set from ARC tasks (ARC-AGI-1, ARC-AGI-2, ConceptARC).");
  add_build_options(command, *args);
  command.callback([args, &exit] { run_interruptible(exit, [&] { build(*args); }); });
  set_examples(
      command,
      {{"hrm data arc ARC-AGI/data ConceptARC/corpus --out data/arc1", "like HRM's builder: 1,000 variants per task"},
       {"hrm data arc arc-agi_training2_challenges.json arc-agi_evaluation2_challenges.json --out data/arc2",
        "combined files with their solutions beside them"},
       {"hrm data arc ARC-AGI/data --max-grid 12 --identifiers task --out data/arc12", "for small machines"},
       {"hrm data arc mine --evaluation held_out --drop-leaks --out data/mine", "folders of your own"}});
}

}  // namespace hrm::cli
