#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "cli/choices.h"
#include "cli/cmd_help.h"
#include "cli/completion.h"
#include "cli/manual.h"

namespace hrm::cli {
namespace {

struct HelpArguments {
  std::vector<std::string> words;
  std::filesystem::path write;
  std::optional<Shell> completion;
  bool man = false;
};

const CommandPage* parent_of(const CommandPage& root, const CommandPage& page) {
  if (page.words.size() < 2) return nullptr;
  return &find_page(root, std::span(page.words).subspan(1, page.words.size() - 2));
}

// The help that --help prints. App::help() would answer for `hrm help` itself, the command that was parsed.
std::string help_of(const CLI::App& root, std::span<const std::string> words) {
  const CLI::App& command = find_command(root, words);
  std::string name = root.get_name();
  for (const std::string& word : words) name += " " + word;
  return command.get_formatter()->make_help(&command, name, CLI::AppFormatMode::Normal);
}

// As `share` of an installation.
void write_all_pages(const CommandPage& tree, const std::filesystem::path& share) {
  const std::vector<const CommandPage*> pages = all_commands(tree);
  for (const CommandPage* page : pages)
    write_file_atomic(share / "man/man1" / manual_name(*page), manual_page(*page, parent_of(tree, *page), HRM_VERSION));
  for (const auto& [shell, name] : enum_names(Shell{}))
    write_file_atomic(share / completion_place(shell), completion_script(tree, shell));
  log_info("{}: {} manual pages, completions for bash, zsh and fish", share.string(), pages.size());
}

void help(const CLI::App& root, const HelpArguments& args) {
  if (args.completion) {
    fmt::print("{}", completion_script(command_tree(root), *args.completion));
  } else if (!args.write.empty()) {
    if (std::filesystem::exists(args.write) && !std::filesystem::is_directory(args.write))
      throw bad_input("cli.help", "--write {}: is a file; give a folder, which may be new", args.write.string());
    write_all_pages(command_tree(root), args.write);
  } else if (args.man) {
    find_command(root, args.words);  // refuses what is not a command
    const CommandPage tree = command_tree(root);
    const CommandPage& page = find_page(tree, args.words);
    fmt::print("{}", manual_page(page, parent_of(tree, page), HRM_VERSION));
  } else {
    fmt::print("{}", help_of(root, args.words));
  }
}

}  // namespace

void register_help(CLI::App& root) {
  CLI::App& command = *root.add_subcommand("help", "Print help, manual pages and completions of the shells.");
  const auto args = std::make_shared<HelpArguments>();
  CLI::Option* words = command.add_option("command", args->words, "the command to describe; default: hrm itself")
                           ->type_name("COMMAND")
                           ->expected(0, 8);
  CLI::Option* man = command.add_flag("--man", args->man, "print the command's manual page, for man -l");
  CLI::Option* completion = add_choice(command, "--completion", args->completion, "print the completions of a shell")
                                ->excludes(words)
                                ->excludes(man);
  command
      .add_option("--write", args->write, "write all manual pages and completions into this folder, as in /usr/share")
      ->type_name("DIR")
      ->excludes(words)
      ->excludes(man)
      ->excludes(completion);
  set_examples(command, {{"hrm help tree grow", "the same as hrm tree grow --help"},
                         {"hrm help --man solve | man -l -", "the manual page of hrm solve"},
                         {"source <(hrm help --completion bash)", "completions in this bash"},
                         {"hrm help --completion fish > ~/.config/fish/completions/hrm.fish", "completions in fish"},
                         {"hrm help --write ~/.local/share", "all pages and completions, where the shells look"}});
  command.callback([args, &root] { help(root, *args); });
}

}  // namespace hrm::cli
