// The guided search of Sudoku. It finds up to two answers and so proves whether an answer is the only one.
//
// Propagation as in puzzles/sudoku_candidates.h. A choice is the candidates of a cell, or the places of a digit in a
// house; only the smallest choices count, which are nearly always pairs. Among them:
//   guide    p(value) of a choice is the guide's probability over its alternatives; the value with the largest p
//   fixed    the first choice, its first value
//   random   any choice, any value
// A guess splits the search in two: the value, then everything but the value. After the first answer, guesses are the
// values that it does not have, which must be refuted.
//
// Bad guesses at the top can make a search endless. It therefore restarts after 1,000 guesses, then 2,000, 4,000, ...,
// keeps what the top has ruled out, and among the smallest choices prefers those whose houses had the most
// contradictions (Boussemart et al. 2004, "weighted degree"). A guide that knows nothing then costs little.
#pragma once

#include <memory>

#include "puzzles/guided_search.h"
#include "puzzles/sudoku_shape.h"

namespace hrm::puzzles {

// question: [cells] tokens. Givens that contradict each other have no answer.
std::unique_ptr<GuidedSearch> search_sudoku_guided(const SudokuShape& shape, std::span<const int32_t> question,
                                                   const GuidedSearchOptions& options);

}  // namespace hrm::puzzles
