// Manual pages in the language of man(7), one per command: hrm.1, hrm-data.1, hrm-data-generate.1, ...
#pragma once

#include <string>
#include <string_view>

#include "cli/command_tree.h"

namespace hrm::cli {

// The page of one command; `parent` is the page above it, or null for the root.
std::string manual_page(const CommandPage& page, const CommandPage* parent, std::string_view version);

// "hrm-data-generate.1"
std::string manual_name(const CommandPage& page);

}  // namespace hrm::cli
