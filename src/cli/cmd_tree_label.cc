#include <memory>

#include "cli/choices.h"
#include "cli/cmd_tree.h"
#include "formats/jsonl.h"
#include "tree/drawing.h"
#include "tree/label_json.h"

namespace hrm::cli {
namespace {

struct TreeLabelArguments {
  std::filesystem::path store, out;
  std::string problem;
  LabelArguments labels;
  tree::CompressionOptions compression;
  bool json = false;
};

void print_summary(size_t problem, const tree::LabeledTree& labeled) {
  const tree::LabelSummary all = tree::summary_of(labeled.labels);
  fmt::print("{:>5}  {:<20} {:>7} {:>7} {:>5} {:>5} {:>5}\n", problem, labeled.tree.problem.id, all.labels, all.none,
             all.at_0, all.at_1, all.mean ? fmt::format("{:.3f}", *all.mean) : "-");
}

void print_nodes(const tree::LabeledTree& labeled, const std::vector<std::optional<Interval>>& intervals) {
  constexpr size_t kTextWidth = 60;
  fmt::print("{:>5} {:>6} {:>5}  {:>5}  {:<13} {:>9}  {}\n", "node", "parent", "depth", "label", "95 %", "right/of",
             "text");
  for (size_t i = 0; i < labeled.labels.size(); ++i) {
    const steps::Node& node = labeled.tree.nodes[i];
    const auto& label = labeled.labels[i];
    const std::string text = i == 0 ? labeled.tree.problem.question : node.text;
    fmt::print("{:>5} {:>6} {:>5}  {:>5}  {:<13} {:>9}  {}\n", i, node.parent, node.depth,
               label ? fmt::format("{:.3f}", *label) : "-",
               intervals[i] ? fmt::format("{:.3f}-{:.3f}", intervals[i]->low, intervals[i]->high) : "-",
               fmt::format("{}/{}", labeled.counts[i].correct, labeled.counts[i].total),
               tree::one_line(text, kTextWidth));
  }
}

void label_lines(const TreeLabelArguments& args, const tree::StoreReader& store, const std::vector<size_t>& chosen) {
  const tree::LabelOptions options = args.labels.options();
  JsonlOutput output(args.out);
  output.write(options.to_json());
  for (const size_t problem : chosen) {
    const tree::LabeledTree labeled = tree::label_tree(store.load(problem).tree, options);
    const auto intervals = tree::beta_labels(labeled.counts, options.prior);
    for (size_t i = 0; i < labeled.labels.size(); ++i) output.write(tree::node_json(labeled, i, intervals[i]));
  }
  output.finish();
}

// For people: the nodes of one tree, or a line per tree with what its labels are like.
void label_table(const TreeLabelArguments& args, const tree::StoreReader& store, const std::vector<size_t>& chosen) {
  const tree::LabelOptions options = args.labels.options();
  if (chosen.size() > 1)
    fmt::print("{:>5}  {:<20} {:>7} {:>7} {:>5} {:>5} {:>5}\n", "", "problem", "labels", "none", "at 0", "at 1",
               "mean");
  for (const size_t problem : chosen) {
    const tree::LabeledTree labeled = tree::label_tree(store.load(problem).tree, options);
    const auto intervals = tree::beta_labels(labeled.counts, options.prior);
    if (chosen.size() > 1)
      print_summary(problem, labeled);
    else
      print_nodes(labeled, intervals);
  }
  if (chosen.empty()) fmt::print("{}: contains no tree\n", args.store.string());
}

void label(const TreeLabelArguments& args) {
  const tree::StoreReader store(args.store);
  const auto chosen = tree::chosen_problems(store, args.problem);
  if (args.json || !args.out.empty()) return label_lines(args, store, chosen);
  label_table(args, store, chosen);
}

void compress(const TreeLabelArguments& args) {
  LabelArguments arguments = args.labels;
  if (args.compression.mode == tree::CompressionMode::kFaithful) arguments.faithful = true;
  const tree::LabelOptions labels = tree::for_compression(arguments.options());
  const tree::StoreReader store(args.store);
  JsonlOutput output(args.out);
  for (const size_t problem : tree::chosen_problems(store, args.problem)) {
    const tree::LabeledTree labeled = tree::label_tree(store.load(problem).tree, labels);
    output.write(tree::view_json(labeled.tree, tree::compress(labeled, labels, args.compression), args.compression));
  }
  output.finish();
}

CLI::App& add_command(CLI::App& tree, const char* name, const char* help, TreeLabelArguments& args) {
  CLI::App& command = *tree.add_subcommand(name, help);
  command.add_option("store", args.store, "tree store")->type_name("FILE")->required();
  add_problem_option(command, args.problem);
  add_label_options(command, args.labels);
  add_faithful_labels_flag(command, args.labels);
  command.add_option("-o,--out", args.out, "JSON lines; default: standard output")->type_name("FILE");
  return command;
}

}  // namespace

void register_tree_label(CLI::App& tree, Exit&) {
  const auto args = std::make_shared<TreeLabelArguments>();
  CLI::App& command = add_command(
      tree, "label",
      "Print the labels of all nodes: as a table, or as JSON lines (one with the settings, then one per node).", *args);
  command.add_flag("--json", args->json, "JSON lines on standard output instead of a table");
  command.callback([args] { label(*args); });
  set_examples(command, {{"hrm tree label a.tree --out labels.jsonl", "the share of correct ends, with its interval"},
                         {"hrm tree label a.tree --problem 0 --labels policy --profile prm800k",
                          "a table of one tree with policy-weighted labels and another grader"},
                         {"hrm tree label a.tree --labels hard --evidence rollouts", "Math-Shepherd's hard labels"}});
}

void register_tree_compress(CLI::App& tree, Exit&) {
  const auto args = std::make_shared<TreeLabelArguments>();
  CLI::App& command = add_command(
      tree, "compress",
      "Node compression: write a seeded view of each tree as one JSON line; the store does not change.", *args);
  add_choice(command, "--mode", args->compression.mode, "sound: descendants follow; faithful: as the authors' program");
  add_compression_options(command, args->compression);
  add_seed_option(command, args->compression.seed);
  command.callback([args] { compress(*args); });
  set_examples(command, {{"hrm tree compress a.tree --seed 1 --out views.jsonl", "one view of each tree"},
                         {"hrm tree compress a.tree --mode faithful --problem 0", "as the authors' program does"}});
}

}  // namespace hrm::cli
