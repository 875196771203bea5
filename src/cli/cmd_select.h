// The parts of `hrm select`, each in its own file.
#pragma once

#include <fmt/format.h>

#include <filesystem>

#include "cli/command.h"
#include "formats/jsonl.h"
#include "grading/grade.h"
#include "selection/report_plot.h"

namespace hrm::cli {

void register_select_solutions(CLI::App& select, Exit& exit);  // bon, compare
void register_select_steps(CLI::App& select, Exit& exit);      // processbench, prmbench, steps, repair
void register_select_pool(CLI::App& select, Exit& exit);       // pool

// How results leave: text or JSON on standard output, and a folder of files.
struct Output {
  std::filesystem::path folder, plot;
  bool json = false;
};
void add_output_options(CLI::App& command, Output& output);  // --out, --plot, --json
void check_output(const Output& output);                     // before the work; throws bad_input

// Files first, then standard output.
template <typename Report>
void print_report(const Output& output, const Report& report) {
  if (!output.folder.empty()) write_report(output.folder, report);
  if (!output.plot.empty()) save_report_plot(output.plot, report);
  if (output.json) return print_json(to_json(report));
  fmt::print("{}", to_markdown(report));
}

}  // namespace hrm::cli
