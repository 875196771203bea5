#include "puzzles/sudoku_symmetry.h"

#include <algorithm>
#include <numeric>

namespace hrm::puzzles {
namespace {

// `blocks` blocks of `width` lines: the blocks in random order, and the lines within each.
std::vector<int> random_lines(int blocks, int width, Rng& rng) {
  std::vector<int> order(blocks), lines;
  std::iota(order.begin(), order.end(), 0);
  rng.shuffle(std::span(order));
  for (int block : order) {
    std::vector<int> inner(width);
    std::iota(inner.begin(), inner.end(), block * width);
    rng.shuffle(std::span(inner));
    lines.insert(lines.end(), inner.begin(), inner.end());
  }
  return lines;
}

class SudokuAugmenter : public Augmenter {
 public:
  explicit SudokuAugmenter(const SudokuShape& shape) : shape_(shape) {}

  void apply(uint64_t seed, std::span<int32_t> question, std::span<int32_t> answer) const override {
    if (seed == 0) return;
    const SudokuSymmetry map = map_of(seed);
    map.apply(question);
    if (!answer.empty()) map.apply(answer);
  }
  void undo(uint64_t seed, std::span<int32_t> grid) const override {
    if (seed != 0) map_of(seed).undo(grid);
  }

 private:
  SudokuSymmetry map_of(uint64_t seed) const {
    Rng rng(seed);
    return random_symmetry(shape_, rng);
  }
  SudokuShape shape_;
};

}  // namespace

void SudokuSymmetry::apply(std::span<int32_t> grid) const {
  const size_t side = rows.size();
  const Tokens old(grid.begin(), grid.end());
  for (size_t r = 0; r < side; ++r)
    for (size_t c = 0; c < side; ++c) {
      const int32_t token = transpose ? old[columns[c] * side + rows[r]] : old[rows[r] * side + columns[c]];
      grid[r * side + c] = token < 0 ? token : tokens[token];
    }
}

void SudokuSymmetry::undo(std::span<int32_t> grid) const {
  const size_t side = rows.size();
  const Tokens changed(grid.begin(), grid.end());
  Tokens names(tokens.size());
  for (size_t token = 0; token < tokens.size(); ++token) names[tokens[token]] = static_cast<int32_t>(token);
  for (size_t r = 0; r < side; ++r)
    for (size_t c = 0; c < side; ++c) {
      const int32_t token = changed[r * side + c];
      const bool known = token >= 0 && token < std::ssize(names);  // a model may know more tokens than the puzzle
      grid[transpose ? columns[c] * side + rows[r] : rows[r] * side + columns[c]] = known ? names[token] : token;
    }
}

SudokuSymmetry identity_symmetry(const SudokuShape& shape) {
  SudokuSymmetry map{.rows = std::vector<int>(shape.side()), .tokens = std::vector<int32_t>(shape.vocab())};
  std::iota(map.rows.begin(), map.rows.end(), 0);
  map.columns = map.rows;
  std::iota(map.tokens.begin(), map.tokens.end(), 0);
  return map;
}

SudokuSymmetry random_symmetry(const SudokuShape& shape, Rng& rng) {
  SudokuSymmetry map = identity_symmetry(shape);
  map.transpose = rng.below(2) == 1 && shape.square_boxes();
  map.rows = random_lines(shape.bands(), shape.box_rows, rng);
  map.columns = random_lines(shape.stacks(), shape.box_columns, rng);
  rng.shuffle(std::span(map.tokens).subspan(kSudokuBlank + 1));
  return map;
}

std::unique_ptr<Augmenter> sudoku_augmenter(const SudokuShape& shape) {
  return std::make_unique<SudokuAugmenter>(shape);
}

}  // namespace hrm::puzzles
