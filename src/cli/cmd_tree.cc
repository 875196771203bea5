#include "cli/cmd_tree.h"

#include "cli/choices.h"

namespace hrm::cli {

tree::LabelOptions LabelArguments::options() const {
  if (!faithful) return chosen;
  tree::LabelOptions options = chosen;
  options.profile = grading::Profile::kPrm800k;
  options.counting = tree::kFaithfulCounts;
  return options;
}

void add_label_options(CLI::App& command, LabelArguments& args) {
  tree::LabelOptions& chosen = args.chosen;
  add_choice(command, "--labels", chosen.kind,
             "mc: share of correct ends, also named soft; policy: mean over the children, recursively; hard: 1 if "
             "any end is right; beta: middle of the interval")
      ->transform([](const std::string& name) { return name == "soft" ? "mc" : name; });
  add_choice(command, "--profile", chosen.profile, "profile of the grader");
  add_choice(command, "--evidence", chosen.counting.evidence,
             "ends that count: leaves below the node, rollouts from it, or all rollouts through it; auto: its "
             "rollouts, or else its leaves");
  add_choice(command, "--undecided", chosen.counting.undecided, "treatment of answers that cannot be graded");
  add_choice(command, "--prior", chosen.prior, "prior of the 95 % Beta interval");
}

void add_faithful_labels_flag(CLI::App& command, LabelArguments& args) {
  command.add_flag(
      "--faithful", args.faithful,
      "count as the authors do: leaves only, failed requests and undecided answers are wrong, profile prm800k");
}

void add_compression_options(CLI::App& command, tree::CompressionOptions& options) {
  command.add_option("-p,--probability", options.p, "probability that a child moves")->capture_default_str();
  command.add_option("--min-children", options.min_children, "a node with fewer children keeps them")
      ->capture_default_str();
}

void add_problem_option(CLI::App& command, std::string& problem) {
  command.add_option("--problem", problem, "only this problem: its id, or its position from 0")->type_name("ID");
}

void register_tree(CLI::App& app, Exit& exit) {
  CLI::App& tree = *app.add_subcommand("tree", "Grow trees of reasoning steps; label, compress and show them.");
  tree.require_subcommand(1);
  register_tree_grow(tree, exit);
  register_tree_filter(tree, exit);
  register_tree_show(tree, exit);
  register_tree_label(tree, exit);
  register_tree_compress(tree, exit);
  register_tree_files(tree, exit);
  set_examples(tree,
               {{"hrm tree grow problems.jsonl --store a.tree --endpoint http://127.0.0.1:8080/v1 --in-flight 16",
                 "grow; after any interruption run it again to continue"},
                {"hrm tree filter a.tree --low 0.1 --high 0.9 --out some.jsonl", "problems that are solved sometimes"},
                {"hrm tree show a.tree --problem 0", "draw the first tree"},
                {"hrm tree label a.tree --out labels.jsonl", "labels of all steps"},
                {"hrm tree check a.tree", "check for damaged or missing parts"}});
}

}  // namespace hrm::cli
