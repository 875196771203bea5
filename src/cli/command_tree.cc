#include "cli/command_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "base/nearest.h"

namespace hrm::cli {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(at, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

bool is_placeholder(std::string_view part) {  // FILE, HEIGHTxWIDTH, FILE.svg: not typed as they stand
  return !part.empty() && std::isupper(static_cast<unsigned char>(part.front()));
}

// "N:INT in [0 - 1024]" is "N" with the limits "0 to 1024". Other validators have nothing to tell a reader.
void read_type(OptionPage& page, const std::string& type) {
  const size_t colon = type.find(':');
  page.value = type.substr(0, colon);
  constexpr std::string_view kRange = " in [";
  const size_t range = type.find(kRange, std::min(colon, type.size()));
  if (range == std::string::npos) return;
  const size_t begin = range + kRange.size(), dash = type.find(" - ", begin), end = type.find(']', begin);
  if (dash == std::string::npos || end == std::string::npos || dash > end) return;
  page.limits = fmt::format("{} to {}", type.substr(begin, dash - begin), type.substr(dash + 3, end - dash - 3));
}

// What may stand there, from the value's name: words, files, folders.
void read_values(OptionPage& page) {
  constexpr std::string_view kList = ",...";
  std::string_view value = page.value;
  page.list = value.ends_with(kList);
  if (page.list) value.remove_suffix(kList.size());
  for (const std::string& part : split(value, '|')) {
    const std::string word = trimmed(part);
    if (word.starts_with("FILE") || word.starts_with("PATH") || word == "MODEL" || word == "IN" || word == "OUT" ||
        word == "SOURCE")
      page.files = true;
    else if (word.starts_with("DIR") || word.starts_with("FOLDER"))
      page.folders = true;
    else if (!word.empty() && !is_placeholder(word) && word.find('=') == std::string::npos)
      page.words.push_back(word);
  }
}

OptionPage option_page(const CLI::Option& option) {
  OptionPage page{.help = option.get_description(),
                  .standard = option.get_default_str(),
                  .required = option.get_required(),
                  .repeated = option.get_expected_max() > 1};
  for (const std::string& name : option.get_snames()) page.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) page.names.push_back("--" + name);
  if (page.names.empty()) page.names.push_back(option.get_name(true));
  if (option.get_items_expected_max() > 0) read_type(page, option.get_type_name());
  read_values(page);
  return page;
}

// "Title:", then lines "  text  explanation" or "  text" with a deeper line that explains it.
std::vector<FooterPage> footer_pages(const std::string& footer) {
  std::vector<FooterPage> pages;
  std::istringstream lines(footer);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const size_t indent = line.find_first_not_of(' ');
    if (indent == 0) {
      pages.push_back({.title = line.substr(0, line.find_last_not_of(": ") + 1), .entries = {}});
    } else if (pages.empty()) {
      continue;
    } else if (indent > 2 && !pages.back().entries.empty()) {
      pages.back().entries.back().second = trimmed(line);
    } else {
      const std::string text = trimmed(line);
      // Settings stand in columns; an example may contain two blanks and has a line for its explanation.
      const size_t gap = pages.back().title == "Examples" ? std::string::npos : text.find(' ');
      const bool columns = gap != std::string::npos;
      pages.back().entries.emplace_back(text.substr(0, gap), columns ? trimmed(text.substr(gap)) : "");
    }
  }
  return pages;
}

// Settings that the footer lists complete the argument key=value.
void add_settings_words(CommandPage& page) {
  for (OptionPage& argument : page.arguments) {
    if (argument.value.find("key=value") == std::string::npos) continue;
    for (const FooterPage& footer : page.footer) {
      if (!footer.title.starts_with("Settings")) continue;
      for (const auto& [setting, help] : footer.entries)
        argument.words.push_back(setting.substr(0, setting.find('=')) + "=");
    }
  }
}

CommandPage page_of(const CLI::App& app, std::vector<std::string> words) {
  CommandPage page{.words = std::move(words)};
  const std::string text = app.get_description();
  const size_t end = std::min(text.find('\n'), text.size());
  page.summary = text.substr(0, end);
  page.description = end < text.size() ? text.substr(end + 1) : "";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    (option->nonpositional() ? page.options : page.arguments).push_back(option_page(*option));
  }
  page.footer = footer_pages(app.get_footer());
  add_settings_words(page);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* each) { return !each->get_name().empty(); })) {
    std::vector<std::string> below = page.words;
    below.push_back(command->get_name());
    page.commands.push_back(page_of(*command, std::move(below)));
  }
  return page;
}

}  // namespace

std::string CommandPage::name(std::string_view separator) const {
  return fmt::format("{}", fmt::join(words, separator));
}

CommandPage command_tree(const CLI::App& root) {
  CommandPage tree = page_of(root, {root.get_name()});
  for (CommandPage& command : tree.commands)  // of hrm help
    for (OptionPage& argument : command.arguments)
      if (argument.value == "COMMAND") argument.words = subcommand_names(root);
  return tree;
}

std::vector<const CommandPage*> all_commands(const CommandPage& root) {
  std::vector<const CommandPage*> pages = {&root};
  for (const CommandPage& command : root.commands)
    for (const CommandPage* page : all_commands(command)) pages.push_back(page);
  return pages;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

Error unknown_subcommand(std::string_view name, const std::vector<std::string>& known, std::string_view above) {
  const auto nearest = nearest_name(name, known);
  const std::string hint =
      nearest ? fmt::format("did you mean '{}'?", *nearest) : fmt::format("{} --help lists all", above);
  return bad_input("cli", "unknown subcommand '{}'; {}", name, hint);
}

const CLI::App& find_command(const CLI::App& root, std::span<const std::string> words) {
  const CLI::App* at = &root;
  std::string above = root.get_name();
  for (const std::string& word : words) {
    const std::vector<std::string> names = subcommand_names(*at);
    if (names.empty()) throw bad_input("cli", "{} has no subcommands, but '{}' was given", above, word);
    if (std::ranges::find(names, word) == names.end()) throw unknown_subcommand(word, names, above);
    const auto found = at->get_subcommands([&](const CLI::App* each) { return each->get_name() == word; });
    at = found.front();
    above += " " + word;
  }
  return *at;
}

const CommandPage& find_page(const CommandPage& root, std::span<const std::string> words) {
  const CommandPage* at = &root;
  for (const std::string& word : words)
    at = &*std::ranges::find_if(at->commands, [&](const CommandPage& each) { return each.words.back() == word; });
  return *at;
}

std::string short_help(std::string_view help) {
  size_t end = std::min({help.find(';'), help.find(". "), help.find('\n'), help.size()});
  if (end > 0 && end == help.size() && help.back() == '.') --end;
  return std::string(help.substr(0, end));
}

}  // namespace hrm::cli
