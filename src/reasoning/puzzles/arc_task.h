// ARC tasks as JSON: {"train": [{"input": grid, "output": grid}, ...], "test": [...]}, where a grid is a list of rows
// of colors (docs/formats/arc-json.md). One task per file, or many in one object by name, with their test outputs there
// or in a solutions file, {"name": [grid, ...]}.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "puzzles/arc_grid.h"

namespace hrm::puzzles {

struct ArcPair {
  ArcGrid input, output;  // output is empty if unknown (test pairs of tasks to solve)

  bool operator==(const ArcPair&) const = default;
};

struct ArcTask {
  std::string name;
  std::string origin;  // file, for messages
  std::vector<ArcPair> train, test;

  int largest_side() const;          // of any grid
  std::vector<ArcPair> all() const;  // train, then test
};

struct ArcText {
  std::string_view text;
  std::string source;  // its name in errors
  std::string name;    // of the task, if the text has only one
};

struct ArcSinks {
  std::function<void(ArcTask)> task;
  std::function<void(const Error&)> fault;  // called per dropped task; empty: the first fault is thrown
  bool need_outputs = true;                 // a test pair without its output is a fault
};

// Faults name file, task, pair and cell: no JSON, a task without pairs, ragged rows, cells that are not colors, grids
// of more than 30 rows or columns, a pair without output, a name that occurs twice in one text. With `solutions` (which
// has its own source): one that lacks a task, has a different number of outputs, or contradicts an output in the text.
// Throws bad_input if the text as a whole cannot be read.
void read_arc_tasks(const ArcText& text, const ArcText* solutions, const ArcSinks& sinks);

// What read_arc_tasks() reads back.
Json to_json(const ArcGrid& grid);
Json to_json(const ArcTask& task);
ArcGrid arc_grid_from_json(const Json& value, std::string_view where);  // throws bad_input

}  // namespace hrm::puzzles
