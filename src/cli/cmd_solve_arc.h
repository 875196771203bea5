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
  solving::ArcSolveOptions options;
  model::BackendOptions backend;
};

// The options for ARC only, which it returns.
std::vector<CLI::Option*> add_arc_solve_options(CLI::App& command, ArcSolveArguments& args);

void solve_arc_tasks(const solving::ModelFile& model, ArcSolveArguments& args, Exit& exit);

}  // namespace hrm::cli
