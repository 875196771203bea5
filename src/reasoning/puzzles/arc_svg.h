// ARC grids as a picture: rows of captioned grids in the colors of the ARC viewer.
#pragma once

#include <string>
#include <vector>

#include "puzzles/arc_grid.h"

namespace hrm::puzzles {

struct ArcPicture {
  std::string caption;
  ArcGrid grid;  // empty: "no grid"
};
struct ArcPictureRow {
  std::string title;
  std::vector<ArcPicture> pictures;
};

// An SVG document. Text is escaped.
std::string render_arc_svg(const std::vector<ArcPictureRow>& rows);

}  // namespace hrm::puzzles
