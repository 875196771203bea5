// The maze family: any height and width, one S, one G; the answer marks a shortest path with 'o'.
#pragma once

#include <memory>

#include "puzzles/family.h"
#include "puzzles/maze_search.h"

namespace hrm::puzzles {

// Throws bad_input naming source on fewer than two cells or more than 1,048,576.
std::unique_ptr<Family> make_maze(const MazeShape& shape, std::string_view source);

}  // namespace hrm::puzzles
