// One `complete` line per subcommand, option and argument; __hrm_at tells at which command the cursor is.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.h"

namespace hrm::cli {
namespace {

std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

constexpr std::string_view kAt = R"fish(
# True where the words before the cursor name this command and nothing below it.
function __hrm_at
    set -l path hrm
    for word in (commandline -opc)[2..-1]
        contains -- "$path $word" $__hrm_commands; and set path "$path $word"
    end
    test "$path" = "$argv[1]"
end

complete -c hrm -f
)fish";

std::string values(const OptionPage& option) {
  std::string text;
  if (option.files) text += " -F";
  if (!option.files && option.folders) text += " -x -a '(__fish_complete_directories)'";
  if (!option.words.empty()) {
    text += fmt::format("{} -a {}", option.files ? "" : " -x",
                        single_quoted(fmt::format("{}", fmt::join(option.words, " "))));
  }
  return text;
}

std::string option_line(const std::string& at, const OptionPage& option) {
  std::string text = at;
  for (const std::string& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.value.empty()) {
    const std::string given = values(option);
    text += given.find(" -x") == std::string::npos && given.find(" -F") == std::string::npos ? " -x" : " -r" + given;
  }
  return text + " -d " + single_quoted(short_help(option.help)) + "\n";
}

}  // namespace

std::string fish_completion(const CommandPage& root) {
  std::string names = "set -g __hrm_commands", lines;
  for (const CommandPage* page : all_commands(root)) {
    names += " \\\n    " + single_quoted(page->name());
    const std::string at = "complete -c hrm -n " + single_quoted("__hrm_at " + single_quoted(page->name()));
    for (const CommandPage& command : page->commands)
      lines += fmt::format("{} -a {} -d {}\n", at, command.words.back(), single_quoted(short_help(command.summary)));
    for (const OptionPage& option : page->options) lines += option_line(at, option);
    for (const OptionPage& argument : page->arguments)
      if (const std::string given = values(argument); !given.empty())
        lines += at + given + " -d " + single_quoted(argument.names.front()) + "\n";
  }
  return "# fish completion for hrm, made by: hrm help --completion fish\n\n" + names + "\n" + std::string(kAt) + "\n" +
         lines;
}

}  // namespace hrm::cli
