// Scores of steps, solution by solution: written by every scorer and read by every measurement of steps.
// docs/formats/step-scores.md
//
//   {"id": "gsm8k-0", "scores": {"NAME": [0.98, 0.41]}}
//
// One record per solution, one number per step. A record may hold several scorers, and beside the scores whatever else
// (its truth: selection/step_truth.h). Solutions of one problem may also stand together as candidates, as
// `hrm world solve` writes them; each is then a record named "problem/3".
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/jsonl.h"

namespace hrm::selection {

struct StepScores {
  std::string id;
  std::map<std::string, std::vector<double>> by_scorer;  // one score per step, within +-1e15
};

// Solution by solution: records (id: empty, it is in the record) and candidates within records (id: "problem/3").
// inherited: a field of the record that candidates without it are handed over with; empty: none.
using RecordSink = std::function<void(const std::string& id, const Json& record, const std::string& place)>;
BadLines for_each_solution(JsonlReader reader, const RecordSink& use, const std::string& inherited = "");

// A solution with its scores. `record` has the other fields and is valid only during the call.
using StepScoresSink = std::function<void(StepScores scores, const Json& record, const std::string& place)>;

// Hands over record by record, in order, as the file is read. What `use` refuses (Error) counts as a fault of the
// record. Throws bad_input naming file, line and field: no or twice the same id, no scores, a score that is not a
// number, lists of different lengths, another length than the record's `steps`; unless such records are skipped (the
// reader's skip_bad), and then they are returned.
BadLines read_step_scores(JsonlReader reader, const StepScoresSink& use);

// Solutions (with their truth) joined with scores by id.
struct ScoredSteps {
  std::string id, problem;                  // solutions of one problem are not independent
  std::vector<std::vector<double>> scores;  // [scorer][step]
};
struct ScoredSource {
  std::filesystem::path solutions, scores;  // scores empty: they stand in the solutions' own records
  std::vector<std::string> scorers;         // of those that there are; empty: those of the first solution
  bool skip_bad = false;
  // The id under which a record's scores stand; empty: its `id`.
  std::function<std::string(const Json& record, const std::string& place)> id_of;
  bool keep_repeats = false;   // a second record of an id is handed over too, not a fault
  std::string inherited = {};  // as for_each_solution() takes it
};
struct ScoredResult {
  std::vector<std::string> scorers;
  BadLines bad;
};
// A solution without scores by one of the scorers is a fault of its record; scores of no solution are ignored.
using ScoredSink = std::function<void(ScoredSteps steps, const Json& record, const std::string& place)>;
ScoredResult read_scored(const ScoredSource& source, const ScoredSink& use);

// Puts `scores` beside what `record` holds: its id, where it has none, and the scores, replacing those of the same name
// and keeping other scorers. So a file can collect scorer after scorer.
Json with_step_scores(Json record, const StepScores& scores);
// The same for a solution whose record has the id. A list without a name gets the name `scores`.
void add_step_scores(Json& solution, const std::map<std::string, std::vector<double>>& by_scorer);

}  // namespace hrm::selection
