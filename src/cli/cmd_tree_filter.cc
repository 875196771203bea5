#include <memory>

#include "base/signals.h"
#include "cli/cmd_tree.h"
#include "formats/jsonl.h"
#include "tree/pass_rate.h"

namespace hrm::cli {
namespace {

struct TreeFilterArguments {
  std::filesystem::path store, out;
  LabelArguments labels;
  tree::PassBand band;
  bool json = false;
};

void report(const TreeFilterArguments& args, const tree::PassTally& tally) {
  using enum tree::Fit;
  if (args.json) {
    Json json = {{"out", args.out.string()}};
    json.update(tally.to_json());
    return print_json(json);
  }
  fmt::print("{}: {} problems; left out: {} below {}, {} above {}, {} with too few solutions\n", args.out.string(),
             tally.of(kInside), tally.of(kTooHard), args.band.low, tally.of(kTooEasy), args.band.high,
             tally.of(kUnknown));
  fmt::print("{} of all {} solutions are right ({:.1f} %)\n", tally.correct, tally.solutions, 100 * tally.share());
}

void filter(const TreeFilterArguments& args) {
  args.band.validate();
  const tree::StoreReader store(args.store);
  const tree::LabelOptions options = args.labels.options();
  tree::PassTally tally;
  JsonlOutput output(args.out);
  for (size_t i = 0; i < store.contents().problems.size(); ++i) {
    if (interrupted()) throw failure("cli.tree.filter", "interrupted");
    const tree::LabeledTree labeled = tree::label_tree(store.load(i).tree, options);
    const tree::PassRate found = tree::pass_rate(labeled, args.band);
    tally.add(found);
    if (found.fit == tree::Fit::kInside) output.write(tree::passed_problem(labeled.tree.problem, found));
  }
  output.finish();
  report(args, tally);
}

}  // namespace

void register_tree_filter(CLI::App& tree, Exit& exit) {
  const auto args = std::make_shared<TreeFilterArguments>();
  CLI::App& command = *tree.add_subcommand(
      "filter", "Write the problems that the policy solves sometimes: only their trees have different labels.");
  command.add_option("store", args->store, "tree store, for instance of --method solutions")
      ->type_name("FILE")
      ->required();
  command.add_option("-o,--out", args->out, "problems to write, for hrm tree grow")->type_name("FILE")->required();
  command.add_option("--low", args->band.low, "smallest share of correct solutions")->capture_default_str();
  command.add_option("--high", args->band.high, "largest share")->capture_default_str();
  command.add_option("--least", args->band.least, "leave out problems with fewer solutions")
      ->type_name("N")
      ->capture_default_str();
  add_label_options(command, args->labels);
  add_json_flag(command, args->json);
  command.callback([args, &exit] { run_interruptible(exit, [&] { filter(*args); }); });
  set_examples(command,
               {{"hrm tree grow gsm8k.jsonl --store s.tree --method solutions --children 8 --steps line "
                 "--endpoint http://127.0.0.1:8080/v1",
                 "eight solutions of each problem"},
                {"hrm tree filter s.tree --low 0.1 --high 0.9 --out some.jsonl", "neither never nor always solved"},
                {"hrm tree grow some.jsonl --store a.tree --steps line --endpoint http://127.0.0.1:8080/v1",
                 "grow trees of those problems"}});
}

}  // namespace hrm::cli
