#include "puzzles/sudoku_candidates.h"

#include <bit>

namespace hrm::puzzles {
namespace {

constexpr int kNoHouse = -1;

}  // namespace

SudokuHouses::SudokuHouses(const SudokuShape& sudoku)
    : shape(sudoku),
      side(sudoku.side()),
      cells(sudoku.cells()),
      members(static_cast<size_t>(3 * side)),
      of_cell(static_cast<size_t>(cells)) {
  for (int cell = 0; cell < cells; ++cell) {
    const int houses[] = {shape.row(cell), side + shape.column(cell), 2 * side + shape.box(cell)};
    for (size_t i = 0; i < 3; ++i) {
      of_cell[static_cast<size_t>(cell)][i] = static_cast<uint8_t>(houses[i]);
      members[static_cast<size_t>(houses[i])].push_back(static_cast<uint16_t>(cell));
    }
  }
  for (int line = 0; line < 2 * side; ++line) {
    const int width = line < side ? shape.box_columns : shape.box_rows;
    const auto& all = members[static_cast<size_t>(line)];
    for (int begin = 0; begin < side; begin += width) {
      segments.emplace_back(all.begin() + begin, all.begin() + begin + width);
      crossing.push_back({static_cast<uint16_t>(line), of_cell[all[static_cast<size_t>(begin)]][2]});
    }
  }
}

CandidateGrid::CandidateGrid(const SudokuHouses& houses) : houses_(&houses) {
  open_.fill(static_cast<uint16_t>((1u << houses.side) - 1));
}

Tokens CandidateGrid::tokens() const {
  Tokens tokens(static_cast<size_t>(houses_->cells), kSudokuBlank);
  for (size_t cell = 0; cell < tokens.size(); ++cell)
    if (placed_[cell]) tokens[cell] = std::countr_zero(open_[cell]) + 1 + kSudokuBlank;
  return tokens;
}

bool CandidateGrid::remove(int cell, uint32_t digits) {
  uint16_t& open = open_[static_cast<size_t>(cell)];
  const auto rest = static_cast<uint16_t>(open & ~digits);
  const bool had = rest != open;
  open = rest;
  return had;
}

int CandidateGrid::propagate() {
  for (bool changed = true; changed;) {
    changed = false;
    if (const int house = naked_singles(); house != kNoHouse) return house;
    if (const int house = hidden_singles(changed); house != kNoHouse) return house;
    if (!changed && !full()) locked_candidates(changed);
  }
  return kNoHouse;
}

int CandidateGrid::naked_singles() {
  for (bool changed = true; changed;) {
    changed = false;
    for (int cell = 0; cell < houses_->cells; ++cell) {
      const auto at = static_cast<size_t>(cell);
      if (open_[at] == 0) return houses_->of_cell[at][2];
      if (placed_[at] || !std::has_single_bit(open_[at])) continue;
      placed_[at] = changed = true;
      ++count_;
      for (const uint8_t house : houses_->of_cell[at])
        for (const uint16_t peer : houses_->members[house])
          if (peer != cell && remove(peer, open_[at]) && open_[peer] == 0) return house;
    }
  }
  return kNoHouse;
}

int CandidateGrid::hidden_singles(bool& changed) {
  const uint32_t all = (1u << houses_->side) - 1;
  for (size_t house = 0; house < houses_->members.size(); ++house) {
    uint32_t once = 0, twice = 0, placed = 0;
    for (const uint16_t cell : houses_->members[house]) {
      twice |= once & open_[cell];
      once |= open_[cell];
      if (placed_[cell]) placed |= open_[cell];
    }
    if (once != all) return static_cast<int>(house);
    const uint32_t single = once & ~twice & ~placed;
    if (single == 0) continue;
    for (const uint16_t cell : houses_->members[house]) {
      const uint32_t here = open_[cell] & single;
      if (here == 0) continue;
      if (!std::has_single_bit(here)) return static_cast<int>(house);  // two digits have only this cell
      open_[cell] = static_cast<uint16_t>(here);
      changed = true;
    }
  }
  return kNoHouse;
}

void CandidateGrid::locked_candidates(bool& changed) {
  for (size_t segment = 0; segment < houses_->segments.size(); ++segment) {
    const auto [line, box] = houses_->crossing[segment];
    const auto outside = [&](size_t house, size_t other) {  // candidates of the house's cells outside the other one
      uint32_t open = 0;
      for (const uint16_t cell : houses_->members[house]) {
        const auto& of = houses_->of_cell[cell];
        if (of[0] != other && of[1] != other && of[2] != other) open |= open_[cell];
      }
      return open;
    };
    const auto clear = [&](size_t house, size_t other, uint32_t digits) {
      if (digits == 0) return;
      for (const uint16_t cell : houses_->members[house]) {
        const auto& of = houses_->of_cell[cell];
        if (of[0] != other && of[1] != other && of[2] != other) changed |= remove(cell, digits);
      }
    };
    uint32_t inside = 0;
    for (const uint16_t cell : houses_->segments[segment]) inside |= open_[cell];
    const uint32_t in_line = outside(line, box), in_box = outside(box, line);
    clear(line, box, inside & ~in_box & in_line);  // the box needs them here
    clear(box, line, inside & ~in_line & in_box);  // the line does
  }
}

}  // namespace hrm::puzzles
