// The tree of subcommands as plain data, read off CLI11's App: what the help of a command, its manual page and the
// shells' completions are made from.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace hrm::cli {

// An option, a flag or an argument without a name.
struct OptionPage {
  std::vector<std::string> names;  // "-o", "--out"; of an argument its one name, without dashes
  std::string value;               // "FILE", "N", "on|off"; empty for a flag
  std::string limits;              // "0 to 1024"; empty where there are none
  std::string help, standard;      // standard: the default, empty without one
  bool required = false;
  bool repeated = false;           // more than one value
  std::vector<std::string> words;  // the values there are, where they are few; of settings "key="
  bool list = false;               // several of the words, separated by commas
  bool files = false, folders = false;
};

// A heading of the help's footer ("Examples", "Settings ...") with its pairs of text and explanation.
struct FooterPage {
  std::string title;
  std::vector<std::pair<std::string, std::string>> entries;
};

struct CommandPage {
  std::vector<std::string> words;  // "hrm", "data", "generate"
  std::string summary;             // one sentence
  std::string description;         // the rest, may be empty
  std::vector<OptionPage> arguments, options;
  std::vector<CommandPage> commands;
  std::vector<FooterPage> footer;

  std::string name(std::string_view separator = " ") const;  // "hrm data generate"
};

// REQUIRES: the root has a name, "hrm".
CommandPage command_tree(const CLI::App& root);

// The command itself and all below it, parents first.
std::vector<const CommandPage*> all_commands(const CommandPage& root);

std::vector<std::string> subcommand_names(const CLI::App& app);
// What is said of a word that should be a subcommand of `above`, with the nearest name there is.
Error unknown_subcommand(std::string_view name, const std::vector<std::string>& known, std::string_view above);

// The command that the words below `root` name. Throws bad_input for a word that is not a subcommand.
const CLI::App& find_command(const CLI::App& root, std::span<const std::string> words);
const CommandPage& find_page(const CommandPage& root, std::span<const std::string> words);  // REQUIRES: it exists

// Text up to the first of `;` and the end of its first sentence: for a list in which each entry has a line.
std::string short_help(std::string_view help);

}  // namespace hrm::cli
