// Questions as people give them: texts of puzzles, read and checked for contradictions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puzzles/family.h"

namespace hrm::solving {

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

// Adds what stands in texts to `questions`. Throws bad_input naming source, line and cell at the first fault, unless
// keep_going: then a fault costs only the line or grid in which it stands.
class QuestionReader {
 public:
  // symbols: how the texts write their cells; empty: as each text tells. Throws bad_input on symbols that are no such.
  QuestionReader(const puzzles::Family& family, std::string symbols, bool keep_going);

  void read_text(std::string_view text, const std::string& source);
  // Questions by the line of `source` on which each begins, and what was found wrong on the way.
  void add(std::vector<std::pair<size_t, puzzles::Tokens>> found, std::vector<SkippedQuestion> faults,
           const std::string& source);
  Questions take() { return std::move(questions_); }

 private:
  const puzzles::Family& family_;
  const std::string symbols_;
  const bool keep_going_;
  Questions questions_;
};

}  // namespace hrm::solving
