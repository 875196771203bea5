// Sampled solutions of problems with the scores of their steps, the input of selection.
// docs/formats/scored-solutions.md
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "formats/jsonl.h"
#include "grading/grade.h"
#include "selection/confidence.h"

namespace hrm::selection {

struct Candidate {
  std::optional<std::string> answer;  // nullopt: none was found
  bool correct = false;
  std::vector<std::vector<double>> scores;  // [scorer][step], at least one step
  Confidences confidence = {};              // of the policy, if the file has it
  std::optional<int64_t> generated_tokens, scored_tokens;
  std::optional<double> seconds;
};

// How a solution was searched for (search/search_run.h): one row of a report.
struct SearchKey {
  std::string method, scorer, aggregation;
  uint64_t n = 1;
  bool operator==(const SearchKey&) const = default;
};

struct SampledProblem {
  std::string id;
  std::vector<Candidate> candidates;  // in the order in which they were sampled
  std::vector<Candidate> searched;    // one per Solutions::searches, without scores
  std::optional<bool> greedy;         // whether the greedy solution is correct, if the file has it
};

struct SampledSolutions {
  std::vector<std::string> scorers;
  std::vector<SearchKey> searches;
  std::vector<SampledProblem> problems;
  // Where correctness came from, in candidates (greedy ones included).
  uint64_t marked = 0;     // the file says so
  uint64_t graded = 0;     // by the grader, from answer and gold
  uint64_t undecided = 0;  // of those graded: taken as wrong
  BadLines bad;            // records left out
};

struct ReadSolutions {
  std::filesystem::path scores;      // a second file with scores by problem; empty: they stand with the candidates
  std::vector<std::string> scorers;  // of those in the file; empty: all
  bool skip_bad = false;
  grading::GradeOptions grade;
};

// Read are our own form and two of others (docs/formats/scored-solutions.md): search-and-learn's results, with lists of
// completions and scores per problem, and one scored sample per line, as PRM800K publishes them. At most 512 MiB is
// held.
//
// Throws bad_input naming file, line and field: no or twice the same id, neither candidates nor searches,
// other searches than those of the first problem, neither scores nor confidences, not one score per step,
// a scorer that the file lacks, neither `correct` nor answer and gold; unless such records are skipped.
SampledSolutions read_solutions(const std::filesystem::path& path, const ReadSolutions& options = {});
SampledSolutions read_solutions(JsonlReader samples, std::optional<JsonlReader> scores, const ReadSolutions& options);

}  // namespace hrm::selection
