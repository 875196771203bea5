// ARC tasks compared by content: whatever their names, the order of their pairs, and up to a symmetry of the grid and
// a renaming of the colors (all ten) that is the same for all pairs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "puzzles/arc_source.h"

namespace hrm::puzzles {

// Equal for two pairs exactly if a symmetry and a renaming of colors map one to the other; others collide with
// probability 2^-64.
uint64_t canonical_fingerprint(const ArcPair& pair);

struct ArcTaskRef {
  const ArcTask* task = nullptr;
  ArcRole role = ArcRole::kTraining;
};

// The pairs of an evaluation task that are in the training data, under another name or under its own.
struct ArcLeak {
  size_t evaluation = 0, trained = 0;  // positions in the list
  size_t test = 0, train = 0;          // its pairs that occur among the trained pairs of the other, by one common map
  bool as_is = false;                  // that map is the identity
};

// The training data are all pairs of training tasks and the demonstrations of evaluation tasks. An evaluation task is
// reported if a test pair of it is in the training data, or if all its demonstrations are those of another task. A test
// pair among the task's own demonstrations counts only if it is unchanged.
std::vector<ArcLeak> find_arc_leaks(std::span<const ArcTaskRef> tasks);

// Training tasks whose pairs are all those of an earlier training task: (later, earlier).
std::vector<std::pair<size_t, size_t>> find_arc_repeats(std::span<const ArcTaskRef> tasks);

// "evaluation task 00576224: 1 of 1 test pairs and 2 of 2 demonstrations are in training task 7b5033c1 (FILE), up to
// symmetry and colors"
std::string to_text(const ArcLeak& leak, std::span<const ArcTaskRef> tasks);

}  // namespace hrm::puzzles
