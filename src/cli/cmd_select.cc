#include "cli/cmd_select.h"

namespace hrm::cli {

void add_output_options(CLI::App& command, Output& output) {
  command.add_option("-o,--out", output.folder, "folder for report.md, report.json and plots (SVG)")->type_name("DIR");
  add_json_flag(command, output.json);
}

void register_select(CLI::App& app, Exit& exit) {
  CLI::App& select = *app.add_subcommand("select", "Select solutions by their scores, and measure the scorers.");
  select.require_subcommand(1);
  register_select_solutions(select, exit);
  register_select_steps(select, exit);
  register_select_pool(select, exit);
  set_examples(select, {{"hrm select bon samples.jsonl --scores scores.jsonl --out report",
                         "best-of-N and votes, with majority and pass@N for comparison"},
                        {"hrm select compare samples.jsonl --scores scores.jsonl --against majority",
                         "paired differences, with intervals"},
                        {"hrm select processbench math.json --scores scores.jsonl",
                         "measure whether the first wrong step is found"},
                        {"hrm select repair probe.jsonl --scores scores.jsonl", "measure whether repairs are rewarded"},
                        {"hrm select pool seed1 seed2 seed3", "combine several seeds in one table"}});
}

}  // namespace hrm::cli
