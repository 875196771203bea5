// What SVG charts share: their head with the title, and text.
#pragma once

#include <string>
#include <string_view>

namespace hrm {

struct SvgSize {
  int width = 0, height = 0;  // pixels
};

// Where a text stands: its "start", "middle" or "end" is at (x, y), y that of its baseline.
struct SvgPlace {
  double x = 0, y = 0;
  std::string_view anchor;
};

// Fills of text.
inline constexpr std::string_view kSvgInk = "fill=\"#222222\"", kSvgMuted = "fill=\"#555555\"";

// Text as it may stand in SVG, between tags and in attributes; control characters are left out, bytes that are not UTF-8
// replaced.
std::string escape_xml(std::string_view text);

// The opening tag, the title, which also stands at the top from `left` on, and a white background.
std::string svg_head(SvgSize size, std::string_view title, double left);

// A line of text; empty for no content. attributes: as kSvgInk.
std::string svg_text(const SvgPlace& at, std::string_view content, std::string_view attributes);

}  // namespace hrm
