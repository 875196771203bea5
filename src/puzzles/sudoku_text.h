// Sudoku as text, in the forms people write it. docs/formats/puzzle-text.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puzzles/family.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

// Family::parse. Throws bad_input naming source, line and cell.
std::vector<Tokens> parse_sudoku(const SudokuShape& shape, std::string_view text, std::string_view source);

// Family::render: a frame of box-drawing characters. With a question or an earlier answer each digit has a mark in
// front where colours are off: ':' a given, '>' changed since `previous`. parse_sudoku reads all of it back.
std::string render_sudoku(const SudokuShape& shape, std::span<const int32_t> tokens, const RenderOptions& options);

}  // namespace hrm::puzzles
