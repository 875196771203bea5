// Sudoku as text, in the forms people write it. docs/formats/puzzle-text.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puzzles/family.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

// Family::read. Faults name source, line and cell.
void read_sudoku(const SudokuShape& shape, std::string_view text, const TextPlace& place, const TextSinks& sinks);

// Family::symbols_of: "0123456789ABCDEF" where '0' must be a digit (beside another blank, or in a full grid),
// else "123456789ABCDEFG". Empty for sides below 10, which have no digits from 0.
std::string sudoku_symbols_of(const SudokuShape& shape, std::span<const std::string_view> texts);

// Family::check_symbols: `side` characters, all different, none of them a space.
void check_sudoku_symbols(const SudokuShape& shape, std::string_view symbols);

// Family::render: a frame of box-drawing characters. With a question or an earlier answer each digit has a mark in
// front where colors are off: ':' a given, '>' changed since `previous`. read_sudoku reads all of it back.
std::string render_sudoku(const SudokuShape& shape, std::span<const int32_t> tokens, const RenderOptions& options);

}  // namespace hrm::puzzles
