#include "cli/cmd_tree.h"

#include <charconv>

#include "base/error.h"

namespace hrm::cli {

tree::LabelOptions LabelArguments::options() const {
  tree::LabelOptions options{.kind = parse_enum<tree::LabelKind>(labels == "soft" ? "mc" : labels, "--labels"),
                             .prior = parse_enum<tree::BetaPrior>(prior, "--prior")};
  if (profile == "prm800k" || faithful) options.profile = grading::Profile::kPrm800k;
  options.counting = faithful ? tree::kFaithfulCounts
                              : tree::CountOptions{.evidence = parse_enum<tree::Evidence>(evidence, "--evidence"),
                                                   .undecided = parse_enum<tree::Undecided>(undecided, "--undecided")};
  return options;
}

void add_label_options(CLI::App& command, LabelArguments& args) {
  const auto choice = [&](const char* flag, std::string& value, std::vector<std::string> names, const char* help) {
    command.add_option(flag, value, help)
        ->check(CLI::IsMember(std::move(names)))
        ->type_name("NAME")
        ->capture_default_str();
  };
  choice("--labels", args.labels, {"mc", "soft", "policy", "hard", "beta"},
         "mc or soft: share of correct ends; policy: mean over the children, recursively; hard: 1 if any end is right; "
         "beta: middle of the Beta interval");
  choice("--profile", args.profile, {"sound", "prm800k"}, "profile of the grader");
  choice("--evidence", args.evidence, {"auto", "leaves", "rollouts", "through"},
         "ends that count: leaves below the node, rollouts from it, or all rollouts through it; auto: its rollouts, or "
         "else its leaves");
  choice("--undecided", args.undecided, {"left-out", "wrong"}, "treatment of answers that cannot be graded");
  choice("--prior", args.prior, {"jeffreys", "uniform"}, "prior of the 95 % Beta interval");
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

std::vector<size_t> chosen_problems(const tree::StoreReader& store, const std::string& problem) {
  const auto& problems = store.contents().problems;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < problems.size(); ++i)
    if (problem.empty() || problems[i].problem.id == problem) chosen.push_back(i);
  size_t position = 0;
  const char* end = problem.data() + problem.size();
  if (chosen.empty() && std::from_chars(problem.data(), end, position).ptr == end && position < problems.size())
    return {position};
  if (chosen.empty() && !problem.empty())
    throw bad_input("cli.tree", "--problem {}: {} holds {} problems, none with that id or position", problem,
                    store.path().string(), problems.size());
  return chosen;
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
