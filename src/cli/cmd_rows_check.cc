#include <memory>

#include "cli/cmd_data.h"
#include "cli/cmd_rows.h"
#include "rows/check.h"

namespace hrm::cli {
namespace {

struct RowsCheckArguments {
  std::filesystem::path file;
  rows::CheckOptions options;
  bool json = false;
};

void check(const RowsCheckArguments& args, Exit& exit) {
  const rows::CheckReport report = rows::check_file(args.file, args.options);
  if (report.fault_count > 0) exit.code = 1;
  if (args.json) return print_json(report.to_json());
  for (const std::string& fault : report.faults) fmt::print("{}\n", fault);
  if (report.fault_count > report.faults.size())
    fmt::print("... and {} more\n", report.fault_count - report.faults.size());
  fmt::print("{}: {} records, {} solutions or rows of {} problems, {} labels", args.file.string(),
             report.counts.records, report.counts.solutions, report.problems, report.labels);
  if (report.labels > 0) fmt::print(", mean {:.3f}", report.label_sum / static_cast<double>(report.labels));
  fmt::print("\n");
  for (const auto& [reason, n] : report.counts.noted) fmt::print("  {} noted: {}\n", n, reason);
  for (const auto& [kind, n] : report.fault_kinds) fmt::print("  {} faults: {}\n", n, kind);
  if (report.leakage) print_leakage(*report.leakage);
  if (report.fault_count == 0) fmt::print("no faults\n");
}

}  // namespace

void register_rows_check(CLI::App& rows, Exit& exit) {
  const auto args = std::make_shared<RowsCheckArguments>();
  CLI::App& command = *rows.add_subcommand("check", "List every fault of a file of training rows or solutions.");
  command.add_option("file", args->file, "rows, or solutions of any format, also .zst and .gz")
      ->type_name("FILE")
      ->required();
  add_format_option(command, args->options.format);
  command.add_option("--leakage", args->options.leakage, "benchmarks whose problems must not occur")
      ->type_name("FILE...");
  command.add_option("--most", args->options.most_faults, "maximum number of faults to print")
      ->type_name("N")
      ->capture_default_str();
  add_json_flag(command, args->json);
  command.callback([args, &exit] { run_interruptible(exit, [&] { check(*args, exit); }); });
  set_examples(command, {{"hrm rows check rows.jsonl", "exit code 1 if there are faults"},
                         {"hrm rows check rows.jsonl --leakage math500.jsonl gsm8k_test.jsonl --json",
                          "the same as JSON, with the benchmarks kept apart"}});
}

}  // namespace hrm::cli
