// Completion scripts of the shells, made from the tree of subcommands: subcommands, options, values that are words,
// files and folders, and the keys of settings. The scripts hold all they need and do not run the program.
#pragma once

#include <string>
#include <string_view>

#include "base/fields.h"
#include "cli/command_tree.h"

namespace hrm::cli {

enum class Shell { kBash, kZsh, kFish };
EnumNames<Shell> enum_names(Shell);

std::string completion_script(const CommandPage& root, Shell shell);

std::string bash_completion(const CommandPage& root);
std::string zsh_completion(const CommandPage& root);
std::string fish_completion(const CommandPage& root);

// Where a shell looks for it below the folder share: "bash-completion/completions/hrm", ...
std::string_view completion_place(Shell shell);

}  // namespace hrm::cli
