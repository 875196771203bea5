// POST /v1/solve: from the body to an answer, at once or as a stream of events.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/server.h"
#include "server/solve_request.h"
#include "server/solver_service.h"

namespace hrm::server {

// Called once, when the request has its whole answer.
using Answered = std::function<void(int status)>;

// Where the answer goes.
struct Answering {
  std::shared_ptr<http::Exchange> exchange;
  Answered answered;
};

// Reads the puzzles and hands them to the service. Throws ApiError where that is refused; `answered` is then not
// called.
//
// The events of a stream, each with a JSON object as its data:
//   segment   {puzzle, view, segment, answer, cells, changed, confidence, q_halt, q_continue, residual_H, residual_L}
//   solution  {puzzle} and what solving::to_json() says, without steps unless the request asks for them
//   done      {model, family, complete, puzzles, skipped}
//   error     {error}: the last event of a stream that could not be finished
void start_solving(SolveRequest request, SolverService& service, const Limits& limits, Answering to);

}  // namespace hrm::server
