// The parts of `hrm rows`, each in its own file.
#pragma once

#include <string>

#include "cli/choices.h"
#include "cli/cmd_tree.h"
#include "rows/output.h"
#include "rows/stored_trees.h"

namespace hrm::cli {

void register_rows_build(CLI::App& rows, Exit& exit);
void register_rows_convert(CLI::App& rows, Exit& exit);
void register_rows_merge(CLI::App& rows, Exit& exit);
void register_rows_check(CLI::App& rows, Exit& exit);

// --from FORMAT, --neutral, --skip-bad.
void add_read_options(CLI::App& command, rows::ReadOptions& read);
void add_format_option(CLI::App& command, std::optional<rows::Format>& format);
// --out, --test-out, --test-fraction, --seed, --leakage, --drop-leaks.
void add_output_options(CLI::App& command, rows::OutputOptions& output);

// How trees of stores are read: --labels and its kin, --compress, -p, --min-children, --compress-seed.
struct TreeArguments {
  LabelArguments labels;
  tree::CompressionOptions compression;
  bool compress = false, noise_instead = false;
  rows::TreeOptions options() const;
};
void add_tree_options(CLI::App& command, TreeArguments& args);

// The report as text or JSON; exit code 1 where problems of a benchmark are among those written.
void print_rows_report(const rows::OutputReport& report, const rows::OutputOptions& output, bool json, Exit& exit);
void print_leakage(const rows::LeakageReport& leakage);

}  // namespace hrm::cli
