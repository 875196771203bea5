// The intermediate states of a model on its way to an answer, as files for analysis (docs/solving.md, "Traces"). One
// row per puzzle and segment, R rows in all:
//
//   index.npy     [R,2] i32  number of the puzzle from 1, segment from 1
//   questions.npy [n,S] i32  token ids
//   answers.npy   [R,S] i32  token ids after the segment
//   measures.npy  [R,6] f32  q_halt, q_continue, residual_H, residual_L, participation_H, participation_L
//   trace.json    names of the columns, participation ratios pooled over puzzles
//   residuals.svg, participation.svg    means over the puzzles still running, by segment
#pragma once

#include <filesystem>

#include "solving/solver.h"

namespace hrm::solving {

// Creates the folder. Every file is written atomically. REQUIRES: solved with SolverOptions::participation.
void save_trace(const std::filesystem::path& folder, const SolverResult& result, const puzzles::Family& family);

}  // namespace hrm::solving
