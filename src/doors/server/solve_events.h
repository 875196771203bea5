// What a stream of POST /v1/solve tells, event by event, and a model's entry in GET /v1/models; docs/server.md has the
// fields. The server sends them as server-sent events, the WebAssembly module hands them to its page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/backend.h"
#include "puzzles/family.h"
#include "puzzles/questions.h"
#include "solving/puzzle_run.h"
#include "solving/solver.h"

namespace hrm::server {

// "segment": where puzzle `puzzle` stands. confidence: [S]; empty: not told.
Json segment_event(size_t puzzle, const solving::PuzzleRun& run, const std::vector<float>& confidence,
                   const puzzles::Family& family);

// A puzzle of the request, and what came of it.
struct AnsweredPuzzle {
  size_t puzzle = 0;
  const std::string& source;  // of its question
  const solving::SolvedPuzzle& solution;
};
// "solution". steps: with what came of every segment.
Json solution_event(const AnsweredPuzzle& answered, const puzzles::Family& family, bool steps);

// "done".
Json done_event(const std::string& model, const puzzles::Questions& asked, const puzzles::Family& family);

Json describe_model(const std::string& id, int64_t parameters, const model::Backend& backend,
                    const puzzles::Family& family);

}  // namespace hrm::server
