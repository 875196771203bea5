// Puzzles from the command line: given as text, in files, or on standard input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puzzles/family.h"

namespace hrm::cli {

struct Question {
  puzzles::Tokens tokens;
  std::string source;  // "argument 2", "puzzles.txt, puzzle 3"
};

struct SkippedQuestion {
  std::string source, reason;
};

struct Questions {
  std::vector<Question> good;
  std::vector<SkippedQuestion> skipped;  // ill-formed or contradictory; only with keep_going
};

// texts: puzzles as arguments; "-" stands for standard input. files: paths; "-" too.
// Throws bad_input naming source, line and cell at the first fault, unless keep_going: then a fault costs only the line
// (one puzzle per line) or block between empty lines (puzzles as grids) in which it stands.
Questions read_questions(const puzzles::Family& family, const std::vector<std::string>& texts,
                         const std::vector<std::string>& files, bool keep_going);

}  // namespace hrm::cli
