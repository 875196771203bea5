#include "puzzles/sudoku_solver.h"

#include <array>
#include <bit>

namespace hrm::puzzles {
namespace {

constexpr int kMaxCells = kMaxSudokuSide * kMaxSudokuSide;

// Cells of every house: rows, then columns, then boxes.
struct Houses {
  explicit Houses(const SudokuShape& shape) {
    const int side = shape.side();
    std::array<int, kMaxSudokuSide> filled{};
    for (int cell = 0; cell < shape.cells(); ++cell) {
      const int row = shape.row(cell), column = shape.column(cell), box = shape.box(cell);
      of_cell[cell] = {static_cast<uint8_t>(row), static_cast<uint8_t>(side + column),
                       static_cast<uint8_t>(2 * side + box)};
      cells[row][column] = cells[side + column][row] = static_cast<uint16_t>(cell);
      cells[2 * side + box][filled[box]++] = static_cast<uint16_t>(cell);
    }
  }
  std::array<std::array<uint16_t, kMaxSudokuSide>, 3 * kMaxSudokuSide> cells;
  std::array<std::array<uint8_t, 3>, kMaxCells> of_cell;
};

// Bit d - 1 stands for digit d.
struct Board {
  std::array<uint32_t, 3 * kMaxSudokuSide> used{};  // per house
  std::array<uint8_t, kMaxCells> digit{};           // 0: empty
  int empty = 0;
};

struct Guess {
  int count = 0;
  std::array<uint16_t, kMaxSudokuSide> cell;
  std::array<uint8_t, kMaxSudokuSide> digit;
  void add(int c, int d) {
    cell[count] = static_cast<uint16_t>(c);
    digit[count++] = static_cast<uint8_t>(d);
  }
};

class Searcher {
 public:
  Searcher(const SudokuShape& shape, const SudokuSearch& options)
      : shape_(shape), options_(options), houses_(shape), all_((1u << shape.side()) - 1) {}

  SudokuSearchResult run(std::span<const int32_t> question) {
    Board board;
    board.empty = shape_.cells();
    for (int cell = 0; cell < shape_.cells(); ++cell) {
      const int digit = question[cell] - kSudokuBlank;
      if (digit >= 1 && digit <= shape_.side() && !place(board, cell, digit)) return result_;
    }
    if (propagate(board)) search(board);
    return result_;
  }

 private:
  uint32_t candidates(const Board& board, int cell) const {
    const auto& h = houses_.of_cell[cell];
    return all_ & ~(board.used[h[0]] | board.used[h[1]] | board.used[h[2]]);
  }

  bool place(Board& board, int cell, int digit) const {
    const uint32_t bit = 1u << (digit - 1);
    if (board.digit[cell] != 0 || !(candidates(board, cell) & bit)) return false;
    for (int house : houses_.of_cell[cell]) board.used[house] |= bit;
    board.digit[cell] = static_cast<uint8_t>(digit);
    --board.empty;
    return true;
  }

  // False on a contradiction.
  bool propagate(Board& board) const {
    for (bool changed = true; changed && board.empty > 0;) {
      changed = false;
      if (!naked_singles(board, changed)) return false;
      if (!changed && !hidden_singles(board, changed)) return false;
    }
    return true;
  }

  bool naked_singles(Board& board, bool& changed) const {
    for (int cell = 0; cell < shape_.cells(); ++cell) {
      if (board.digit[cell]) continue;
      const uint32_t open = candidates(board, cell);
      if (open == 0) return false;
      if (std::has_single_bit(open)) {
        place(board, cell, std::countr_zero(open) + 1);
        changed = true;
      }
    }
    return true;
  }

  bool hidden_singles(Board& board, bool& changed) const {
    const int side = shape_.side();
    for (int house = 0; house < 3 * side; ++house) {
      uint32_t once = 0, twice = 0;
      for (int i = 0; i < side; ++i) {
        const int cell = houses_.cells[house][i];
        if (board.digit[cell]) continue;
        const uint32_t open = candidates(board, cell);
        twice |= once & open;
        once |= open;
      }
      if ((once | board.used[house]) != all_) return false;
      const uint32_t single = once & ~twice;
      if (single == 0) continue;
      for (int i = 0; i < side; ++i) {
        const int cell = houses_.cells[house][i];
        if (board.digit[cell]) continue;
        const uint32_t here = candidates(board, cell) & single;
        if (here == 0) continue;
        if (!std::has_single_bit(here)) return false;  // two digits have only this cell
        place(board, cell, std::countr_zero(here) + 1);
        changed = true;
      }
    }
    return true;
  }

  // REQUIRES: propagated, at least one empty cell.
  Guess choose(const Board& board) const {
    int best_cell = -1, fewest = kMaxSudokuSide + 1;
    for (int cell = 0; cell < shape_.cells() && fewest > 2; ++cell) {
      if (board.digit[cell]) continue;
      const int count = std::popcount(candidates(board, cell));
      if (count < fewest) fewest = count, best_cell = cell;
    }
    Guess guess;
    if (fewest > 2) guess = two_places(board);
    if (guess.count == 0)
      for (uint32_t open = candidates(board, best_cell); open; open &= open - 1)
        guess.add(best_cell, std::countr_zero(open) + 1);
    return guess;
  }

  // A digit that fits just two cells of a house; an empty guess where there is none.
  Guess two_places(const Board& board) const {
    const int side = shape_.side();
    for (int house = 0; house < 3 * side; ++house) {
      uint32_t once = 0, twice = 0, thrice = 0;
      for (int i = 0; i < side; ++i) {
        const int cell = houses_.cells[house][i];
        if (board.digit[cell]) continue;
        const uint32_t open = candidates(board, cell);
        thrice |= twice & open;
        twice |= once & open;
        once |= open;
      }
      const uint32_t pair = twice & ~thrice;
      if (pair == 0) continue;
      Guess guess;
      const int digit = std::countr_zero(pair) + 1;
      for (int i = 0; i < side; ++i) {
        const int cell = houses_.cells[house][i];
        if (!board.digit[cell] && (candidates(board, cell) >> (digit - 1) & 1)) guess.add(cell, digit);
      }
      return guess;
    }
    return {};
  }

  void record(const Board& board) {
    Tokens& solution = result_.solutions == 0 ? result_.first : result_.second;
    if (result_.solutions++ > 1) return;
    solution.resize(shape_.cells());
    for (int cell = 0; cell < shape_.cells(); ++cell) solution[cell] = board.digit[cell] + kSudokuBlank;
  }

  void search(const Board& board) {
    if (board.empty == 0) return record(board);
    Guess guess = choose(board);
    std::array<int, kMaxSudokuSide> order;
    for (int i = 0; i < guess.count; ++i) order[i] = i;
    if (options_.order) options_.order->shuffle(std::span(order.data(), guess.count));
    for (int i = 0; i < guess.count; ++i) {
      if (++guesses_ > options_.max_guesses) {
        result_.decided = false;
        return;
      }
      Board next = board;
      place(next, guess.cell[order[i]], guess.digit[order[i]]);
      if (propagate(next))
        search(next);
      else
        ++result_.backtracks;
      if (result_.solutions >= options_.max_solutions || !result_.decided) return;
    }
  }

  const SudokuShape shape_;
  const SudokuSearch options_;
  const Houses houses_;
  const uint32_t all_;
  uint64_t guesses_ = 0;
  SudokuSearchResult result_;
};

}  // namespace

SudokuSearchResult search_sudoku(const SudokuShape& shape, std::span<const int32_t> question,
                                 const SudokuSearch& options) {
  return Searcher(shape, options).run(question);
}

std::pair<int, int> find_conflict(const SudokuShape& shape, std::span<const int32_t> tokens) {
  std::array<std::array<int16_t, kMaxSudokuSide>, 3 * kMaxSudokuSide> holder;
  for (auto& house : holder) house.fill(-1);
  const int side = shape.side();
  for (int cell = 0; cell < shape.cells(); ++cell) {
    const int digit = tokens[cell] - kSudokuBlank;
    if (digit < 1 || digit > side) continue;
    for (int house : {shape.row(cell), side + shape.column(cell), 2 * side + shape.box(cell)}) {
      int16_t& first = holder[house][digit - 1];
      if (first >= 0) return {first, cell};
      first = static_cast<int16_t>(cell);
    }
  }
  return {-1, -1};
}

}  // namespace hrm::puzzles
