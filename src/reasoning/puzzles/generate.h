// Generates puzzles from a seed: the same ones at any thread count.
//
// Candidate i is made from stream (seed, i) alone. Candidates are taken in order: the first `test_count` that are not
// equivalent to each other become test, then those that are neither equivalent to a test puzzle nor equal to a training
// puzzle become train.
//
// Sudoku: a grid by randomized search, then givens are removed one by one in random order while the solution stays
// unique, until `givens` are left. Where a grid cannot be thinned so far a few others are tried, and the one with the
// fewest givens is taken (best effort; the report says what was reached).
// Maze: from a random cell, walls are opened that touch exactly one open cell, mostly near the cell opened last: a
// tree, so just one path joins any two cells. Without `unique_path` a share of the other walls is opened as well. S and
// G are drawn among the pairs whose shortest path has at least `min_path` steps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "puzzles/build.h"
#include "puzzles/maze_search.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

struct GenerateOptions {
  uint64_t count = 1000, test_count = 0;
  uint64_t seed = 0;
  size_t threads = 0;
};

// Makes candidate i; nullopt if its stream leads nowhere. Called from several threads.
class Generator {
 public:
  virtual ~Generator() = default;
  virtual const Family& family() const = 0;
  virtual std::optional<Record> make(uint64_t seed, uint64_t index) const = 0;
  virtual Json describe() const = 0;  // its settings, for hrm.json
};

struct SudokuSettings {
  std::optional<int> givens;  // default: 4x4 6, 6x6 14, 9x9 28, 16x16 130
};
// Throws bad_input on impossible numbers of givens.
std::unique_ptr<Generator> sudoku_generator(const SudokuShape& shape, const SudokuSettings& settings);

struct MazeSettings {
  bool unique_path = false;
  double openings = 0.1;            // share of the remaining walls that is opened without unique_path
  std::optional<int64_t> min_path;  // steps; default: (height + width) / 2
};
std::unique_ptr<Generator> maze_generator(const MazeShape& shape, const MazeSettings& settings);

// Throws bad_input when so many candidates in a row brought nothing new that the puzzles seem exhausted.
PuzzleSet generate(const Generator& generator, const GenerateOptions& options);

// {"train_puzzles", "test_puzzles", "rating": its name, "mean_rating", "largest_rating"}; for generators that are asked
// for givens also "asked_givens" and "mean_givens". The means are of train, or of test where train is empty. REQUIRES:
// the set is not empty.
Json generation_summary(const Generator& generator, const PuzzleSet& set);

}  // namespace hrm::puzzles
