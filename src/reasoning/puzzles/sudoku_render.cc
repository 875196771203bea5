#include "puzzles/sudoku_text.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kBold = "\033[1m", kGreen = "\033[1;32m", kReset = "\033[0m";

class Renderer {
 public:
  Renderer(const SudokuShape& shape, std::span<const int32_t> tokens, const RenderOptions& options)
      : shape_(shape), tokens_(tokens), options_(options) {
    marked_ = !options.color && (!options.question.empty() || !options.previous.empty());
  }

  std::string draw() {
    rule("┌", "┬", "┐");
    for (int row = 0; row < shape_.side(); ++row) {
      if (row > 0 && row % shape_.box_rows == 0) rule("├", "┼", "┤");
      for (int column = 0; column < shape_.side(); ++column) {
        if (column % shape_.box_columns == 0) text_ += column ? " │" : "│";
        cell(row * shape_.side() + column);
      }
      text_ += " │\n";
    }
    rule("└", "┴", "┘");
    return std::move(text_);
  }

 private:
  void rule(std::string_view left, std::string_view middle, std::string_view right) {
    for (int stack = 0; stack < shape_.stacks(); ++stack) {
      text_ += stack ? middle : left;
      for (int i = 0; i < shape_.box_columns * (marked_ ? 3 : 2) + 1; ++i) text_ += "─";
    }
    text_ += right;
    text_ += '\n';
  }

  void cell(int at) {
    const bool given = !options_.question.empty() && options_.question[at] > kSudokuBlank;
    const bool changed = !options_.previous.empty() && options_.previous[at] != tokens_[at];
    const char symbol = sudoku_symbol(tokens_[at], shape_);
    text_ += ' ';
    if (marked_) text_ += changed ? '>' : given ? ':' : ' ';
    const std::string_view style = !options_.color ? "" : changed ? kGreen : given ? kBold : "";
    text_ += style;
    text_ += symbol;
    if (!style.empty()) text_ += kReset;
  }

  const SudokuShape shape_;
  const std::span<const int32_t> tokens_;
  const RenderOptions& options_;
  bool marked_ = false;
  std::string text_;
};

}  // namespace

char sudoku_symbol(int32_t token, const SudokuShape& shape) {
  const int32_t digit = token - kSudokuBlank;
  if (digit < 0 || digit > shape.side()) return '?';
  if (digit == 0) return '.';
  return static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10);
}

std::string render_sudoku(const SudokuShape& shape, std::span<const int32_t> tokens, const RenderOptions& options) {
  return Renderer(shape, tokens, options).draw();
}

}  // namespace hrm::puzzles
