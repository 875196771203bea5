// Shared by the commands of `hrm tree`.
#pragma once

#include <filesystem>
#include <string>

#include "cli/command.h"
#include "tree/labeled.h"
#include "tree/store.h"

namespace hrm::cli {

void register_tree_grow(CLI::App& tree, Exit& exit);
void register_tree_filter(CLI::App& tree, Exit& exit);
void register_tree_show(CLI::App& tree, Exit& exit);
void register_tree_label(CLI::App& tree, Exit& exit);
void register_tree_compress(CLI::App& tree, Exit& exit);
void register_tree_files(CLI::App& tree, Exit& exit);  // export, import, merge, check

// Which labels, from what: --labels, --profile, --evidence, --undecided, --prior. `mc` is also named `soft`.
struct LabelArguments {
  tree::LabelOptions chosen;
  bool faithful = false;

  tree::LabelOptions options() const;
};
void add_label_options(CLI::App& command, LabelArguments& args);
void add_faithful_labels_flag(CLI::App& command, LabelArguments& args);  // --faithful
// -p, --min-children.
void add_compression_options(CLI::App& command, tree::CompressionOptions& options);

void add_problem_option(CLI::App& command, std::string& problem);  // --problem; tree::chosen_problems()

}  // namespace hrm::cli
