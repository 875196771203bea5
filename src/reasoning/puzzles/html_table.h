// Grids in HTML tables, as pages of puzzles have them, as lines of values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hrm::puzzles {

// How the cells of a row are written on its line.
struct HtmlCells {
  std::string_view separator, blank;
};

// Each row of the text's tables as one line, an empty line behind each table. Tags and comments are left out; the value
// of an <input> is that of its cell; a table of tables is put together box by box. nullopt: the text has no <td>. Any
// bytes; linear time.
std::optional<std::string> lines_of_html_tables(std::string_view text, const HtmlCells& cells);

}  // namespace hrm::puzzles
