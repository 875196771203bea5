// What the commands of `hrm tree` share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "tree/labels.h"
#include "tree/store.h"

namespace hrm::cli {

void register_tree_grow(CLI::App& tree, Exit& exit);
void register_tree_show(CLI::App& tree, Exit& exit);
void register_tree_label(CLI::App& tree, Exit& exit);
void register_tree_compress(CLI::App& tree, Exit& exit);
void register_tree_files(CLI::App& tree, Exit& exit);  // export, import, merge, check

// Which labels, from what.
struct LabelArguments {
  std::string labels = "mc", profile = "sound", prior = "jeffreys", evidence = "auto", undecided = "left-out";
  bool faithful = false;

  grading::GradeOptions grading() const;
  tree::CountOptions counting() const;
};
void add_label_options(CLI::App& command, LabelArguments& args);

// A tree with everything that labels need.
struct LabelledTree {
  tree::Tree tree;
  tree::Verdicts verdicts;
  std::vector<tree::Counts> counts;
};
LabelledTree label_tree(tree::Tree tree, const LabelArguments& args);

// By kind: mc (soft), policy, hard; the middle of the interval for beta.
tree::Values values_of(const LabelledTree& labelled, const LabelArguments& args);

// Problems of a store to work on: all, or the one with that id or position. Throws bad_input where there is none.
void add_problem_option(CLI::App& command, std::string& problem);
std::vector<size_t> chosen_problems(const tree::StoreReader& store, const std::string& problem);

}  // namespace hrm::cli
