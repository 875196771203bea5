// What `hrm eval` adds for ARC: votes over all variants of a task, and scores of saved answers.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "puzzles/arc_dataset.h"

namespace hrm::cli {

struct SavedAnswers {
  std::vector<std::string> answers, q_halt;  // .npy files: [examples, cells] token ids and [examples] logits, paired
};

// Counts the saved answers together. Throws bad_input with file and shape if they do not fit the data set.
void add_saved(puzzles::ArcDatasetVotes& votes, const puzzles::Dataset& test, const SavedAnswers& saved);

struct ArcReport {
  const std::string& submission;  // file for submission.json; empty: none
  Json* json = nullptr;           // receives the table, which is not printed then
  bool complete = true;           // every variant was answered; else no submission is written
};
void report_votes(const puzzles::ArcVotes& votes, const ArcReport& report);

}  // namespace hrm::cli
