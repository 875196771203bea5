#include "puzzles/arc_map.h"

#include <fmt/format.h>

#include <span>

#include "puzzles/dihedral.h"

namespace hrm::puzzles {
namespace {

// The transformed grid, each cell put through a table of colors.
ArcGrid turned(const ArcGrid& grid, int id, const std::array<uint8_t, kArcColors>& colors) {
  ArcGrid result{.rows = grid.rows, .columns = grid.columns};
  if (swaps_axes(id)) std::swap(result.rows, result.columns);
  result.cells.resize(grid.cells.size());
  const DihedralWalk walk = dihedral_walk(id, grid.rows, grid.columns);
  size_t to = 0;
  for (int r = 0; r < result.rows; ++r) {
    int64_t from = walk.first + r * walk.row_step;
    for (int c = 0; c < result.columns; ++c, from += walk.column_step)
      result.cells[to++] = colors[grid.cells[static_cast<size_t>(from)]];
  }
  return result;
}

// "0123456789" in any order.
bool read_colors(std::string_view text, std::array<uint8_t, kArcColors>& colors) {
  uint32_t seen = 0;
  for (size_t i = 0; i < colors.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    colors[i] = static_cast<uint8_t>(text[i] - '0');
    seen |= 1U << colors[i];
  }
  return seen == (1U << kArcColors) - 1;
}

}  // namespace

EnumNames<ArcNames> enum_names(ArcNames) {
  static constexpr std::pair<ArcNames, std::string_view> kNames[] = {{ArcNames::kTrm, "trm"}, {ArcNames::kHrm, "hrm"}};
  return kNames;
}

ArcMap ArcMap::draw(Rng& rng) {
  ArcMap map{.dihedral = static_cast<int>(rng.below(kDihedrals))};
  rng.shuffle(std::span(map.colors).subspan(1));
  return map;
}

ArcGrid ArcMap::apply(const ArcGrid& grid) const { return turned(grid, dihedral, colors); }

ArcGrid ArcMap::undo(const ArcGrid& grid) const {
  std::array<uint8_t, kArcColors> inverse{};
  for (size_t k = 0; k < colors.size(); ++k) inverse[colors[k]] = static_cast<uint8_t>(k);
  return turned(grid, inverse_dihedral(dihedral), inverse);
}

std::string ArcMap::name(std::string_view task, ArcNames style) const {
  const std::string_view separator = style == ArcNames::kTrm ? "|||" : "_";
  std::string text = fmt::format("{}{}t{}{}", task, separator, dihedral, separator);
  for (uint8_t color : colors) text += static_cast<char>('0' + color);
  return text;
}

ArcIdentity parse_arc_name(std::string_view name) {
  for (const std::string_view separator : {std::string_view("|||"), std::string_view("_")}) {
    const size_t tail = 2 * separator.size() + 2 + kArcColors;  // "|||t3|||0123456789"
    if (name.size() <= tail) continue;
    const std::string_view end = name.substr(name.size() - tail);
    ArcMap map;
    if (!end.starts_with(separator) || end[separator.size()] != 't' ||
        end.substr(separator.size() + 2, separator.size()) != separator)
      continue;
    const char digit = end[separator.size() + 1];
    if (digit < '0' || digit > '7' || !read_colors(end.substr(tail - kArcColors), map.colors)) continue;
    map.dihedral = digit - '0';
    return {std::string(name.substr(0, name.size() - tail)), map, false};
  }
  return {std::string(name), {}, true};
}

}  // namespace hrm::puzzles
