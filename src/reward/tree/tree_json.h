// A whole tree as one JSON value (docs/formats/tree-jsonl.md); the fields of the authors' trees are understood too.
#pragma once

#include <string_view>

#include "base/json.h"
#include "steps/tree.h"

namespace hrm::tree {

Json tree_json(const steps::Tree& tree);

// Ids are recomputed. Throws bad_input naming source and node for what is not a tree.
steps::Tree tree_from_json(const Json& json, std::string_view source);

}  // namespace hrm::tree
