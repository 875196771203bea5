// Matched probes of a scorer: solutions of one problem that share all steps except the last one or two, with their
// judgments.
//
//   case           steps                                          after the last step
//   repaired       right ..., a slip, a right correction of it    on track
//   failed_repair  right ..., the same slip, a wrong correction   off track
//   still_wrong    right ..., the same slip, a true step from it  off track
//   right          right ..., a right step, a right step          on track
//   broken         right ..., the same right step, a slip         off track
//
// `failed_repair` is the control: it looks like a repair, so a scorer that likes every correction ("!") fails it.
// Solutions end at the last step, which is the one that the probe is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worlds/moves.h"
#include "worlds/solutions.h"

namespace hrm::worlds {

struct ProbeSolution {
  std::string name;  // of the case
  JudgedSolution solution;
};

// The five cases, in the order above; slips have the kinds and shares of moves.h. The same for the same seed. nullopt
// if the problem is too short (under two operations) or no slip of it leaves enough to continue with. REQUIRES:
// settings.slip > 0. Throws bad_input if values are requested and too many to compute.
std::optional<std::vector<ProbeSolution>> make_probe(const ArithmeticProblem& problem, const SlipSettings& settings,
                                                     uint64_t seed, TrueValues* values = nullptr);

// A candidate as to_json(JudgedSolution) gives it, with "case" and "probe_step".
Json to_json(const ProbeSolution& probe);

}  // namespace hrm::worlds
