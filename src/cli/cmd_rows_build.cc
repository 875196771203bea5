#include <memory>

#include "cli/cmd_data.h"
#include "cli/cmd_rows.h"
#include "rows/build.h"

namespace hrm::cli {
namespace {

struct RowsBuildArguments {
  rows::BuildOptions build;
  TreeArguments trees;
  bool counts = false, json = false;
};

}  // namespace

void register_rows_build(CLI::App& rows, Exit& exit) {
  const auto args = std::make_shared<RowsBuildArguments>();
  CLI::App& command = *rows.add_subcommand("build", "Make training rows {input, label} from labeled steps.");
  rows::BuildOptions& build = args->build;
  command
      .add_option("inputs", build.inputs,
                  "tree stores, and labeled solutions of any format, also .zst and .gz; - is standard input")
      ->type_name("FILE...")
      ->required();
  add_choice(command, "--kind", build.kind,
             "orm: one row per solution; prm: per step; hierarchical: per step and per pair of steps");
  add_choice(command, "--mode", build.mode, "faithful: the authors' rows from PRM800K or from trees, text for text");
  command.add_option("--max-bytes", build.max_bytes, "drop rows whose text is longer; 0: keep all")
      ->type_name("N")
      ->capture_default_str();
  add_tree_options(command, args->trees);
  command.add_flag("--counts", args->counts,
                   "add `trials`, the number of ends that a label counts, to rows of trees, for loss beta_binomial");
  add_read_options(command, build.read);
  add_output_options(command, build.output);
  add_json_flag(command, args->json);
  command.callback([args, &exit] {
    run_interruptible(exit, [&] {
      args->build.trees = args->trees.options();
      args->build.trees.counts = args->counts;
      print_rows_report(rows::build_rows(args->build), args->build.output, args->json, exit);
    });
  });
  set_examples(command,
               {{"hrm rows build phase1_train.jsonl --kind prm --out prm.jsonl", "one row per rated step"},
                {"hrm rows build phase1_train.jsonl --mode faithful --kind hierarchical --out hrm.jsonl",
                 "the authors' rows, text for text"},
                {"hrm rows build a.tree --kind hierarchical --compress --compress-seed 1 --out hnc.jsonl",
                 "from a tree store, through node compression"},
                {"hrm rows build shepherd.jsonl.zst --kind hierarchical --test-fraction 0.1 --test-out test.jsonl "
                 "--out train.jsonl",
                 "no problem occurs in both files"}});
}

}  // namespace hrm::cli
