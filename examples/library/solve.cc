// solve MODEL FILE: solves the puzzles of a file and prints each answer on a line; what the model does not solve, an exact
// search completes. With a third argument, a data set's folder, it also measures the model there.
#include <hrm/evaluator.h>
#include <hrm/solver.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "usage: solve MODEL FILE [DATA]\n";
    return HRM_BAD_INPUT;
  }
  try {
    const hrm::Model model(argv[1]);
    hrm::Puzzles puzzles(model.family());
    puzzles.add_file(argv[2]);
    hrm_solve_options options = HRM_SOLVE_OPTIONS;
    options.complete = model.family().has_rules();
    const hrm::Run run = model.solve(puzzles, options);
    for (const hrm_solution* solution : run.solutions()) {
      const int32_t* answer = solution->completed ? solution->completed : solution->answer;
      std::cout << solution->source << ": " << model.family().line(answer) << " by "
                << (solution->completed ? solution->completed_by : "the model") << '\n';
    }
    if (argc == 4) std::cout << hrm::evaluate(model, argv[3]) << '\n';
  } catch (const hrm::Error& error) {
    std::cerr << "solve: " << error.what() << '\n';
    return error.status();
  }
}
