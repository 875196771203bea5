// The parts of `hrm select`, each in its own file.
#pragma once

#include <filesystem>

#include "cli/command.h"
#include "formats/jsonl.h"
#include "grading/grade.h"

namespace hrm::cli {

void register_select_solutions(CLI::App& select, Exit& exit);  // bon, compare
void register_select_steps(CLI::App& select, Exit& exit);      // processbench, prmbench, steps, repair
void register_select_pool(CLI::App& select, Exit& exit);       // pool

// How results leave: text or JSON on standard output, and a folder of files.
struct Output {
  std::filesystem::path folder;
  bool json = false;
};
void add_output_options(CLI::App& command, Output& output);  // --out, --json

}  // namespace hrm::cli
