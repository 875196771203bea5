// Reads ARC tasks in their usual forms: a folder with one file per task, the combined challenges and solutions files,
// folders of folders (ConceptARC); each may be compressed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "puzzles/arc_task.h"

namespace hrm::puzzles {

// Training uses all pairs of a training task, and the demonstrations of an evaluation task. The test pairs of an
// evaluation task are held out.
enum class ArcRole { kTraining, kEvaluation };

struct ArcSourceSpec {
  std::filesystem::path path;
  std::optional<ArcRole> role;  // unset: the name decides, see arc_role_of()
};

struct ArcSource {
  std::string path;  // of the combined file or the folder
  ArcRole role = ArcRole::kTraining;
  std::vector<ArcTask> tasks;  // by name
};

struct ArcReadOptions {
  bool skip_bad = false;     // faults are listed instead of thrown; each costs one task
  bool need_outputs = true;  // of test pairs
};

struct ArcReading {
  std::vector<ArcSource> sources;
  std::vector<std::string> skipped;  // with skip_bad
  uint64_t repeated = 0;             // tasks left out because an equal one of the same name and role was read before
};

// Evaluation if a word of the name starts with "eval" or is "test" ("arc-agi_evaluation2_challenges.json"), else
// training.
ArcRole arc_role_of(std::string_view name);

// path may be: a folder of task files (its subfolders too, each a source; one inside an evaluation folder is one too),
// a folder of combined files, one combined file (a solutions file beside it, named alike, is read with it), or one
// task. Within a source tasks are ordered by name, so that all forms of the same tasks read alike. A name that occurs
// twice with the same pairs, in any order, is read once per role; with other pairs it is a fault that names pair and
// cell. Throws bad_input with file, task, pair and cell at the first fault unless skip_bad.
ArcReading read_arc_sources(const std::vector<ArcSourceSpec>& specs, const ArcReadOptions& options);

}  // namespace hrm::puzzles
