// From ARC tasks to the authors' data set folder (docs/formats/dataset.md, "ARC"; docs/arc.md).
//
//   train/  all pairs of training tasks and the demonstrations of evaluation tasks, as a group of variants per task
//   test/   the test pairs of evaluation tasks, in the same variants
//   test_puzzles.json   the evaluation tasks, for scoring
//
// Variants are drawn as the authors draw them: colors, then geometry, repeated until the task differs from all earlier
// ones, with at most 5 tries per variant in total. In train each pair is moved by one random offset, except one pair of
// every variant. In test no pair is moved.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fields.h"
#include "puzzles/arc_leakage.h"
#include "puzzles/arc_map.h"

namespace hrm::puzzles {

enum class ArcIdentifiers {
  kVariant,  // one embedding per variant, as the authors do (about a million rows)
  kTask,     // one embedding per task and symmetry of the grid; colors do not change (a few thousand rows)
};

EnumNames<ArcIdentifiers> enum_names(ArcIdentifiers);  // variant, task

inline constexpr uint64_t kArcDefaultVariants = 1000;

struct ArcVariantOptions {
  uint64_t count = kArcDefaultVariants;  // in addition to the task
  ArcIdentifiers identifiers = ArcIdentifiers::kVariant;
  uint64_t seed = 0;
};

// Maps of a task's variants, the identity first; fewer than requested if the task does not have that many, or after an
// interruption (base/signals.h). They depend only on the seed, the task's name and its pairs.
std::vector<ArcMap> draw_arc_variants(const ArcTask& task, const ArcVariantOptions& options);

struct ArcBuildOptions {
  std::vector<ArcSourceSpec> sources;
  ArcVariantOptions variants;
  ArcNames names = ArcNames::kTrm;
  int side = kArcSide;      // tasks with a larger grid are left out; the canvas is side x side
  bool skip_bad = false;    // leave out bad tasks and list them
  bool drop_leaks = false;  // leave out training tasks that hold test pairs or all demonstrations of evaluation tasks
  std::filesystem::path out;
  bool replace = false;
  size_t threads = 0;
  std::string command;  // named in hrm.json
};

struct ArcSplitSize {
  int64_t groups = 0, puzzles = 0, examples = 0;
};

struct ArcBuildReport {
  struct Source {
    std::string path;
    ArcRole role;
    size_t tasks = 0, too_large = 0;
  };
  std::vector<Source> sources;
  size_t training_tasks = 0, evaluation_tasks = 0;  // written
  int64_t identifiers = 0;                          // rows of the embedding table, with the blank one
  ArcSplitSize train, test;
  size_t short_of_variants = 0;      // tasks with fewer variants than requested
  uint64_t repeated = 0;             // tasks named twice with the same pairs
  std::vector<std::string> skipped;  // bad tasks, with skip_bad
  std::vector<std::string> leaks;    // one line each
  size_t leaking_tasks = 0;          // evaluation tasks that these lines are about
  size_t still_leaking = 0;          // those that leak into what was written
  size_t dropped = 0;                // training tasks left out by drop_leaks
  std::vector<std::string> notes;
};

// Writes the folder completely or not at all, with the same bytes for any number of threads. Memory grows with the
// number of variants' names, not of their examples. Throws bad_input like read_arc_sources(), and if no task fits.
ArcBuildReport build_arc_dataset(const ArcBuildOptions& options);

}  // namespace hrm::puzzles
