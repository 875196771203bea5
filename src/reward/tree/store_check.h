// What a store holds, and what is damaged or missing in it (`hrm tree check`).
#pragma once

#include "tree/store.h"

namespace hrm::tree {

struct StoreCheck {
  uint64_t trees = 0, nodes = 0, rollouts = 0, unfinished = 0;
  // Requests, and the nodes and rollouts in them, below a node or a problem whose record was lost.
  uint64_t orphan_records = 0, orphan_nodes = 0;
  uint64_t trees_with_orphans = 0;
  bool sound = true;  // no damaged place, truncated end, unknown record or orphan
};

StoreCheck check_store(const StoreReader& store);

// With the places of the damage and the settings of the store.
Json to_json(const StoreCheck& found, const StoreReader& store);

}  // namespace hrm::tree
