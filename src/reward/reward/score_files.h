// Scores the records of files and adds the scores to them.
//
//   records with `candidates`   each candidate gets scores (docs/formats/scored-solutions.md)
//   records of one solution     of any format that rows reads: ProcessBench, PRMBench, ...; the record gets scores
//                               (docs/formats/step-scores.md)
//   a tree store                a record per problem: {"id", "root", "nodes": [id of node], "scores": {NAME: [..]}} of
//                               all its steps, breadth first
//
// Scores of other scorers stay. Candidates also get `scored_tokens`: the tokens read for their problems, prefixes that
// are shared counted once, by the length of what each would read alone.
#pragma once

#include <filesystem>
#include <functional>

#include "formats/jsonl.h"
#include "reward/scoring_turns.h"
#include "rows/step_text.h"

namespace hrm::reward {

struct ScoreFileOptions {
  bool skip_bad = false;  // records that cannot be scored are listed and left out
  bool progress = true;
  // Dropped thinking is not read; `steps` of the records are then those that are left. Refused where a record has labels
  // for its steps, which count those of the thinking too.
  rows::Thinking think = rows::Thinking::kKeep;
  // That score the file together, and all read it: records of about 131,072 tokens, or one tree, by each in turn. Null:
  // this one alone.
  training::Collective* processes = nullptr;
};

struct ScoreFileReport {
  uint64_t records = 0, solutions = 0, steps = 0;
  double seconds = 0;
  ScoringWork work;
  BadLines bad;
  Json to_json() const;
};

// Hands over the records with their scores in the order of the file, in process 0; the reports of others have only
// what was bad. Throws bad_input naming file, line and field: no question, no steps, a text that is longer than the
// model reads; failure if it was interrupted.
ScoreFileReport score_file(const std::filesystem::path& path, Scorer& scorer, const ScoreFileOptions& options,
                           const std::function<void(const Json&)>& write);

}  // namespace hrm::reward
