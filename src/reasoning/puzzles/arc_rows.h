// Writes one split of an ARC data set as a stream: several threads encode rows of many variants, written in order.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "puzzles/arc_build.h"

namespace hrm::puzzles {

inline constexpr std::string_view kTestPuzzlesFile = "test_puzzles.json";

// A task with its variants; variant v has the identifier first_identifier + v.
struct ArcGroup {
  const ArcTask* task = nullptr;
  ArcRole role = ArcRole::kTraining;
  std::vector<ArcMap> maps;  // the identity first
  int32_t first_identifier = 1;
};

struct ArcRowOptions {
  int side = kArcSide;
  uint64_t seed = 0;  // of the offsets
  int64_t identifiers = 1;
  size_t threads = 0;
};

// A number for the name, the same on every machine.
uint64_t name_seed(std::string_view name);

// The pairs of a task in a split. "train": all of a training task, the demonstrations of an evaluation task;
// "test": the test pairs of an evaluation task.
std::vector<ArcPair> arc_pairs_of(const ArcTask& task, ArcRole role, bool train);

// Creates folder/split. Throws failure with the file; Error if interrupted.
ArcSplitSize write_arc_split(const std::filesystem::path& folder, const std::string& split,
                             const std::vector<ArcGroup>& groups, const ArcRowOptions& options);

}  // namespace hrm::puzzles
