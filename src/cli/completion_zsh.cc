// Functions for zsh's completion system, one per command; _arguments does the work.
#include <fmt/format.h>

#include "cli/completion.h"

namespace hrm::cli {
namespace {

// For single quotes, inside a specification in which the characters of `special` have a meaning.
std::string single_quoted(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (c == '\'')
      result += "'\\''";
    else if (special.find(c) != std::string_view::npos)
      result += std::string("\\") + c;
    else
      result += c;
  }
  return result;
}

std::string function_name(const CommandPage& page) {
  std::string name = "_" + page.name("_");
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

std::string words_of(const OptionPage& option) {
  std::string words;
  for (const std::string& word : option.words) words += (words.empty() ? "" : " ") + single_quoted(word, "\\:() ");
  return words;
}

std::string action(const OptionPage& option) {
  const std::string words = words_of(option);
  if (option.files && !words.empty()) return R"(_alternative 'files\:file\:_files' 'words\:word\:()" + words + ")'";
  if (option.files) return "_files";
  if (option.folders) return "_files -/";
  if (words.empty()) return "()";  // none; a blank would keep zsh from completing options there
  if (words.ends_with('=')) return "compadd -S \"\" -- " + words;
  return option.list ? "_values -s , value " + words : "(" + words + ")";
}

// In single quotes: quotes of the action itself end and begin them again.
std::string in_quotes(std::string_view text) { return single_quoted(text, ""); }

std::string option_specs(const OptionPage& option) {
  std::string all, lines;
  for (const std::string& name : option.names) all += (all.empty() ? "" : " ") + name;
  for (const std::string& name : option.names) {
    const bool value = !option.value.empty();
    const std::string take = !value ? "" : name.starts_with("--") ? "=" : "+";
    lines +=
        fmt::format("    '{}{}{}[{}]{}' \\\n", option.repeated ? "*" : fmt::format("({})", all), name, take,
                    single_quoted(short_help(option.help), "\\[]:"),
                    value ? fmt::format(":{}:{}", single_quoted(option.value, "\\:"), in_quotes(action(option))) : "");
  }
  return lines;
}

std::string argument_spec(const OptionPage& argument) {
  return fmt::format("    '{}:{}:{}' \\\n", argument.repeated ? "*" : "", single_quoted(argument.names.front(), "\\:"),
                     in_quotes(action(argument)));
}

std::string function(const CommandPage& page) {
  std::string text = function_name(page) + "() {\n";
  if (!page.commands.empty()) {
    text += "  local curcontext=$curcontext state line\n  local -a commands\n  commands=(\n";
    for (const CommandPage& command : page.commands)
      text += fmt::format("    '{}:{}'\n", command.words.back(), single_quoted(short_help(command.summary), "\\:"));
    text += "  )\n";
  }
  text += page.commands.empty() ? "  _arguments -s \\\n" : "  _arguments -s -C \\\n";
  for (const OptionPage& option : page.options) text += option_specs(option);
  for (const OptionPage& argument : page.arguments) text += argument_spec(argument);
  if (page.commands.empty()) {
    text.resize(text.size() - 3);  // the last continuation
    return text + "\n}\n\n";
  }
  text += "    '1: :->command' \\\n    '*:: :->words'\n  case $state in\n";
  text += "    command) _describe -t commands command commands ;;\n    words)\n      case $line[1] in\n";
  for (const CommandPage& command : page.commands)
    text += fmt::format("        {}) {} ;;\n", command.words.back(), function_name(command));
  return text + "      esac ;;\n  esac\n}\n\n";
}

}  // namespace

std::string zsh_completion(const CommandPage& root) {
  std::string text = "#compdef hrm\n# zsh completion for hrm, made by: hrm help --completion zsh\n\n";
  for (const CommandPage* page : all_commands(root)) text += function(*page);
  // Autoloaded from fpath the file is the function itself; sourced it defines it.
  return text + "if [[ $funcstack[1] == _hrm ]]; then _hrm \"$@\"; else compdef _hrm hrm; fi\n";
}

}  // namespace hrm::cli
