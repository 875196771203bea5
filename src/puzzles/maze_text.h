// Mazes as text: blocks of lines, or all cells on one line. docs/formats/puzzle-text.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puzzles/family.h"
#include "puzzles/maze_search.h"

namespace hrm::puzzles {

// Family::parse. Throws bad_input naming source, line and cell.
std::vector<Tokens> parse_maze(const MazeShape& shape, std::string_view text, std::string_view source);
// Family::render: one line per row. Cells changed since `previous` are green where colours are on; else a new mark is
// 'O' and a removed one ','.
std::string render_maze(const MazeShape& shape, std::span<const int32_t> tokens, const RenderOptions& options);

char maze_symbol(int32_t token);            // "# SGo", '?' for anything else
std::string_view maze_name(int32_t token);  // "a wall", "an open cell", ...

// Height and width of the first maze in a text of blocks of lines: for `hrm solve` and builders that are not told.
// Throws bad_input where the text holds no cells.
MazeShape measure_maze(std::string_view text, std::string_view source);

}  // namespace hrm::puzzles
