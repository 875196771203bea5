// Readers on texts, for tests and fuzz targets of this room.
#pragma once

#include <memory>
#include <sstream>
#include <string>

#include "formats/jsonl.h"

namespace hrm::selection {

inline JsonlReader reader_of(const std::string& text, bool skip_bad = false, std::string name = "file") {
  return JsonlReader(std::make_unique<std::istringstream>(text), std::move(name),
                     {.skip_bad = skip_bad, .forgive_cut_end = false, .accept_array = true});
}

}  // namespace hrm::selection
