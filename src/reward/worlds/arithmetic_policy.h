// A policy that solves problems of the arithmetic world with slips and repairs at given rates: like a language model,
// but fast, exactly reproducible and with true values that can be computed (arithmetic_value.h).
//
// It reads the last question "...=?" of the prompt and every step after it that it can read (Walk); where a line of
// dashes follows the question, as below the example in the authors' prompt, the steps begin after that line. Then,
// until the answer or a stop string:
//   - on track: a step from the state (moves.h), or the answer if the state is a number;
//   - off track: with chance `repair` a correction, which is a step from the last state that was on track with "!" in
//     front (it may slip in its turn); else as above.
// Solutions have one step per line and end with "#### 42"; where a stop string asks for "# Step k" or "# END!", or the
// steps so far have such headings, they are in the authors' format and end with "# Answer", the number and "# END!". A
// heading of a next step after a number that is off track announces a correction, which then certainly comes. A token
// is a character. Temperature and top_p are not used: the rates are the policy's own.
#pragma once

#include <optional>
#include <string>

#include "policy/policy.h"
#include "worlds/arithmetic.h"
#include "worlds/judge.h"
#include "worlds/moves.h"

namespace hrm::worlds {

// The state in which the policy continues a prompt; nullopt if it holds no question.
std::optional<Walk> read_prompt(std::string_view prompt);

// Of "arithmetic" or "arithmetic:slip=0.2,repair=0.3"; nullopt if the text names another policy. Throws bad_input on
// wrong settings.
std::optional<SlipSettings> arithmetic_policy_settings(std::string_view policy);

class ArithmeticPolicy final : public policy::Policy {
 public:
  explicit ArithmeticPolicy(const SlipSettings& settings);  // throws bad_input on rates out of range

  // Choice i is decided by prompt, seed, i and the rates alone. A prompt without a question, or n or max_tokens below
  // 1, is a lasting PolicyFault; one that already holds the answer gets empty choices.
  policy::Reply complete(const policy::Request& request) override;
  std::string name() const override;  // "arithmetic:slip=0.1,repair=0.3,wander=0.3"

 private:
  SlipSettings settings_;
};

}  // namespace hrm::worlds
