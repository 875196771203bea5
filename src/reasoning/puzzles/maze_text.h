// Mazes as text: blocks of lines, or all cells on one line. docs/formats/puzzle-text.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puzzles/family.h"
#include "puzzles/maze_search.h"

namespace hrm::puzzles {

// Family::read. Faults name source, line and cell.
void read_maze(const MazeShape& shape, std::string_view text, const TextPlace& place, const TextSinks& sinks);

// Family::symbols_of: wall, open, start, goal and path where the texts use other characters than "# SGo" and leave no
// doubt which is which ('A' and 'B', 'E' or 'F' for the goal, small letters, block elements for walls); else empty.
std::string maze_symbols_of(std::span<const std::string_view> texts);

// Family::check_symbols: wall, open, start, goal and possibly path, all different.
void check_maze_symbols(std::string_view symbols);
// Family::render: one line per row. With colors a picture of two characters per cell, walls gray, the path yellow,
// cells of it that are new since `previous` green, cells that left it dotted; without them the text that read_maze
// reads, a new mark 'O' and a removed one ','.
std::string render_maze(const MazeShape& shape, std::span<const int32_t> tokens, const RenderOptions& options);

char maze_symbol(int32_t token);            // "# SGo", '?' for anything else
std::string_view maze_name(int32_t token);  // "a wall", "an open cell", ...

// Height and width of the first maze in a text of blocks of lines: for `hrm solve` and builders that do not know them.
// Throws bad_input if the text holds no cells.
MazeShape measure_maze(std::string_view text, std::string_view source);

// Does every line hold its own maze (one start, one goal)? For texts of several lines, whose other reading is one
// maze. symbols: as in TextPlace.
bool is_maze_a_line(std::string_view text, std::string_view symbols);

}  // namespace hrm::puzzles
