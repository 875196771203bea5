// Finds puzzles that two splits share, unchanged or up to a symmetry of their family.
#pragma once

#include <cstdint>
#include <vector>

#include "puzzles/family.h"

namespace hrm::puzzles {

// Canonical forms of the questions, in order (Family::canonical), from several threads.
std::vector<Tokens> canonical_forms(const Family& family, std::vector<Tokens> questions, size_t threads);

struct Leak {
  int64_t test = 0, train = 0;  // positions in the lists
};

// Each test form that also occurs in train, with its first place there.
std::vector<Leak> find_leaks(const std::vector<Tokens>& train, const std::vector<Tokens>& test);

}  // namespace hrm::puzzles
