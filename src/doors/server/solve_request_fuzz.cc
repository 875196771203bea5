// Any bytes as the body of a request: a refusal with a status, or a request within the limits.
#include <cstdlib>

#include "puzzles/family.h"
#include "server/api_error.h"
#include "server/score_request.h"
#include "server/select_request.h"
#include "server/solve_request.h"

using hrm::server::ApiError;
using hrm::server::Limits;

namespace {

constexpr Limits kLimits{.puzzles = 8, .segments = 16, .views = 4};

template <typename Read>
void try_reader(Read read) {
  try {
    read();
  } catch (const ApiError& error) {
    if (error.status != 400 && error.status != 422) std::abort();
    to_response(error);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  static const auto sudoku = hrm::puzzles::guess_family(16, 6);
  try_reader([&] {
    const hrm::server::SolveRequest request = hrm::server::read_solve_request(body, kLimits);
    if (request.solver.segments > kLimits.segments || request.solver.views > kLimits.views) std::abort();
    const hrm::puzzles::Questions questions = hrm::server::read_questions(request, *sudoku, kLimits);
    if (questions.good.size() > static_cast<size_t>(kLimits.puzzles)) std::abort();
  });
  try_reader([&] {
    const auto request = hrm::server::read_score_request(body, kLimits);
    if (request.solutions.size() != request.fields.size()) std::abort();
  });
  try_reader([&] { hrm::server::read_pooling_request(body, kLimits); });
  try_reader([&] { hrm::server::select_solution(body, kLimits); });
  return 0;
}
