#include "puzzles/arc_grid.h"

#include <algorithm>

#include "base/rng.h"

namespace hrm::puzzles {
namespace {

template <typename Token>
void write_tokens(const ArcGrid& grid, ArcOffset offset, int side, std::span<Token> tokens) {
  std::ranges::fill(tokens, Token{0});
  const auto row = [&](int r) { return tokens.begin() + (offset.row + r) * side + offset.column; };
  for (int r = 0; r < grid.rows; ++r) {
    const auto begin = grid.cells.begin() + r * grid.columns;
    std::transform(begin, begin + grid.columns, row(r),
                   [](uint8_t color) { return static_cast<Token>(color + kArcFirstColor); });
    if (offset.column + grid.columns < side) row(r)[grid.columns] = Token{kArcEos};
  }
  if (offset.row + grid.rows < side) std::fill_n(row(grid.rows), grid.columns, Token{kArcEos});
}

}  // namespace

uint64_t fingerprint(const ArcGrid& grid) {
  uint64_t hash = splitmix64((static_cast<uint64_t>(grid.rows) << 32) | static_cast<uint64_t>(grid.columns));
  for (size_t i = 0; i < grid.cells.size(); i += 8) {
    uint64_t word = 0;
    for (size_t k = i; k < std::min(i + 8, grid.cells.size()); ++k) word = word << 8 | grid.cells[k];
    hash = splitmix64(hash ^ word);
  }
  return hash;
}

void encode_arc(const ArcGrid& grid, ArcOffset offset, int side, std::span<int32_t> tokens) {
  write_tokens(grid, offset, side, tokens);
}

void encode_arc(const ArcGrid& grid, ArcOffset offset, int side, std::span<uint8_t> tokens) {
  write_tokens(grid, offset, side, tokens);
}

ArcGrid decode_arc(std::span<const int32_t> tokens, int side, ArcOffset offset) {
  const auto cell = [&](int row, int column) {
    return tokens[static_cast<size_t>((offset.row + row) * side + offset.column + column)];
  };
  int bound = side - offset.column, best = 0;
  ArcGrid grid;
  for (int r = 0; r < side - offset.row && bound > 0; ++r) {
    for (int c = 0; c < bound; ++c)
      if (cell(r, c) < kArcFirstColor || cell(r, c) >= kArcVocab) bound = c;
    if ((r + 1) * bound <= best) continue;
    best = (r + 1) * bound;
    grid.rows = r + 1;
    grid.columns = bound;
  }
  for (int r = 0; r < grid.rows; ++r)
    for (int c = 0; c < grid.columns; ++c) grid.cells.push_back(static_cast<uint8_t>(cell(r, c) - kArcFirstColor));
  return grid;
}

ArcOffset draw_arc_offset(Rng& rng, const ArcGrid& input, const ArcGrid& output, int side) {
  const auto below = [&](int a, int b) {
    return static_cast<int>(rng.below(static_cast<uint64_t>(side - std::max(a, b) + 1)));
  };
  const int row = below(input.rows, output.rows);
  return {row, below(input.columns, output.columns)};
}

ArcOffset draw_arc_place(Rng& rng, const ArcGrid& input, const ArcGrid& output, int side) {
  return rng.below(3) > 0 ? draw_arc_offset(rng, input, output, side) : ArcOffset();
}

ArcOffset find_arc(std::span<const int32_t> tokens, int side) {
  const auto at = std::ranges::find_if(tokens, [](int32_t t) { return t >= kArcFirstColor && t < kArcVocab; });
  if (at == tokens.end()) return {};
  const auto index = static_cast<int>(at - tokens.begin());
  return {index / side, index % side};
}

}  // namespace hrm::puzzles
