// The parts of `hrm lm`, each in its own file.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/command.h"

namespace hrm::cli {

void register_lm_files(CLI::App& lm, Exit& exit);  // import, export
void register_lm_train(CLI::App& lm, Exit& exit);
void register_lm_generate(CLI::App& lm, Exit& exit);
void register_lm_render(CLI::App& lm, Exit& exit);  // in every build
void register_lm_score(CLI::App& lm, Exit& exit);

// What the commands throw in a build without libtorch.
Error needs_libtorch(std::string_view where);
// In such a build: a command that takes any arguments, and says so.
void register_without_libtorch(CLI::App& lm, const std::string& name, const std::string& help);

}  // namespace hrm::cli
