#include "puzzles/arc_svg.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/svg.h"

namespace hrm::puzzles {
namespace {

constexpr int kCell = 10, kGap = 24, kTitle = 22, kCaption = 16, kLeast = 90, kLetter = 7;  // pixels

int width_of(const ArcPicture& picture) {
  return std::max({kLeast, picture.grid.columns * kCell, static_cast<int>(picture.caption.size()) * kLetter});
}

}  // namespace

std::string render_arc_svg(const std::vector<ArcPictureRow>& rows) {
  std::string body;
  int y = kGap, width = 0;
  for (const ArcPictureRow& row : rows) {
    body += fmt::format("<text x=\"{}\" y=\"{}\" font-weight=\"bold\">{}</text>\n", kGap, y, escape_xml(row.title));
    y += kTitle;
    int x = kGap, height = 0;
    for (const ArcPicture& picture : row.pictures) {
      const ArcGrid& grid = picture.grid;
      body += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", x, y, escape_xml(picture.caption));
      const int top = y + kCaption - 8;
      for (int r = 0; r < grid.rows; ++r)
        for (int c = 0; c < grid.columns; ++c)
          body += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#{:06x}\"/>\n", x + c * kCell,
                              top + r * kCell, kCell, kCell, kArcPalette[grid.at(r, c)]);
      if (grid.empty()) body += fmt::format("<text x=\"{}\" y=\"{}\">no grid</text>\n", x, top + kCaption);
      x += width_of(picture) + kGap;
      height = std::max(height, grid.rows * kCell);
    }
    width = std::max(width, x);
    y += kCaption + height + kGap;
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n"
      "<g stroke=\"#555555\" stroke-width=\"0\">\n{2}</g>\n</svg>\n",
      std::max(width, 320), y, body);
}

}  // namespace hrm::puzzles
