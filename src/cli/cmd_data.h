// The parts of `hrm data`, each in its own file.
#pragma once

#include <filesystem>

#include "cli/command.h"
#include "puzzles/build.h"

namespace hrm::cli {

void register_data_builders(CLI::App& data, Exit& exit);  // sudoku, maze, table
void register_data_arc(CLI::App& data, Exit& exit);
void register_data_generate(CLI::App& data, Exit& exit);
void register_data_verify(CLI::App& data, Exit& exit);
void register_data_show(CLI::App& data, Exit& exit);

void add_folder_options(CLI::App& command, std::filesystem::path& out, bool& replace);  // --out, --force
// Options that building and generating share: --out, --force, --augment, --seed, --threads.
void add_write_options(CLI::App& command, puzzles::WriteOptions& write);

}  // namespace hrm::cli
