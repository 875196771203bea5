// Generated ARC tasks for tests: grids drawn at random, outputs by a rule, files on disk. Test code only.
#pragma once

#include <filesystem>
#include <string>

#include "base/files.h"
#include "base/rng.h"
#include "puzzles/arc_task.h"

namespace hrm::puzzles {

inline ArcGrid random_arc_grid(Rng& rng, int rows, int columns) {
  ArcGrid grid{.rows = rows, .columns = columns};
  for (int i = 0; i < rows * columns; ++i) grid.cells.push_back(static_cast<uint8_t>(rng.below(10)));
  return grid;
}

struct RandomArcTask {
  uint64_t seed = 1;
  size_t train = 3, test = 1;
  int most = 6;  // rows and columns
};

// The output is the input upside down.
inline ArcTask random_arc_task(const std::string& name, const RandomArcTask& wanted) {
  Rng rng(wanted.seed, {99});
  ArcTask task{.name = name, .origin = "test", .train = {}, .test = {}};
  const auto side = [&] { return 2 + static_cast<int>(rng.below(static_cast<uint64_t>(wanted.most - 1))); };
  for (size_t i = 0; i < wanted.train + wanted.test; ++i) {
    const int rows = side();
    ArcPair pair{.input = random_arc_grid(rng, rows, side()), .output = {}};
    pair.output = pair.input;
    for (int r = 0; r < pair.input.rows; ++r)
      for (int c = 0; c < pair.input.columns; ++c)
        pair.output.cells[static_cast<size_t>(r * pair.input.columns + c)] = pair.input.at(pair.input.rows - 1 - r, c);
    (i < wanted.train ? task.train : task.test).push_back(std::move(pair));
  }
  return task;
}

inline void write_arc_task(const std::filesystem::path& folder, const ArcTask& task) {
  write_json(folder / (task.name + ".json"), to_json(task));
}

}  // namespace hrm::puzzles
