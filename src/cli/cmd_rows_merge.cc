#include <memory>

#include "cli/cmd_data.h"
#include "cli/cmd_rows.h"
#include "rows/merge.h"

namespace hrm::cli {
namespace {

struct RowsMergeArguments {
  std::vector<std::filesystem::path> shards;
  std::filesystem::path out, test_out;
  bool json = false;
};

}  // namespace

void register_rows_merge(CLI::App& rows, Exit& exit) {
  const auto args = std::make_shared<RowsMergeArguments>();
  CLI::App& command = *rows.add_subcommand("merge", "Put the shards of several processes of hrm rows build together.");
  command.add_option("shards", args->shards, "all shards of one build, in any order")->type_name("FILE...")->required();
  command.add_option("-o,--out", args->out, "file to write; also writes FILE.meta.json")->type_name("FILE")->required();
  command.add_option("--test-out", args->test_out, "file for the problems set aside for testing")->type_name("FILE");
  add_json_flag(command, args->json);
  command.callback([args, &exit] {
    run_interruptible(exit, [&] {
      const rows::MergedRows merged = rows::merge_rows(args->shards, args->out, args->test_out);
      print_rows_report(merged.report, merged.output, args->json, exit);
    });
  });
  set_examples(command, {{"hrm rows merge rows.jsonl.*-of-4 --out rows.jsonl",
                          "the same bytes as one process, with FILE.meta.json and the report"}});
}

}  // namespace hrm::cli
