// Evaluates a reward model on a file: scores the steps, and measures the scores as `hrm select` does.
//
//   records with candidates   best-of-N and votes if it is known which are correct; steps if the truth about them
//                             is known (selection/step_truth.h); the repair probe if the file is one
//   ProcessBench, PRMBench    their own measures
//   rows {input, label}, labeled solutions of any other format
//                             steps; a label counts as right from 0.5 on. Solutions of one question are one problem
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "reward/score_files.h"
#include "rows/formats.h"
#include "selection/measures.h"
#include "selection/report.h"

namespace hrm::reward {

struct EvaluateOptions {
  double threshold = 0.5;                   // a step is called right from this score on
  std::filesystem::path calibrate;          // ProcessBench: choose the threshold on this file instead
  uint64_t draws = 1000, seed = 0;          // of the bootstrap
  std::optional<rows::Format> format = {};  // nullopt: by the first record
  std::string by = "domain";                // the field that splits the measures of steps
  bool skip_bad = false;                    // records that cannot be scored are listed and left out
  bool progress = true;
  rows::Thinking think = rows::Thinking::kKeep;
  training::Collective* processes = nullptr;  // that score together (reward/scoring_turns.h); null: this one alone
};

struct Evaluation {
  std::optional<selection::SelectionReport> selection;
  std::vector<selection::MeasureReport> measures;
  ScoreFileReport scored;
  Json to_json() const;
  std::string to_markdown() const;
};

// Of several processes all score, and process 0 measures, writes and returns what was found; the others return nothing.
// Writes out/scored.jsonl, then out/NAME/report.md, report.json and plots per measure, NAME being bon, steps, repair,
// processbench or prmbench. Throws bad_input naming file, line and field, also where nothing can be measured; failure
// on a full disk and where it was interrupted.
Evaluation evaluate(const std::filesystem::path& file, Scorer& scorer, const std::filesystem::path& out,
                    const EvaluateOptions& options);

}  // namespace hrm::reward
