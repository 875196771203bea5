// From ARC tasks to the authors' data set folder (docs/formats/dataset.md, "ARC"; docs/arc.md).
//
//   train/  all pairs of training tasks and the demonstrations of evaluation tasks, as a group of variants per task
//   test/   the test pairs of evaluation tasks, in the same variants
//   test_puzzles.json   the evaluation tasks, for scoring
//
// Variants are drawn as the authors draw them: colors, then geometry, anew until the task looks different from all
// before, in 5 times as many tries as variants at most. In train each pair is moved by one random offset, but for one
// pair of every variant; in test none is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fields.h"
#include "puzzles/arc_leakage.h"
#include "puzzles/arc_map.h"

namespace hrm::puzzles {

enum class ArcIdentifiers {
  kVariant,  // an embedding per variant, as the authors' (about a million rows)
  kTask,     // an embedding per task and symmetry of the grid; colors stay as they are (a few thousand rows)
};

EnumNames<ArcIdentifiers> enum_names(ArcIdentifiers);  // variant, task

inline constexpr uint64_t kArcDefaultVariants = 1000;

struct ArcVariantOptions {
  uint64_t count = kArcDefaultVariants;  // besides the task itself
  ArcIdentifiers identifiers = ArcIdentifiers::kVariant;
  uint64_t seed = 0;
};

// Maps of a task's variants, the identity first; fewer than asked for where the task has not so many. They depend on
// the seed, the task's name and its pairs alone.
std::vector<ArcMap> draw_arc_variants(const ArcTask& task, const ArcVariantOptions& options);

struct ArcBuildOptions {
  std::vector<ArcSourceSpec> sources;
  ArcVariantOptions variants;
  ArcNames names = ArcNames::kTrm;
  int side = kArcSide;      // tasks with a larger grid are left out; the canvas is side x side
  bool skip_bad = false;    // leave out bad tasks, and list them
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
  size_t short_of_variants = 0;      // tasks with fewer variants than asked for
  uint64_t repeated = 0;             // tasks named twice with the same pairs
  std::vector<std::string> skipped;  // bad tasks, with skip_bad
  std::vector<std::string> leaks;    // one line each
  size_t leaking_tasks = 0;          // evaluation tasks that these lines are about
  size_t dropped = 0;                // training tasks left out by drop_leaks
  std::vector<std::string> notes;
};

// Whole or not at all; the same bytes at any number of threads. Memory does not grow with the number of variants'
// examples, only with that of their names. Throws bad_input as read_arc_sources() does, and where no task fits.
ArcBuildReport build_arc_dataset(const ArcBuildOptions& options);

}  // namespace hrm::puzzles
