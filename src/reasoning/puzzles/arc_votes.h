// From answers to all variants of ARC tasks to a few attempts per test input (the authors' evaluation).
//
// An answer is decoded (decode_arc), mapped back by the variant that its identifier names, and counts as one vote for
// that grid with the weight sigmoid(q_halt). Distinct grids are ordered by (votes, mean weight), both descending; ties
// keep the order in which they were first seen, by the rows' numbers. The first K are the attempts: pass@K holds if the
// true output is one of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/statistics.h"
#include "puzzles/arc_map.h"
#include "puzzles/arc_task.h"

namespace hrm::puzzles {

struct ArcCandidate {
  ArcGrid grid;
  uint64_t votes = 0;
  double weight = 0;  // mean sigmoid(q_halt) of its votes
};

// pass@K three ways. Intervals are Wilson's 95 % with the number of tasks as n: exact for the first, wider than needed
// for the others, whose cases within a task are not independent.
struct ArcPass {
  uint64_t k = 1;
  Estimate tasks;   // all test inputs of the task right (HRM's notebook)
  Estimate mean;    // mean over tasks of the share of test inputs that are right (TRM's evaluator)
  Estimate inputs;  // share of all test inputs
};

struct ArcScores {
  std::vector<ArcPass> passes;
  // By the answer to the unchanged task alone, one attempt: what voting adds to. Unset unless every test input has one.
  std::optional<ArcPass> unvoted;
  uint64_t tasks = 0, inputs = 0, votes = 0;
  uint64_t unanswered = 0;  // test inputs without a vote: they count as wrong
};

class ArcVotes {
 public:
  explicit ArcVotes(std::vector<ArcTask> tasks);

  struct VariantAnswer {
    std::string_view identifier;                // the variant's name
    std::span<const int32_t> question, answer;  // tokens, [side * side]
    int side;
  };
  // row: number of the vote, for ties; a row may be added once, in any order. False if the name or the question is of
  // none of the tasks.
  bool add(const VariantAnswer& answer, float q_halt, uint64_t row);
  struct Place {
    size_t task, test;      // number of the test input
    bool original = false;  // the unchanged task was answered, not a variant
  };
  // The same with grids that are already mapped back.
  void add(Place place, ArcGrid answer, float q_halt, uint64_t row);

  const std::vector<ArcTask>& tasks() const { return tasks_; }
  // Best first.
  std::vector<ArcCandidate> ranked(size_t task, size_t test) const;
  // Only tasks whose test outputs are all known are scored.
  ArcScores score(std::span<const uint64_t> ks) const;
  // {"task": [{"attempt_1": grid, "attempt_2": grid}, ...]}, one entry per test input; an answer without a
  // grid is no attempt; a missing second attempt repeats the first; without any attempt both are [[0]].
  Json submission() const;

 private:
  struct Vote {
    uint64_t row;
    size_t grid;  // in grids_
    double weight;
    bool original;
  };
  std::vector<size_t> inputs_named(size_t task, const ArcGrid& input) const;

  std::vector<ArcTask> tasks_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::vector<std::vector<std::vector<Vote>>> votes_;  // [task][test input]
  std::vector<ArcGrid> grids_;
  std::map<ArcGrid, size_t> grid_numbers_;
};

// K = 1, 2, 5, 10, 100, 1000: what TRM's evaluator reports.
std::span<const uint64_t> arc_pass_ks();

Json to_json(const ArcScores& scores);
std::string to_table(const ArcScores& scores);

}  // namespace hrm::puzzles
