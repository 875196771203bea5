// One thread's part in the work on one example.
#pragma once

#include <cstddef>

#include "engine/team.h"
#include "engine/workspace.h"

namespace hrm::engine {

template <typename E>
struct Worker {
  Workspace<E>& ws;  // the example's, shared by the team
  Team& team;
  size_t rank;  // of this member, below team.size()
};

}  // namespace hrm::engine
