// POST /v1/solve: from the body to an answer, as one reply or as a stream of events.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/server.h"
#include "server/solve_request.h"
#include "server/solver_service.h"

namespace hrm::server {

// Called once, when the answer is complete.
using Answered = std::function<void(int status)>;

// Where the answer goes.
struct Answering {
  std::shared_ptr<http::Exchange> exchange;
  Answered answered;
};

// Reads the puzzles and passes them to the service. Throws ApiError if they are refused; `answered` is then not called.
//
// The events of a stream. The data of each is a JSON object:
//   segment   {puzzle, view, segment, answer, cells, changed, confidence, q_halt, q_continue, residual_H, residual_L}
//   solution  {puzzle} and the fields of solving::to_json(), with steps only if requested
//   done      {model, family, complete, puzzles, skipped}
//   error     {error}: the last event of a stream that could not be finished
void start_solving(SolveRequest request, SolverService& service, const Limits& limits, Answering to);

}  // namespace hrm::server
