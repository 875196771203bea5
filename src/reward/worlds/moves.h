// The possible next lines of the scripted policy of the arithmetic world, with exact probabilities. The policy samples
// from this list, and the true values (arithmetic_value.h) sum over it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "worlds/expression.h"

namespace hrm::worlds {

struct SlipSettings {
  double slip = 0.1;    // chance that a step of hardness 1 goes wrong
  double repair = 0.3;  // chance, before each step, that a policy that is off track notices and corrects
  double wander = 0.3;  // chance to take any pair that may be reduced, instead of the leftmost

  static void fields(auto& self, auto&& field) {
    field("slip", self.slip, "probability that a step of hardness 1 goes wrong");
    field("repair", self.repair, "probability of noticing and correcting before each step while off track");
    field("wander", self.wander, "probability of reducing any reducible pair instead of the leftmost");
  }
  void validate() const;     // throws bad_input unless all are within [0, 1], slip at most 0.45
  std::string text() const;  // "slip=0.1,repair=0.3,wander=0.3"
};

// From "slip=0.1,repair=0.3"; what is not named keeps its default. Throws bad_input.
SlipSettings parse_slip_settings(std::string_view text);

enum class MoveKind {
  kHonest,
  kCarry,       // the claim's result is off by 1, or by 10 where it has two digits
  kNegated,     // a - b computed as b - a
  kSign,        // the last + or - of what remains is copied as its opposite
  kPrecedence,  // reduces a pair that precedence does not allow yet
  kCopy,        // the last other number of what remains is copied off by 1
  kDropped,     // the last term or factor of what remains is forgotten
};
std::string_view name_of(MoveKind kind);

struct Move {
  double probability = 0;
  MoveKind kind = MoveKind::kHonest;
  Pair pair;          // what is reduced; of no meaning for an answer
  int64_t delta = 0;  // kCarry, kCopy: added
};

// Chance of a slip is slip x hardness, at most 0.9: + and - have hardness 0.5 with one-digit numbers and else 1; * has
// 1 with a one-digit number and else 2; a negative number makes it half again as hard; an answer has 0.25.
double hardness(const Pair& pair);

// All moves from a state that is not a number; their probabilities sum to 1.
std::vector<Move> moves_from(const Expression& state, const SlipSettings& settings);

struct Written {
  std::string line;  // "7+12=19;19*3-15"
  Expression next;
};
// What a move of moves_from(state) writes. A slip that would leave the bounds of expressions is not made.
Written write_move(const Expression& state, const Move& move);
Expression next_state(const Expression& state, const Move& move);  // the same without the text

// Chance that the answer given for a number is off by one (either way equally likely).
double answer_slip(const SlipSettings& settings);

}  // namespace hrm::worlds
