// Shared by the commands of `hrm world`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "worlds/arithmetic.h"
#include "worlds/moves.h"

namespace hrm::cli {

void register_world_make(CLI::App& world, Exit& exit);
void register_world_solve(CLI::App& world, Exit& exit);
void register_world_judge(CLI::App& world, Exit& exit);
void register_world_study(CLI::App& world, Exit& exit);
void register_world_trees(CLI::App& world, Exit& exit);
void register_world_labels(CLI::App& world, Exit& exit);
void register_world_probe(CLI::App& world, Exit& exit);

// --policy arithmetic[:slip=..,repair=..,wander=..]
void add_world_policy_option(CLI::App& command, std::string& policy);
worlds::SlipSettings world_policy_settings(const std::string& policy);  // throws bad_input

// Of a file as `hrm world make` writes it; "-" is standard input. limit 0: all. Throws bad_input.
std::vector<worlds::ArithmeticProblem> read_world_problems(const std::filesystem::path& path, uint64_t limit = 0);

// One JSON value per line, to a file (written whole or not at all) or, where `out` is empty, to standard output.
void write_lines(const std::filesystem::path& out, const std::vector<Json>& rows);

}  // namespace hrm::cli
