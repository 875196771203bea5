// `hrm solve` for ARC: tasks from files, embeddings fitted on their demonstrations, votes.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "solving/arc_solver.h"

namespace hrm::cli {

struct ArcSolveArguments {
  std::string model;               // its name, for messages
  std::vector<std::string> paths;  // task files, combined files, folders
  std::string color, submission, svg;
  bool steps = false, json = false, keep_going = false;
  std::string given;  // the first of the options for ARC only that the command line has
  solving::ArcSolveOptions options;
  model::BackendOptions backend;
};

inline constexpr const char* kArcSolveOptions[] = {"--variants",  "--identifiers", "--seconds",    "--fit-steps",
                                                   "--fit-batch", "--fit-lr",      "--submission", "--plot"};
void add_arc_solve_options(CLI::App& command, ArcSolveArguments& args);

void solve_arc_tasks(const solving::ModelFile& model, ArcSolveArguments& args, Exit& exit);

}  // namespace hrm::cli
