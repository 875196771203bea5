#include <memory>

#include "cli/cmd_tree.h"
#include "formats/jsonl.h"
#include "tree/import.h"
#include "tree/store_check.h"
#include "tree/tree_json.h"

namespace hrm::cli {
namespace {

struct TreeFilesArguments {
  std::filesystem::path store, file;
  std::vector<std::filesystem::path> inputs;
  std::string problem;
  bool skip_bad = false, json = false;
};

void export_trees(const TreeFilesArguments& args) {
  const tree::StoreReader store(args.store);
  JsonlOutput output(args.file);
  for (const size_t problem : tree::chosen_problems(store, args.problem))
    output.write(tree::tree_json(store.load(problem).tree));
  output.finish();
}

void import_trees(const TreeFilesArguments& args) {
  tree::StoreWriter store(args.store);
  const tree::ImportReport report = tree::import_trees(args.file, args.skip_bad, store);
  warn_of(report.bad);
  if (args.json) return print_json(report.to_json());
  fmt::print("{} trees with {} nodes imported; {} trees were there already\n", report.trees, report.nodes,
             report.already_there);
}

void merge(const TreeFilesArguments& args) {
  const tree::StoreContents merged = tree::merge_stores(args.inputs, args.file);
  if (args.json)
    return print_json(
        {{"out", args.file.string()}, {"problems", merged.problems.size()}, {"records", merged.report.records}});
  fmt::print("{}: {} problems, {} records\n", args.file.string(), merged.problems.size(), merged.report.records);
}

void check(const TreeFilesArguments& args, Exit& exit) {
  const tree::StoreReader store(args.store);
  const tree::StoreContents& contents = store.contents();
  const RecordLogReport& report = contents.report;
  const tree::StoreCheck found = tree::check_store(store);
  exit.code = found.sound ? 0 : 1;
  if (args.json) return print_json(tree::to_json(found, store));
  fmt::print("{} records: {} trees, {} nodes, {} rollouts; {} nodes are unfinished\n", report.records, found.trees,
             found.nodes, found.rollouts, found.unfinished);
  for (const DamagedPlace& place : report.places) fmt::print("byte {}: {} bytes are damaged\n", place.at, place.bytes);
  if (report.torn) fmt::print("byte {}: the last record is truncated; growth removes it\n", report.whole_bytes);
  if (contents.unreadable > 0) fmt::print("{} records are intact but of an unknown kind\n", contents.unreadable);
  if (!contents.strays.empty()) fmt::print("{} trees have lost their problem\n", contents.strays.size());
  if (found.orphan_nodes > 0)
    fmt::print("{} trees have lost nodes, and {} nodes and rollouts are below lost nodes\n", found.trees_with_orphans,
               found.orphan_nodes);
  fmt::print("{}\n", found.sound ? "sound" : "damaged: grow again with the same settings to replace what is missing");
}

void register_merge_and_check(CLI::App& tree, Exit& exit) {
  const auto args = std::make_shared<TreeFilesArguments>();
  CLI::App& merging = *tree.add_subcommand("merge", "Merge stores, for instance of several machines, into a new one.");
  merging.add_option("stores", args->inputs, "tree stores")->type_name("FILE...")->required();
  merging.add_option("-o,--out", args->file, "store to write; must not exist")->type_name("FILE")->required();
  add_json_flag(merging, args->json);
  merging.callback([args] { merge(*args); });
  set_examples(merging, {{"hrm tree merge one.tree two.tree --out all.tree", "in any order, with the same result"}});

  CLI::App& checking =
      *tree.add_subcommand("check", "Check a store for damaged or missing parts; exit code 1 if it has any.");
  checking.add_option("store", args->store, "tree store")->type_name("FILE")->required();
  add_json_flag(checking, args->json);
  checking.callback([args, &exit] { check(*args, exit); });
  set_examples(checking, {{"hrm tree check a.tree", "list every damaged place with its offset, and what was lost"}});
}

}  // namespace

void register_tree_files(CLI::App& tree, Exit& exit) {
  const auto args = std::make_shared<TreeFilesArguments>();
  CLI::App& exporting =
      *tree.add_subcommand("export", "Write whole trees as JSON, one per line (docs/formats/tree-jsonl.md).");
  exporting.add_option("store", args->store, "tree store")->type_name("FILE")->required();
  exporting.add_option("-o,--out", args->file, "default: standard output")->type_name("FILE");
  add_problem_option(exporting, args->problem);
  exporting.callback([args] { export_trees(*args); });
  set_examples(exporting, {{"hrm tree export a.tree --out trees.jsonl", "all trees of a store"}});

  CLI::App& importing =
      *tree.add_subcommand("import", "Read trees from JSON lines, ours or the authors', into a store.");
  importing.add_option("trees", args->file, "JSON lines (.zst, .gz); - is standard input")
      ->type_name("FILE")
      ->required();
  importing.add_option("--store", args->store, "store to add to")->type_name("FILE")->required();
  importing.add_flag("--skip-bad", args->skip_bad, "leave out and list trees that cannot be read");
  add_json_flag(importing, args->json);
  importing.callback([args] { import_trees(*args); });
  set_examples(importing, {{"hrm tree import trees.jsonl --store a.tree", "the output of hrm tree export"}});
  register_merge_and_check(tree, exit);
}

}  // namespace hrm::cli
