// Infers what the kind of a file of puzzles leaves open about its family: sizes and alphabets.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "puzzles/maze_search.h"
#include "puzzles/records.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

// `boxes`, else by the first puzzles: 16, 36, 81 or 256 cells. Of 6x6 the boxes (2 rows and 3 columns, or 3 and 2) are
// those that a frame draws, or by which the puzzles have one solution each. Throws bad_input on other numbers of cells,
// and where both kinds of boxes fit.
std::unique_ptr<Family> infer_sudoku(const PuzzleSource& source, std::optional<SudokuShape> boxes = std::nullopt);

// `given`, else the height and width of npy [N,H,W] or of the lines of the first maze, else a square. Throws bad_input
// if these disagree or the cells make no square.
std::unique_ptr<Family> infer_maze(const PuzzleSource& source, std::optional<MazeShape> given);

// Rows: the alphabet is every character of both columns of all files, by code point; the length is that of the longest
// text; padded where any is shorter. npy: raw tokens, the vocabulary one more than the largest.
std::unique_ptr<Family> infer_table(std::span<const PuzzleSource* const> sources);

// "9" or "30x20" as height and width. Throws bad_input naming the argument.
MazeShape parse_size(std::string_view text);

}  // namespace hrm::puzzles
