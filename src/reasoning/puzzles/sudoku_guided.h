// The guided search of Sudoku: every answer up to two, so that one is proved to be the only one.
//
// Propagation as in puzzles/sudoku_candidates.h. A choice is the candidates of a cell, or the places of a digit in a
// house; the smallest choices are looked at, which are nearly always pairs. Among them:
//   guide    p(value) of a choice is the guide's probability over its alternatives; the value with the largest p
//   fixed    the first choice, its first value
//   random   any choice, any value
// A guess splits the search in two: the value, then everything but the value. Once there is an answer, guesses are the
// values that it does not have: what remains is to refute them.
//
// Where a search without an end in sight guessed badly at the top, it begins again: after 1,000 guesses, then 2,000,
// 4,000, ..., with what the top has ruled out by then, and among the smallest choices those first whose houses were in
// the most contradictions (Boussemart et al. 2004, "weighted degree"). So a guide that knows nothing costs little.
#pragma once

#include <memory>

#include "puzzles/guided_search.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

// question: [cells] tokens. Givens that contradict each other have no answer.
std::unique_ptr<GuidedSearch> search_sudoku_guided(const SudokuShape& shape, std::span<const int32_t> question,
                                                   const GuidedSearchOptions& options);

}  // namespace hrm::puzzles
