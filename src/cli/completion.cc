#include "cli/completion.h"

#include <utility>

namespace hrm::cli {

EnumNames<Shell> enum_names(Shell) {
  static constexpr std::pair<Shell, std::string_view> kNames[] = {
      {Shell::kBash, "bash"}, {Shell::kZsh, "zsh"}, {Shell::kFish, "fish"}};
  return kNames;
}

std::string completion_script(const CommandPage& root, Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return bash_completion(root);
    case Shell::kZsh:
      return zsh_completion(root);
    case Shell::kFish:
      break;
  }
  return fish_completion(root);
}

std::string_view completion_place(Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return "bash-completion/completions/hrm";
    case Shell::kZsh:
      return "zsh/site-functions/_hrm";
    case Shell::kFish:
      break;
  }
  return "fish/vendor_completions.d/hrm.fish";
}

}  // namespace hrm::cli
