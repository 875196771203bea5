// Checks a data set folder for every possible fault, and for puzzles that its splits share.
//
// Beyond the format (Dataset::open): totals of dataset.json, identifiers.json, agreement of the splits; for families
// with rules: givens that contradict each other or the answer, wrong answers, no or two solutions; variants of a group
// that are not a symmetric copy of its first member, or not the ones that hrm.json's seed draws; a test set with
// variants; test puzzles that occur in train as they are or up to symmetry. For families without rules: an input with
// two outputs.
//
// A member that has the same solution as a symmetric copy of its group's first, with other givens, is not a fault: some
// builders store easier copies beside each variant. Labels of -100 are not supervised and not judged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "puzzles/dataset.h"

namespace hrm::puzzles {

struct VerifyOptions {
  size_t threads = 0;
  size_t most_faults = 100;  // kept as text; all are counted
};

struct SplitSummary {
  int64_t examples = 0, puzzles = 0, groups = 0;
};

struct VerifyReport {
  std::map<std::string, SplitSummary> splits;
  Json family;                      // null if no split could be opened
  std::vector<std::string> faults;  // one line each, the first most_faults of them
  uint64_t fault_count = 0;
  std::vector<std::string> notes;  // what is not a fault: members with other givens, rows that repeat
  uint64_t leaks = 0;              // test puzzles that occur in train, up to symmetry
};

// Throws bad_input if the folder does not exist or holds neither train nor test.
VerifyReport verify_dataset(const std::filesystem::path& folder, const VerifyOptions& options = {});

}  // namespace hrm::puzzles
