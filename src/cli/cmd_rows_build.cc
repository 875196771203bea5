#include <memory>

#include "cli/cmd_data.h"
#include "cli/cmd_rows.h"
#include "rows/build.h"
#include "training/launch.h"

namespace hrm::cli {
namespace {

struct RowsBuildArguments {
  rows::BuildOptions build;
  TreeArguments trees;
  bool counts = false, json = false;
};

// Of several processes each writes a shard.
void build_share(RowsBuildArguments& args, Exit& exit) {
  rows::BuildOptions& build = args.build;
  build.trees = args.trees.options();
  build.trees.counts = args.counts;
  build.shard = training::read_shard();
  const rows::OutputOptions whole = build.output;
  build.output.out = shard_path(whole.out, build.shard, "merge them with hrm rows merge, or remove them");
  if (build.shard.size == 1) return print_rows_report(rows::build_rows(build), whole, args.json, exit);
  const rows::OutputReport report = rows::build_shard(build);
  print_rows_report(report, {.out = build.output.out}, args.json, exit);
}

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
  command.callback([args, &exit] { run_interruptible(exit, [&] { build_share(*args, exit); }); });
  set_examples(
      command,
      {{"hrm rows build phase1_train.jsonl --kind prm --out prm.jsonl", "one row per rated step"},
       {"hrm rows build phase1_train.jsonl --mode faithful --kind hierarchical --out hrm.jsonl",
        "the authors' rows, text for text"},
       {"hrm rows build a.tree --kind hierarchical --compress --compress-seed 1 --out hnc.jsonl",
        "from a tree store, through node compression"},
       {"hrm rows build shepherd.jsonl.zst --kind hierarchical --test-fraction 0.1 --test-out test.jsonl "
        "--out train.jsonl",
        "no problem occurs in both files"},
       {"RANK=0 WORLD_SIZE=4 hrm rows build math.tree --kind prm --out rows.jsonl",
        "the first of four processes; it writes rows.jsonl.0-of-4, and hrm rows merge puts the four together"}});
}

}  // namespace hrm::cli
