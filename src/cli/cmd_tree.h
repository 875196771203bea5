// Shared by the commands of `hrm tree`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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
  std::string labels = "mc", profile = "sound", prior = "jeffreys", evidence = "auto", undecided = "left-out";
  bool faithful = false;

  tree::LabelOptions options() const;
};
void add_label_options(CLI::App& command, LabelArguments& args);
void add_faithful_labels_flag(CLI::App& command, LabelArguments& args);  // --faithful
// -p, --min-children.
void add_compression_options(CLI::App& command, tree::CompressionOptions& options);

// Problems of a store to work on: all, or the one with that id or position. Throws bad_input if there is none.
void add_problem_option(CLI::App& command, std::string& problem);
std::vector<size_t> chosen_problems(const tree::StoreReader& store, const std::string& problem);

}  // namespace hrm::cli
