// The arithmetic world: problems such as "(7+12)*3-15=?", solved in steps of one reduction each; every step of any text
// can be judged (docs/arithmetic-world.md).
//
// A solution, one step per line, or under the authors' headings (`# Step k`, `# Answer`, `# END!`):
//
//   7+12=18;18*3-15      a reduction: a claim, then what remains
//   !7+12=19;19*3-15     a correction: takes back what went wrong and continues from there
//   19*3=57;57-15
//   57-15=42;42
//   #### 42              the answer
//
// The truth about the steps of any text: worlds/judge.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "worlds/expression.h"

namespace hrm::worlds {

struct ArithmeticProblem {
  std::string id, question, answer;  // question: the expression and "=?"
};

struct ProblemSettings {
  int64_t operations = 4;        // 1 to 12
  int64_t largest = 20;          // numbers are drawn from 1 to this; 2 to 999
  int64_t largest_result = 999;  // no intermediate result of the correct solution is below 0 or above this
  std::string operators = "+-*";

  static void fields(auto& self, auto&& field) {
    field("operations", self.operations,
          "operations per problem, which is the number of steps before the answer in its shortest solution");
    field("largest", self.largest, "largest number in a problem");
    field("largest_result", self.largest_result, "largest intermediate result");
    field("operators", self.operators, "operators to draw from, for instance +-*");
  }
  void validate() const;  // throws bad_input
};

enum class Split { kTrain, kTest };
EnumNames<Split> enum_names(Split);  // train, test

// The side on which a problem lies: a tenth of all is test. Depends on the numbers and operators alone, not on their
// order, so a test problem shares neither its text nor a rearrangement with any training problem of any seed.
Split split_of(const Expression& question);

// `count` different problems of one side, the same for the same seed; a longer list begins with the shorter one. Throws
// bad_input if the settings give too few.
std::vector<ArithmeticProblem> make_problems(const ProblemSettings& settings, Split split, uint64_t count,
                                             uint64_t seed);

// The expression in front of the last "=?" of the text; nullopt if there is none. `end`: after the "=?".
std::optional<Expression> find_question(std::string_view text, size_t* end = nullptr);

}  // namespace hrm::worlds
