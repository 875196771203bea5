// Shortest paths in a maze.
//
// Tokens: 0 padding, 1 '#' wall, 2 ' ' open, 3 'S' start, 4 'G' goal, 5 'o' path. Steps lead to the four neighbors.
// Shortest paths are rarely unique; the public maze data label the one that a breadth-first search from S finds with
// the neighbor order down, left, right, up, the first discoverer of a cell being its parent.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace hrm::puzzles {

enum MazeToken : int32_t { kMazePad = 0, kWall = 1, kOpen = 2, kStart = 3, kGoal = 4, kPath = 5 };
inline constexpr int32_t kMazeVocab = 6;

struct MazeShape {
  int64_t height = 30, width = 30;
  int64_t cells() const { return height * width; }
  bool operator==(const MazeShape&) const = default;
};

// Neighbors of a cell in the order of the public labels; -1 beyond the border.
std::array<int64_t, 4> neighbors(const MazeShape& shape, int64_t cell);

struct Distances {
  std::vector<int32_t> steps;   // [cells] from the source, -1 where unreachable
  std::vector<int64_t> parent;  // [cells] first discoverer; -1 for the source and unreachable cells
};

// Breadth-first over every cell that is not a wall. REQUIRES: tokens.size() == shape.cells().
Distances distances_from(const MazeShape& shape, std::span<const int32_t> tokens, int64_t source);

// Cells between the source and `cell`, both excluded, from `cell` backwards. REQUIRES: `cell` is reachable.
std::vector<int64_t> path_to(const Distances& distances, int64_t cell);

}  // namespace hrm::puzzles
