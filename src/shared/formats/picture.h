// Pictures in files: SVG as text, or PNG by librsvg's program rsvg-convert (Debian: librsvg2-bin), which draws the same
// SVG with the system's fonts at twice its size. A program and not a library: hrm then needs neither librsvg nor cairo
// to start, a build in one file can write PNG too, and a fault of the renderer ends only the renderer.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace hrm {

// Before work begins. Throws bad_input, naming `option`, where the name ends neither in .svg nor in .png, and where a
// PNG cannot be written because rsvg-convert is not installed.
void check_picture_path(const std::filesystem::path& path, std::string_view option);

// By the name's ending, written as a whole or not at all. Throws bad_input as above, and failure if rsvg-convert fails.
void save_picture(const std::filesystem::path& path, std::string_view svg);

// Several pictures of this program as one, row by row. REQUIRES: at least one, columns >= 1.
std::string arrange_pictures(std::span<const std::string> pictures, size_t columns);

}  // namespace hrm
