// Puzzles to be solved: given as text, in files, or on standard input.
#pragma once

#include <string>
#include <string_view>
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

struct QuestionInput {
  std::vector<std::string> texts;  // puzzles as arguments; "-" stands for standard input
  std::vector<std::string> files;  // of any kind that `hrm data` reads (puzzles/puzzle_source.h); "-" too
  std::string symbols;             // --symbols; empty: as each text tells
  bool keep_going = false;
};

// Throws bad_input naming source, line and cell at the first fault, unless keep_going: then a fault costs only the line
// or grid in which it stands.
Questions read_questions(const Family& family, const QuestionInput& input);

}  // namespace hrm::puzzles
