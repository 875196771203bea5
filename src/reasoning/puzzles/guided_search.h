// An exact search for a puzzle's answers that a model may steer, and that decides every puzzle whatever the model says.
//
// The search keeps what logic forces (propagation), guesses where nothing is forced, and takes every wrong guess back.
// A *guide* says how likely each value of each cell is. It decides which guess is tried first and nothing else: with a
// bad guide the search takes longer, never a wrong turn for good. As guesses fill the grid, the search asks for a guide
// of the *reduced* puzzle, the question with all that is placed by then; a guess taken back leaves the grid with that
// value ruled out, and a grid that has gained cells by it is a new reduced puzzle.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "puzzles/family.h"

namespace hrm::puzzles {

// Which guess comes first.
enum class GuessOrder {
  kGuide,   // the likeliest value of the surest choice
  kFixed,   // the first value of the first choice
  kRandom,  // any value of any choice
};

struct GuidedSearchOptions {
  GuessOrder order = GuessOrder::kGuide;
  int64_t guides = 0;  // of reduced puzzles, asked for at most; never with another order than kGuide
  uint64_t seed = 0;   // of kRandom
  Tokens known = {};   // an answer that the rules accept, if there is one: what remains is to look for another
};

enum class Answers {
  kOne,        // found, and proved to be the only one
  kSeveral,    // found, and a second one
  kSome,       // found; the family does not promise that there is only one (mazes)
  kNone,       // proved
  kUndecided,  // interrupted
};
std::string_view name_of(Answers answers);  // "one", "several", "some", "none", "undecided"

struct SearchReport {
  Answers answers = Answers::kUndecided;
  Tokens answer;                   // [S] the known or the first one found; empty if there is none
  std::string reason;              // kSeveral: a cell in which two answers differ; kNone: why
  uint64_t guesses = 0;            // values tried that nothing forced, until all was decided
  uint64_t guesses_to_answer = 0;  // of these, before the first answer
  uint64_t wrong_guesses = 0;      // of these, taken back before the first answer
  int64_t guides = 0;              // of reduced puzzles, received
};

class GuidedSearch {
 public:
  enum class State { kWantsGuide, kDecided, kStopped };
  virtual ~GuidedSearch() = default;
  // Goes on until all is decided, a guide of reduced() is wanted, or Ctrl-C (base/signals.h).
  virtual State advance() = 0;
  virtual Tokens reduced() const = 0;  // [S]
  // log_probabilities: [S,V] of the values of each cell of reduced(). Before the first advance(): of the question.
  virtual void guide(std::vector<float> log_probabilities) = 0;
  virtual SearchReport report() const = 0;
};

}  // namespace hrm::puzzles
