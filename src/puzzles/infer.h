// Which family a file of puzzles belongs to, as far as its kind leaves it open: sizes and alphabets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "puzzles/maze_search.h"
#include "puzzles/records.h"

namespace hrm::puzzles {

// By the number of cells of the first question: 16, 36, 81 or 256. Throws bad_input on others.
std::unique_ptr<Family> infer_sudoku(const RecordFile& file);

// `given`, else the height and width of npy [N,H,W], else a square. Throws bad_input where the cells make no square.
std::unique_ptr<Family> infer_maze(const RecordFile& file, std::optional<MazeShape> given);

// CSV: the alphabet is every character of both columns of all files, by code point; the length is that of the longest
// text; padded where any is shorter. npy: raw tokens, the vocabulary one more than the largest.
std::unique_ptr<Family> infer_table(const std::vector<RecordFile>& files);

// "9" or "30x20" as height and width. Throws bad_input naming the argument.
MazeShape parse_size(std::string_view text);

}  // namespace hrm::puzzles
