// ARC grids: colors 0 to 9 in a rectangle of at most 30x30, and as tokens on a square canvas.
//
// Tokens (the authors' tools): 0 padding, 1 end of sequence (EOS), color k is k + 2. On a canvas of side N the grid
// is at an offset. EOS fills the row just below it and the column just right of it, if the canvas has room (the corner
// is padding).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"

namespace hrm::puzzles {

inline constexpr int kArcSide = 30;  // of the authors' canvas, and of the largest grid
inline constexpr int kArcColors = 10;
// Those of the ARC viewer, 0xRRGGBB: black, blue, red, green, yellow, gray, magenta, orange, light blue, maroon.
inline constexpr std::array<uint32_t, kArcColors> kArcPalette = {0x000000, 0x0074d9, 0xff4136, 0x2ecc40, 0xffdc00,
                                                                 0xaaaaaa, 0xf012be, 0xff851b, 0x7fdbff, 0x870c25};
inline constexpr int32_t kArcEos = 1, kArcFirstColor = 2;
inline constexpr int64_t kArcVocab = 12;

struct ArcGrid {
  int rows = 0, columns = 0;
  std::vector<uint8_t> cells;  // [rows, columns], row-major, each below 10

  bool empty() const { return cells.empty(); }
  uint8_t at(int row, int column) const { return cells[static_cast<size_t>(row * columns + column)]; }
  auto operator<=>(const ArcGrid&) const = default;
};

// Equal grids have equal fingerprints; different ones collide with probability 2^-64.
uint64_t fingerprint(const ArcGrid& grid);

struct ArcOffset {
  int row = 0, column = 0;
};

// tokens: [side * side], overwritten. REQUIRES: the grid fits at the offset.
void encode_arc(const ArcGrid& grid, ArcOffset offset, int side, std::span<int32_t> tokens);
void encode_arc(const ArcGrid& grid, ArcOffset offset, int side, std::span<uint8_t> tokens);

// The authors' reading of an answer: of the rectangles of color tokens whose corner is `offset`, that of the largest
// area. Rows are scanned from the top, and the bound on columns only shrinks; of equal areas the one with fewer rows.
// 0x0 if the corner is not a color.
ArcGrid decode_arc(std::span<const int32_t> tokens, int side, ArcOffset offset = {});

// A random offset at which both grids fit on the canvas; row first, then column. REQUIRES: they fit in the corner.
ArcOffset draw_arc_offset(Rng& rng, const ArcGrid& input, const ArcGrid& output, int side);
// The same, but the corner, the place of test inputs, in a third of the draws.
ArcOffset draw_arc_place(Rng& rng, const ArcGrid& input, const ArcGrid& output, int side);

// The first cell with a color, row by row: where a translated grid begins. (0, 0) if there is none.
ArcOffset find_arc(std::span<const int32_t> tokens, int side);

}  // namespace hrm::puzzles
