// A file of puzzles, read once: arrays, rows of a table, or a text of puzzles. docs/data.md, "Bring your own"
#pragma once

#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"

namespace hrm::puzzles {

// The content decides what a file holds, not the name; it may be compressed (formats/input.h); "-" is standard
// input.
struct RecordFile {
  std::filesystem::path path;
  std::filesystem::path labels;  // npy: the answers; empty if they are to be found by the rules
  // Of tables and JSON lines. Where the default names are absent, other usual ones are taken (puzzle, quizzes;
  // solution, solutions).
  std::string question_column = "question", answer_column = "answer";
  std::string rating_column = "rating";  // "none": ratings are not read
  bool header = true;                    // false: columns are numbered from 1, the question is the first
  bool tables = true;                    // false: text is not a table, whatever its first line says
  std::string symbols;                   // Family::check_symbols; empty: as the file tells
};

// Text of one row, whatever the file it came from; `line` counts from 1.
struct TextRow {
  size_t line = 0;
  std::string question, answer;
  double rating = std::numeric_limits<double>::quiet_NaN();  // NaN: unknown
};

class PuzzleSource {
 public:
  enum class Layout {
    kArrays,  // npy
    kRows,    // CSV (separated by , ; tab or |) or JSON: a puzzle a row (JSON lines, an array, puzzles/json_table.h)
    kText,    // any number of puzzles, as Family::read takes them
  };

  // Throws bad_input on an unreadable file, a missing question column, a rating that is not a number, arrays that are
  // no integers; on more than 2 GiB of rows or 128 MiB of other text.
  PuzzleSource(const RecordFile& file);

  Layout layout() const { return layout_; }
  const RecordFile& file() const { return file_; }
  const std::string& name() const { return name_; }  // how errors name it
  const std::vector<TextRow>& rows() const { return rows_; }
  const std::string& text() const { return text_; }
  const HostTensor& inputs() const { return inputs_; }  // [N, ...] integers
  const HostTensor& labels() const { return labels_; }  // likewise; no elements if there is no such file
  bool has_labels() const { return !file_.labels.empty(); }
  int rating_decimals() const { return rating_decimals_; }  // of the rating with the most, at most 3

 private:
  void read_table(std::unique_ptr<std::istream> input, char separator);
  void read_json(std::unique_ptr<std::istream> input, bool document);
  void add_json(const Json& value, size_t line, const std::string& place);
  void add_json_row(const Json& value, size_t line, const std::string& place);
  void add(TextRow row);
  double rating_of(const std::string& text, size_t line);

  const RecordFile file_;
  const std::string name_;
  Layout layout_ = Layout::kText;
  std::vector<TextRow> rows_;
  std::string text_;
  HostTensor inputs_{DType::kI32, {0}}, labels_{DType::kI32, {0}};
  int rating_decimals_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace hrm::puzzles
