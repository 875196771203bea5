// Works with bash 4.4 or newer alone: nothing of the package bash-completion is called.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.h"

namespace hrm::cli {
namespace {

// After the data: walks over the words that stand before the cursor, and offers what fits there. Bash makes words of
// their own of = and of what follows it.
constexpr std::string_view kWalk = R"bash(
_hrm_offer() {  # words, prefix that each keeps
  local word
  for word in $1; do
    if [[ $word == "$cur"* ]]; then COMPREPLY+=("$2$word"); fi
  done
  if [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}

_hrm_paths() {  # -f: files, -d: folders
  local path
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
  compopt -o filenames 2>/dev/null
}

_hrm_values() {  # kind and words of an option or argument
  local prefix=
  case $1 in
    file) _hrm_paths -f ;;
    folder) _hrm_paths -d ;;
    list)
      if [[ $cur == *,* ]]; then prefix=${cur%,*}, cur=${cur##*,}; fi
      _hrm_offer "$2" "$prefix" ;;
    *) _hrm_offer "$2" "" ;;
  esac
}

_hrm() {
  local cur=${COMP_WORDS[COMP_CWORD]} path=hrm option= word i kind words commands options valued
  COMPREPLY=()
  if [[ $cur == '=' ]]; then cur=; fi
  _hrm_command "$path"
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ " $valued " == *" $word "* ]]; then
      option=$word
      i=$((i + 1))
      if [[ ${COMP_WORDS[i]} == '=' ]] && ((i < COMP_CWORD)); then i=$((i + 1)); fi
      if ((i < COMP_CWORD)); then option=; fi  # its value stands there already
    elif [[ " $commands " == *" $word "* ]]; then
      path+=" $word"
      _hrm_command "$path"
    fi
  done
  if [[ -n $option ]]; then
    _hrm_value "$path" "$option"
    _hrm_values "$kind" "$words"
  elif [[ ${COMP_WORDS[COMP_CWORD]} == '=' || ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then
    return  # the value of a setting
  elif [[ $cur == -* ]]; then
    _hrm_offer "$options" ""
  elif [[ -n $commands ]]; then
    _hrm_offer "$commands" ""
  else
    _hrm_value "$path" ""
    _hrm_values "$kind" "$words"
    if [[ -n $words && $kind == file ]]; then _hrm_offer "$words" ""; fi
  fi
}

complete -F _hrm hrm
)bash";

std::string kind_of(const OptionPage& option) {
  if (option.files) return "file";
  if (option.folders) return "folder";
  return option.list ? "list" : "words";
}

std::string value_case(const std::string& path, std::string_view option, const OptionPage& page) {
  return fmt::format("    '{} {}') kind={} words='{}' ;;\n", path, option, kind_of(page), fmt::join(page.words, " "));
}

// The arguments of a command as one: any of them may come next.
OptionPage joined(const std::vector<OptionPage>& arguments) {
  OptionPage all;
  for (const OptionPage& argument : arguments) {
    all.files = all.files || argument.files;
    all.folders = all.folders || argument.folders;
    all.words.insert(all.words.end(), argument.words.begin(), argument.words.end());
  }
  return all;
}

}  // namespace

std::string bash_completion(const CommandPage& root) {
  std::string commands, values;
  for (const CommandPage* page : all_commands(root)) {
    const std::string path = page->name();
    std::vector<std::string> below, options, valued;
    for (const CommandPage& command : page->commands) below.push_back(command.words.back());
    for (const OptionPage& option : page->options)
      for (const std::string& name : option.names) {
        options.push_back(name);
        if (option.value.empty()) continue;
        valued.push_back(name);
        if (option.files || option.folders || !option.words.empty()) values += value_case(path, name, option);
      }
    commands += fmt::format("    '{}')\n      commands='{}'\n      options='{}'\n      valued='{}' ;;\n", path,
                            fmt::join(below, " "), fmt::join(options, " "), fmt::join(valued, " "));
    const OptionPage arguments = joined(page->arguments);
    if (arguments.files || arguments.folders || !arguments.words.empty()) values += value_case(path, "", arguments);
  }
  return "# bash completion for hrm, made by: hrm help --completion bash\n\n"
         "_hrm_command() {  # what may follow the command: sets commands, options, valued\n  case $1 in\n" +
         commands +
         "  esac\n}\n\n"
         "_hrm_value() {  # of an option of a command, or of its arguments: sets kind and words\n"
         "  kind=words words=\n  case \"$1 $2\" in\n" +
         values + "  esac\n}\n" + std::string(kWalk);
}

}  // namespace hrm::cli
