// The body of POST /v1/solve.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puzzles/family.h"
#include "puzzles/questions.h"
#include "server/limits.h"
#include "solving/solver.h"

namespace hrm::server {

struct SolveRequest {
  std::string model;                                       // empty: the first one
  std::vector<std::pair<std::string, std::string>> texts;  // field ("puzzle", "puzzles[2]") and text
  std::string symbols;
  bool keep_going = false, steps = true, stream = false, confidence = false;
  solving::SolverOptions solver;
};

// Throws ApiError: 400 if the body is not JSON; 422 with the field that is missing, unknown, of another type or out of
// range.
SolveRequest read_solve_request(std::string_view body, const Limits& limits);

// The puzzles in the request's texts. Throws ApiError 422 that names the field.
puzzles::Questions read_questions(const SolveRequest& request, const puzzles::Family& family, const Limits& limits);

}  // namespace hrm::server
