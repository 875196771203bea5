#include "cli/operands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace hrm::cli {
namespace {

constexpr char kOperandMark = '\x1F';  // before an argument that looks like an option or a list
constexpr char kPlainMark = '\x1E';    // before every argument after --

// "-8----4--...": as long as the smallest puzzle, and no name of an option.
bool is_dashed_puzzle(const std::string& word) {
  constexpr size_t kFewestCells = 16;
  const size_t first = word.find_first_not_of('-');
  return word.size() >= kFewestCells && (first == std::string::npos || !std::isalpha(uint8_t(word[first])));
}

}  // namespace

// CLI11 would cut [0,1] at its comma, take -\frac{1}{2} and -.5 for flags, and refuse what stands after -- if an operand
// stands before it.
void mark_operands(const CLI::App& app, std::vector<std::string>& words) {
  const auto name = std::ranges::find_if(words, [](const std::string& word) { return !word.starts_with('-'); });
  if (name == words.end() || (*name != "grade" && *name != "solve")) return;
  const bool answers = *name == "grade";
  const CLI::App& command = *app.get_subcommand(*name);
  const auto takes_value = [&](const std::string& flag) {  // nullopt: not an option
    const CLI::Option* option = command.get_option_no_throw(flag);
    if (!option) option = app.get_option_no_throw(flag);
    return option ? std::optional(option->get_items_expected_max() > 0) : std::nullopt;
  };
  const auto is_operand = [&](const std::string& word) {
    if (!answers) return is_dashed_puzzle(word);
    if (word[1] == '-') return false;
    const auto value = takes_value(word.substr(0, 2));
    return !value || (!*value && word.size() > 2);  // -o FILE, -oFILE and -q are options, -q^2 is not
  };
  auto end = words.end();
  bool is_value = false;
  for (auto at = name + 1; at != words.end(); ++at) {
    std::string& word = *at;
    if (std::exchange(is_value, false) || word.size() < 2) continue;
    if (word == "--") {
      end = at;
      break;
    }
    if (word[0] == '[' || (word[0] == '-' && is_operand(word)))
      word.insert(word.begin(), kOperandMark);
    else if (word[0] == '-')
      is_value = takes_value(word).value_or(false);
  }
  if (end == words.end()) return;
  for (auto at = words.erase(end); at != words.end(); ++at) at->insert(at->begin(), kPlainMark);
}

bool unmark_operand(std::string& word) {
  const bool marked = word.starts_with(kOperandMark);
  if (marked || word.starts_with(kPlainMark)) word.erase(0, 1);
  return marked;
}

}  // namespace hrm::cli
