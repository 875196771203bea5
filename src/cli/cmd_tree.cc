#include "cli/cmd_tree.h"

#include <charconv>

#include "base/error.h"

namespace hrm::cli {

grading::GradeOptions LabelArguments::grading() const {
  return {profile == "prm800k" || faithful ? grading::Profile::kPrm800k : grading::Profile::kSound};
}

tree::CountOptions LabelArguments::counting() const {
  if (faithful) return tree::kFaithfulCounts;
  return {.evidence = parse_enum<tree::Evidence>(evidence, "--evidence"),
          .undecided = parse_enum<tree::Undecided>(undecided, "--undecided")};
}

void add_label_options(CLI::App& command, LabelArguments& args) {
  const auto choice = [&](const char* flag, std::string& value, std::vector<std::string> names, const char* help) {
    command.add_option(flag, value, help)
        ->check(CLI::IsMember(std::move(names)))
        ->type_name("NAME")
        ->capture_default_str();
  };
  choice(
      "--labels", args.labels, {"mc", "soft", "policy", "hard", "beta"},
      "mc or soft: share of right ends; policy: mean over the children, recursively; hard: 1 where any end is right; "
      "beta: middle of the interval");
  choice("--profile", args.profile, {"sound", "prm800k"}, "grader of the answers");
  choice("--evidence", args.evidence, {"auto", "leaves", "rollouts", "through"},
         "ends that count: leaves below, rollouts from the node, all rollouts through it; auto: its rollouts, else "
         "leaves");
  choice("--undecided", args.undecided, {"left-out", "wrong"}, "what an answer is that cannot be graded");
  choice("--prior", args.prior, {"jeffreys", "uniform"}, "of the 95 % Beta interval");
  command.add_flag("--faithful", args.faithful,
                   "as the authors count: leaves, failed requests and undecided answers wrong, profile prm800k");
}

LabelledTree label_tree(tree::Tree tree, const LabelArguments& args) {
  LabelledTree labelled{.tree = std::move(tree)};
  labelled.verdicts = tree::grade_answers(labelled.tree, args.grading());
  labelled.counts = tree::count_ends(labelled.tree, labelled.verdicts, args.counting());
  return labelled;
}

tree::Values values_of(const LabelledTree& labelled, const LabelArguments& args) {
  if (args.labels == "policy") return tree::policy_labels(labelled.tree, labelled.counts);
  if (args.labels == "hard") return tree::hard_labels(labelled.counts);
  if (args.labels != "beta") return tree::mc_labels(labelled.counts);
  tree::Values values;
  for (const auto& interval : tree::beta_labels(labelled.counts, parse_enum<tree::BetaPrior>(args.prior, "--prior")))
    values.push_back(interval ? std::optional((interval->low + interval->high) / 2) : std::nullopt);
  return values;
}

void add_problem_option(CLI::App& command, std::string& problem) {
  command.add_option("--problem", problem, "only this one: its id, or its position from 0")->type_name("ID");
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
  CLI::App& tree = *app.add_subcommand("tree", "Grow trees of reasoning steps, label, compress and look at them.");
  tree.require_subcommand(1);
  register_tree_grow(tree, exit);
  register_tree_show(tree, exit);
  register_tree_label(tree, exit);
  register_tree_compress(tree, exit);
  register_tree_files(tree, exit);
  set_examples(tree, {{"hrm tree grow problems.jsonl --store a.tree --endpoint http://127.0.0.1:8080/v1 --in-flight 16",
                       "grow; run it again to go on after an end of any kind"},
                      {"hrm tree show a.tree --problem 0", "draw the first tree"},
                      {"hrm tree label a.tree --out labels.jsonl", "labels of all steps"},
                      {"hrm tree check a.tree", "is anything damaged or missing?"}});
}

}  // namespace hrm::cli
