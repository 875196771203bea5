// The parts of `hrm lm`, each in its own file.
#pragma once

#include <string_view>

#include "base/error.h"
#include "cli/command.h"

namespace hrm::cli {

void register_lm_files(CLI::App& lm, Exit& exit);  // import, export

// What the commands throw in a build without libtorch.
Error needs_libtorch(std::string_view where);

}  // namespace hrm::cli
