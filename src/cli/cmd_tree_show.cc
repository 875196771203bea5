#include <memory>

#include "cli/cmd_tree.h"
#include "formats/picture.h"
#include "tree/drawing.h"

namespace hrm::cli {
namespace {

struct TreeShowArguments {
  std::filesystem::path store, svg;
  std::string problem, color = "auto";
  LabelArguments labels;
  tree::DrawOptions draw;
  bool json = false;
};

Json summary(const tree::LabeledTree& labeled, uint64_t orphans) {
  int64_t leaves = 0, unfinished = 0;
  for (const steps::Node& node : labeled.tree.nodes) {
    leaves += node.is_leaf();
    unfinished += node.unfinished;
  }
  return {{"id", labeled.tree.problem.id},
          {"question", labeled.tree.problem.question},
          {"gold", labeled.tree.problem.gold},
          {"nodes", labeled.tree.nodes.size()},
          {"leaves", leaves},
          {"rollouts", labeled.tree.rollouts.size()},
          {"unfinished", unfinished},
          {"orphans", orphans},
          {"value", labeled.labels[0] ? Json(*labeled.labels[0]) : Json(nullptr)}};
}

void show(TreeShowArguments args) {
  if (!args.svg.empty()) check_picture_path(args.svg, "--plot");
  const tree::StoreReader store(args.store);
  args.draw.color = wants_color(args.color);
  const std::vector<size_t> chosen = tree::chosen_problems(store, args.problem);
  const bool draw = !args.problem.empty() || !args.svg.empty() || chosen.size() == 1;
  Json list = Json::array();
  for (const size_t i : chosen) {
    tree::BuiltTree built = store.load(i);
    const tree::LabeledTree labeled = tree::label_tree(std::move(built.tree), args.labels.options());
    const tree::Values& values = labeled.labels;
    if (!args.svg.empty()) save_picture(args.svg, tree::draw_svg(labeled.tree, values, labeled.verdicts, args.draw));
    const Json line = summary(labeled, built.orphan_samples);
    if (args.json) {
      list.push_back(line);
    } else if (draw) {
      fmt::print("{}", tree::draw_text(labeled.tree, values, labeled.verdicts, args.draw));
    } else {
      fmt::print("{:>5}  {:<20} {:>7} nodes {:>6} rollouts {:>5} unfinished  {}\n", i, labeled.tree.problem.id,
                 labeled.tree.nodes.size(), labeled.tree.rollouts.size(), line["unfinished"].get<int64_t>(),
                 values[0] ? fmt::format("{:.3f}", *values[0]) : "-");
    }
    if (!args.svg.empty()) break;
  }
  if (args.json) print_json(list);
  if (chosen.empty() && !args.json) fmt::print("{}: contains no tree\n", args.store.string());
}

}  // namespace

void register_tree_show(CLI::App& tree, Exit&) {
  const auto args = std::make_shared<TreeShowArguments>();
  CLI::App& command = *tree.add_subcommand("show", "List the trees of a store, or draw one with its labels.");
  command.add_option("store", args->store, "tree store")->type_name("FILE")->required();
  add_problem_option(command, args->problem);
  add_label_options(command, args->labels);
  add_faithful_labels_flag(command, args->labels);
  command.add_option("--depth", args->draw.depth, "deepest level to show")->type_name("N")->capture_default_str();
  command.add_option("--nodes", args->draw.nodes, "maximum number of nodes to show")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--width", args->draw.width, "columns")->type_name("N")->capture_default_str();
  command.add_option("--plot,--svg", args->svg, "also draw the first tree into this file; .svg or .png")
      ->type_name("FILE");
  add_color_option(command, args->color);
  add_json_flag(command, args->json);
  command.callback([args] { show(*args); });
  set_examples(command, {{"hrm tree show a.tree", "list all trees"},
                         {"hrm tree show a.tree --problem 3 --labels policy --depth 3", "draw one"},
                         {"hrm tree show a.tree --problem 3 --plot tree.svg --nodes 400", "the same as a picture"}});
}

}  // namespace hrm::cli
