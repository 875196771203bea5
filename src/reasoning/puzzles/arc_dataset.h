// An ARC data set folder, ours or the authors', as tasks: names of its puzzles, pairs of its originals.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "puzzles/arc_leakage.h"
#include "puzzles/arc_map.h"
#include "puzzles/arc_votes.h"
#include "puzzles/dataset.h"

namespace hrm::puzzles {

// identifiers.json. Throws bad_input unless it is a list of as many names as the folder has identifiers.
std::vector<std::string> arc_identifiers(const Dataset& set);

// One decoded example; translated pairs are read at their place.
ArcPair arc_pair_of(const Dataset& set, int64_t example);

// The pairs of a group's first member, under its name, as a task's `train`.
ArcTask arc_original_of(const Dataset& set, int64_t group, const std::vector<std::string>& names);

// Evaluation tasks of a test split: of test_puzzles.json, or its groups' originals if that file is absent.
std::vector<ArcTask> arc_test_tasks(const Dataset& test);

// Votes over the examples of a test split.
class ArcDatasetVotes {
 public:
  // Throws bad_input if the split contains no ARC test pairs. REQUIRES: the data set outlives this object.
  explicit ArcDatasetVotes(const Dataset& test);
  // answer: tokens. evaluation: number of the evaluation, if several are counted together.
  void add(int64_t example, std::span<const int32_t> answer, float q_halt, uint64_t evaluation = 0);
  const ArcVotes& votes() const { return votes_; }

 private:
  const Dataset& test_;
  std::vector<std::string> names_;
  ArcVotes votes_;
};

struct ArcFindings {
  std::vector<std::string> faults, notes;
  uint64_t leaks = 0;  // of the faults
};

// What the format and the arrays do not show (`hrm data verify`): a group's first member has a task's name; the others
// are the variants that their names state, translated or not; test inputs are in the corner; names occur once;
// test_puzzles.json agrees with the test split. Also leakage by content. Either split may be null.
ArcFindings verify_arc(const Dataset* train, const Dataset* test, size_t threads);

}  // namespace hrm::puzzles
