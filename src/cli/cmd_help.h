// `hrm help`: the help, manual pages and completions of every command, made from the tree of subcommands.
#pragma once

#include "cli/command.h"

namespace hrm::cli {

void register_help(CLI::App& root);  // last, when all others stand in the tree

}  // namespace hrm::cli
