// Symmetries of ARC tasks: a permutation of the colors, then one of the eight dihedral transforms.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fields.h"
#include "base/rng.h"
#include "puzzles/arc_grid.h"

namespace hrm::puzzles {

// How names of variants are written: HRM's tools "<task>_t3_0123456789", TRM's "<task>|||t3|||0123456789".
enum class ArcNames { kHrm, kTrm };
EnumNames<ArcNames> enum_names(ArcNames);  // trm, hrm

struct ArcMap {
  int dihedral = 0;                                                      // puzzles/dihedral.h
  std::array<uint8_t, kArcColors> colors{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};  // color k becomes colors[k]

  bool operator==(const ArcMap&) const = default;

  // As the authors draw: any transform, any order of the colors 1 to 9; 0 stays.
  static ArcMap draw(Rng& rng);
  ArcGrid apply(const ArcGrid& grid) const;
  ArcGrid undo(const ArcGrid& grid) const;  // undo(apply(g)) == g

  std::string name(std::string_view task, ArcNames style = ArcNames::kTrm) const;
};

// A name of either style, taken apart. A name that does not end like one of a variant is a task's own, with the
// identity.
struct ArcIdentity {
  std::string task;
  ArcMap map;
  bool original = true;  // the name was a task's own
};
ArcIdentity parse_arc_name(std::string_view name);

}  // namespace hrm::puzzles
