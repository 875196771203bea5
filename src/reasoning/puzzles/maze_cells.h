// The cells of mazes whose rows have separators between them, or that are written as lists.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "puzzles/maze_search.h"

namespace hrm::puzzles {

// "10 12" or "10x12" in front of a maze: its size. nullopt for other lines.
std::optional<MazeShape> maze_size_of(const std::u32string& line);

// The text with nothing between the cells of a row, where its rows are written with ',', ';', tabs or spaces between
// cells ("1, 0, 1", "# . #"), in an HTML table, or as nested lists of Python or JSON ("[[1, 0], [0, 1]]", one row a line
// then). nullopt if it is not written so. Spaces may be open cells, too: they separate only if every second character of
// every row is one, and either no other character is a space and four kinds are left (wall, open, start, goal), or the
// first row is all wall. Where the shape is known, it decides instead: a text with a line of as many characters as a row
// or a whole maze has is written without separators.
std::optional<std::string> joined_cells(std::string_view text, const MazeShape* shape = nullptr);

}  // namespace hrm::puzzles
