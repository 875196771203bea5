// Training examples of a decoder: token ids, and the targets of the head at chosen positions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "formats/memory_budget.h"
#include "language/config.h"
#include "language/heads.h"
#include "language/losses.h"
#include "rows/counts.h"

namespace hrm::language {

// What the head's output at `position`, which has read the tokens up to there and that one, should be: the next token
// of a language model, otherwise a class, a score, a probability, or `value` successes of `trials` (language/losses.h).
struct Target {
  int32_t position = 0;
  float value = 0;
  float trials = 0;
};

struct Example {
  std::vector<int32_t> ids;
  std::vector<Target> targets;  // one or more
  float weight = 1;             // of each of its targets in the mean
};

// A text's next tokens as targets: those from index `first` on are learned, what is before is only read. REQUIRES:
// first <= ids.size()
Example language_example(std::vector<int32_t> ids, size_t first);

// What examples must fit.
struct ExampleRules {
  const DecoderConfig& config;
  LossKind loss;
  int64_t outputs;         // of the head
  int64_t max_length = 0;  // 0: what the decoder can read
};

// Throws bad_input naming place, value and what was expected: no tokens, no targets, too long, a token that the model
// does not have, a target outside the text, a label out of range.
void check_example(const Example& example, const ExampleRules& rules, std::string_view place);

struct ExampleSet {
  std::vector<Example> examples;
  rows::ConversionCounts counts;  // written: examples
  int64_t tokens = 0, targets = 0;
  MemoryBudget budget{size_t{4} << 30};  // of the examples

  // Throws as check_example(), and bad_input where the examples exceed the budget. drop_long: one that is too long is
  // left out and counted instead.
  void add(Example example, const ExampleRules& rules, bool drop_long, std::string_view place);
  Json to_json() const;  // of a report: examples, targets, tokens, counts
};

}  // namespace hrm::language
