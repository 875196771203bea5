// Puzzles from the command line: given as text, in files, or on standard input.
#pragma once

#include <string>
#include <vector>

#include "puzzles/family.h"
#include "solving/questions.h"

namespace hrm::cli {

struct QuestionInput {
  std::vector<std::string> texts;  // puzzles as arguments; "-" stands for standard input
  std::vector<std::string> files;  // of any kind that `hrm data` reads (puzzles/puzzle_source.h); "-" too
  std::string symbols;             // --symbols; empty: as each text tells
  bool keep_going = false;
};

// Throws bad_input naming source, line and cell at the first fault, unless keep_going: then a fault costs only the line
// or grid in which it stands.
solving::Questions read_questions(const puzzles::Family& family, const QuestionInput& input);

}  // namespace hrm::cli
