#include "cli/cmd_rows.h"

#include "base/log.h"

namespace hrm::cli {
namespace {

constexpr size_t kMostLines = 20;

void print_counts(const std::map<std::string, uint64_t, std::less<>>& counts, std::string_view what) {
  for (const auto& [reason, n] : counts) fmt::print("  {} {}: {}\n", n, what, reason);
}

}  // namespace

void add_format_option(CLI::App& command, std::optional<rows::Format>& format) {
  add_choice(command, "--from", format, "format of the input; default: determined by the fields of the first record");
}

void add_read_options(CLI::App& command, rows::ReadOptions& read) {
  add_format_option(command, read.format);
  add_choice(command, "--neutral", read.neutral, "treatment of neutral ratings of PRM800K");
  command.add_flag("--skip-bad", read.skip_bad, "leave out and list records that cannot be read");
}

void add_output_options(CLI::App& command, rows::OutputOptions& output) {
  command.add_option("-o,--out", output.out, "file to write; also writes FILE.meta.json")
      ->type_name("FILE")
      ->required();
  command.add_option("--test-out", output.test_out, "file for the problems set aside for testing")->type_name("FILE");
  command.add_option("--test-fraction", output.test_fraction, "share of the problems to set aside for testing")
      ->type_name("SHARE");
  command.add_option("--leakage", output.leakage, "benchmarks; list problems that also occur there, with exit code 1")
      ->type_name("FILE...");
  command.add_flag("--drop-leaks", output.drop_leaks, "leave those problems out instead; exit code 0");
  add_seed_option(command, output.seed);
}

rows::TreeOptions TreeArguments::options() const {
  rows::TreeOptions options{.labels = labels.options()};
  if (compress) options.compression = compression;
  options.noise_instead = noise_instead;
  return options;
}

void add_tree_options(CLI::App& command, TreeArguments& args) {
  add_label_options(command, args.labels);
  CLI::Option* compress =
      command.add_flag("--compress", args.compress, "read trees through node compression (labels of leaves)");
  add_compression_options(command, args.compression);
  command.add_option("--compress-seed", args.compression.seed, "seed of node compression")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--noise-instead", args.noise_instead,
                   "control for --compress: apply its label changes to other nodes and merge no steps");
  for (const char* flag : {"--probability", "--min-children", "--compress-seed", "--noise-instead"})
    command.get_option(flag)->needs(compress);
}

void print_leakage(const rows::LeakageReport& leakage) {
  size_t printed = 0;
  for (const auto& leak : leakage.leaks()) {
    if (printed++ == kMostLines) break;
    fmt::print("{}: is in {}{}\n", leak.place, leak.benchmark, leak.exact ? "" : " (normalized)");
  }
  if (leakage.leaked_problems() > kMostLines) fmt::print("... and {} more\n", leakage.leaked_problems() - kMostLines);
  fmt::print("{} of {} problems ({} solutions) also occur among the {} problems of the benchmarks\n",
             leakage.leaked_problems(), leakage.problems(), leakage.leaked_records(), leakage.problems_of_benchmarks());
}

void print_rows_report(const rows::OutputReport& report, const rows::OutputOptions& output, bool json, Exit& exit) {
  if (report.leakage && report.leakage->leaked_problems() > 0 && !output.drop_leaks) exit.code = 1;
  if (json) {
    Json value = {{"out", output.out.string()}};
    value.update(report.to_json());
    return print_json(value);
  }
  size_t lines = 0;
  for (const auto& file : report.bad)
    for (const std::string& message : file.lines.messages)
      if (lines++ < kMostLines) log_warning("skipped: {}", message);
  if (report.bad_records() > kMostLines) log_warning("{} more bad records skipped", report.bad_records() - kMostLines);
  fmt::print("{}: {} written of {} solutions in {} records\n", output.out.string(), report.counts.written,
             report.counts.solutions, report.counts.records);
  if (!output.test_out.empty()) fmt::print("{}: {} written\n", output.test_out.string(), report.test_counts.written);
  print_counts(report.counts.dropped, "dropped");
  print_counts(report.counts.noted, "noted");
  if (report.bad_records() > 0) fmt::print("  {} bad records skipped\n", report.bad_records());
  if (report.leakage) print_leakage(*report.leakage);
}

void register_rows(CLI::App& app, Exit& exit) {
  CLI::App& rows = *app.add_subcommand("rows", "Make, convert and check training rows for reward models.");
  rows.require_subcommand(1);
  register_rows_build(rows, exit);
  register_rows_merge(rows, exit);
  register_rows_convert(rows, exit);
  register_rows_check(rows, exit);
  set_examples(rows, {{"hrm rows build phase1_train.jsonl --kind hierarchical --out rows.jsonl --leakage math500.jsonl",
                       "rows from human labels; list problems of a benchmark"},
                      {"hrm rows convert math_shepherd.jsonl --to trl --out trl.jsonl", "convert for another trainer"},
                      {"hrm rows check rows.jsonl --leakage gsm8k_test.jsonl", "list every fault; exit code 1"},
                      {"hrm rows build a.tree b.tree --kind hierarchical --compress --out rows.jsonl",
                       "rows from tree stores, through node compression"}});
}

}  // namespace hrm::cli
