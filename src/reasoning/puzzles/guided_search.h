// An exact search for a puzzle's answers that a model can guide. It decides every puzzle, whatever the model says.
//
// The search fills what logic forces (propagation), guesses if nothing is forced, and takes every wrong guess back. A
// *guide* gives the probability of each value of each cell. It only decides which guess is tried first: a bad guide
// makes the search slower but never wrong. As guesses fill the grid, the search requests a guide of the *reduced*
// puzzle, the question with all cells filled so far. A guess taken back leaves its value ruled out. If that fills more
// cells, the grid is a new reduced puzzle.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "puzzles/family.h"

namespace hrm::puzzles {

// Which guess comes first.
enum class GuessOrder {
  kGuide,   // the most probable value of the most certain choice
  kFixed,   // the first value of the first choice
  kRandom,  // any value of any choice
};

struct GuidedSearchOptions {
  GuessOrder order = GuessOrder::kGuide;
  int64_t guides = 0;  // maximum guides of reduced puzzles; used only with the order kGuide
  uint64_t seed = 0;   // of kRandom
  Tokens known = {};   // an answer that the rules accept, if known: the search then only looks for another
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
  uint64_t guesses = 0;            // values tried without being forced, until everything was decided
  uint64_t guesses_to_answer = 0;  // of these, before the first answer
  uint64_t wrong_guesses = 0;      // of these, taken back before the first answer
  int64_t guides = 0;              // of reduced puzzles, received
};

class GuidedSearch {
 public:
  enum class State { kWantsGuide, kDecided, kStopped };
  virtual ~GuidedSearch() = default;
  // Runs until all is decided, a guide of reduced() is needed, or Ctrl-C (base/signals.h).
  virtual State advance() = 0;
  virtual Tokens reduced() const = 0;  // [S]
  // log_probabilities: [S,V] of the values of each cell of reduced(). Before the first advance(): of the question.
  virtual void guide(std::vector<float> log_probabilities) = 0;
  virtual SearchReport report() const = 0;
};

}  // namespace hrm::puzzles
