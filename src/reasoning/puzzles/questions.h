// Reads puzzles to solve: from text, files, or standard input.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puzzles/family.h"

namespace hrm::puzzles {

struct Question {
  Tokens tokens;
  std::string source;  // "argument 2", "puzzles.txt, puzzle 3"
};

struct SkippedQuestion {
  std::string source, reason;
};
Json to_json(const std::vector<SkippedQuestion>& skipped);  // [{source, reason}]

struct Questions {
  std::vector<Question> good;
  std::vector<SkippedQuestion> skipped;  // ill-formed or contradictory; only with keep_going
};

// What the numbers of an array are. Only Sudoku has two readings: digits with 0 for a blank, and its tokens. kEither
// takes the one that fits.
enum class CellNumbers { kEither, kTokens, kDigits };

// Collects the puzzles of texts, files and arrays, and checks each for contradictions. Throws bad_input naming source,
// line and cell at the first fault, unless keep_going: then a fault costs only the line or grid that has it.
class QuestionReader {
 public:
  // symbols: how the texts write their cells; empty: found in each text. Throws bad_input if they are not a set of
  // symbols.
  QuestionReader(const Family& family, std::string symbols, bool keep_going);

  void read_text(std::string_view text, const std::string& source);
  void read_file(const std::string& file);  // of any kind that `hrm data` reads (puzzles/puzzle_source.h); "-" too
  // [n, S]. Throws bad_input where kEither fits both. REQUIRES: a whole number of puzzles.
  void read_cells(std::span<const int32_t> cells, CellNumbers numbers, const std::string& source);
  Questions take() { return std::move(questions_); }

 private:
  void add(std::vector<std::pair<size_t, Tokens>> found, std::vector<SkippedQuestion> faults,
           const std::string& source);

  const Family& family_;
  const std::string symbols_;
  const bool keep_going_;
  Questions questions_;
};

struct QuestionInput {
  std::vector<std::string> texts;  // puzzles as arguments; "-" stands for standard input
  std::vector<std::string> files;
  std::string symbols;  // --symbols; empty: found in each text
  bool keep_going = false;
};

// All of them, in order. Throws as QuestionReader does.
Questions read_questions(const Family& family, const QuestionInput& input);

}  // namespace hrm::puzzles
