// Reads puzzles to solve: from text, files, or standard input.
#pragma once

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

struct Questions {
  std::vector<Question> good;
  std::vector<SkippedQuestion> skipped;  // ill-formed or contradictory; only with keep_going
};

// Collects the puzzles of texts and files and checks each for contradictions. Throws bad_input with source, line and
// cell at the first fault. With keep_going only the faulty line or grid is dropped.
class QuestionReader {
 public:
  // symbols: how the texts write their cells; empty: found in each text. Throws bad_input if they are not a set of
  // symbols.
  QuestionReader(const Family& family, std::string symbols, bool keep_going);

  void read_text(std::string_view text, const std::string& source);
  void read_file(const std::string& file);  // of any kind that `hrm data` reads (puzzles/puzzle_source.h); "-" too
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
