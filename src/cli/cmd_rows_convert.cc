#include <memory>

#include "cli/cmd_data.h"
#include "cli/cmd_rows.h"
#include "rows/convert.h"

namespace hrm::cli {
namespace {

struct RowsConvertArguments {
  rows::ConvertOptions convert;
  TreeArguments trees;
  bool json = false;
};

}  // namespace

void register_rows_convert(CLI::App& rows, Exit& exit) {
  const auto args = std::make_shared<RowsConvertArguments>();
  CLI::App& command = *rows.add_subcommand("convert", "Write labeled solutions in the format of another trainer.");
  rows::ConvertOptions& convert = args->convert;
  command
      .add_option("inputs", convert.inputs,
                  "tree stores, and labeled solutions of any format, also .zst and .gz; - is standard input")
      ->type_name("FILE...")
      ->required();
  limit_to(command.add_option_function<std::string>(
               "--to", [&convert](const std::string& text) { convert.to = parse_enum<rows::Format>(text, "--to"); },
               "format to write"),
           {"trl", "math-shepherd", "openr"})
      ->required();
  command
      .add_option("--hard-from", convert.hard_from, "smallest label of a right step, for formats with only yes and no")
      ->type_name("LABEL")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_tree_options(command, args->trees);
  add_read_options(command, convert.read);
  add_output_options(command, convert.output);
  add_json_flag(command, args->json);
  command.callback([args, &exit] {
    run_interruptible(exit, [&] {
      args->convert.trees = args->trees.options();
      print_rows_report(rows::convert_solutions(args->convert), args->convert.output, args->json, exit);
    });
  });
  set_examples(command, {{"hrm rows convert phase1_train.jsonl --to trl --neutral negative --out trl.jsonl",
                          "PRM800K as TRL's stepwise supervision"},
                         {"hrm rows convert a.tree --labels hard --evidence rollouts --to math-shepherd --out s.jsonl",
                          "the complete paths of a tree store"},
                         {"hrm rows convert openr_tree.jsonl --to math-shepherd --hard-from 0.01 --out shepherd.jsonl",
                          "a step is right if any rollout was right"}});
}

}  // namespace hrm::cli
