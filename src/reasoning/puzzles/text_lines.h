// Lines of a puzzle text with their numbers, as code points, and how errors name cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::puzzles {

struct TextLine {
  size_t number = 0;  // from 1
  std::u32string text;
};

// Splits at LF or CRLF; a byte order mark is dropped, bytes that are not UTF-8 become U+FFFD. No line for the empty
// rest after a final line break.
//   for (LineSplitter lines(text, 1); lines.next();) use(lines.line());
class LineSplitter {
 public:
  LineSplitter(std::string_view text, size_t first_line);
  bool next();
  TextLine& line() { return line_; }

 private:
  std::string_view rest_;
  TextLine line_;
  size_t number_;
};
std::vector<TextLine> split_lines(std::string_view text, size_t first_line = 1);

std::u32string to_code_points(std::string_view utf8);
std::string printable_character(char32_t c);  // 'x', or U+0007 for what does not print

// "row 2 column 3" of a cell number.
std::string cell_name(int64_t cell, int64_t width);

}  // namespace hrm::puzzles
