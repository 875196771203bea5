#include "cli/manual.h"

#include <fmt/format.h>

#include <cctype>

namespace hrm::cli {
namespace {

// Text as roff prints it back: no character is taken for a request, an escape or a typographic sign. Options can be
// copied from the page, so every - is a minus.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\')
      result += "\\(rs";
    else if (c == '-')
      result += "\\-";
    else if (c == '\'')
      result += "\\(aq";
    else if (c == '`')
      result += "\\(ga";
    else if (c == '^')
      result += "\\(ha";
    else if (c == '~')
      result += "\\(ti";
    else if (c == '"')
      result += "\\(dq";
    else if (c == '|' || c == ',')
      result += std::string(1, c) + "\\:";  // a line may end here, as in a list of values
    else
      result += c;
  }
  if (result.starts_with('.')) result.insert(0, "\\&");
  for (size_t at = result.find("\n."); at != std::string::npos; at = result.find("\n.", at + 4))
    result.insert(at + 1, "\\&");
  return result;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

// On the one line of NAME, by custom: no capital, no full stop. Names such as ProcessBench keep their capitals.
std::string as_phrase(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  const auto is_upper = [&](size_t i) { return i < text.size() && std::isupper(static_cast<unsigned char>(text[i])); };
  const size_t end = std::min(text.find_first_of(" :"), text.size());
  bool is_name = end < text.size() && text[end] == ':';
  for (size_t i = 1; i < end; ++i) is_name = is_name || is_upper(i);
  if (!is_name && is_upper(0)) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string synopsis(const CommandPage& page) {
  std::string text = ".SH SYNOPSIS\n" + bold(page.name());
  if (!page.options.empty()) text += " [" + italic("OPTION") + "]...";
  if (!page.commands.empty()) text += " " + italic("COMMAND");
  for (const OptionPage& argument : page.arguments) {
    const std::string one = italic(argument.names.front()) + (argument.repeated ? "..." : "");
    text += argument.required ? " " + one : " [" + one + "]";
  }
  return text + "\n";
}

std::string remarks(const OptionPage& option) {
  std::string text;
  const auto add = [&](std::string_view remark) { text += (text.empty() ? "" : "; ") + std::string(remark); };
  if (option.required) add("required");
  if (!option.limits.empty()) add(option.limits);
  if (!option.standard.empty()) add("default: " + option.standard);
  return text.empty() ? "" : "\n(" + roff(text) + ")";
}

std::string entry(const OptionPage& option, bool argument) {
  std::string names;
  for (const std::string& name : option.names)
    names += (names.empty() ? "" : ", ") + (argument ? italic(name) : bold(name));
  if (!option.value.empty()) names += (argument ? ": " : " ") + italic(option.value);
  return ".TP\n" + names + "\n" + roff(option.help) + remarks(option) + "\n";
}

std::string entries(std::string_view title, const std::vector<OptionPage>& options, bool argument) {
  if (options.empty()) return "";
  std::string text = fmt::format(".SH {}\n", title);
  for (const OptionPage& option : options) text += entry(option, argument);
  return text;
}

std::string commands(const CommandPage& page) {
  if (page.commands.empty()) return "";
  std::string text = ".SH COMMANDS\nEach command has its own page.\n";
  for (const CommandPage& command : page.commands)
    text += fmt::format(".TP\n{}\n{}\n", bold(command.name("-") + "(1)"), roff(command.summary));
  return text;
}

std::string footer(const CommandPage& page) {
  std::string text;
  for (const FooterPage& part : page.footer) {
    const bool examples = part.title == "Examples";
    std::string title = part.title.substr(0, part.title.find(" ("));
    for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    text += ".SH " + roff(title) + "\n";
    if (!examples) text += roff(part.title) + ":\n";
    for (const auto& [line, explanation] : part.entries) {
      const std::string explained = explanation.empty() ? "" : roff(explanation) + "\n";
      text += examples ? fmt::format(".PP\n{}.RS 4\n.nf\n{}\n.fi\n.RE\n", explained, bold(line))
                       : fmt::format(".TP\n{}\n{}", bold(line), explained);
    }
  }
  return text;
}

constexpr std::string_view kExitStatus =
    ".SH \"EXIT STATUS\"\n"
    ".TP\n0\nThe work is done.\n"
    ".TP\n1\nIt failed while running, or a check found faults.\n"
    ".TP\n2\nThe usage or the input is wrong; one line on standard error says what and where.\n"
    ".TP\n130\nIt was interrupted.\n";

constexpr std::string_view kEnvironment =
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBHRM_THREADS\\fR\nNumber of threads where \\fB\\-\\-threads\\fR is 0 or not given.\n"
    ".TP\n\\fBHRM_ISA\\fR\nHighest instruction set to use: baseline, avx2 or avx512.\n"
    ".TP\n\\fBNO_COLOR\\fR\nIf set, \\fB\\-\\-color auto\\fR means never.\n";

std::string see_also(const CommandPage& page, const CommandPage* parent) {
  std::vector<std::string> names;
  if (parent) names.push_back(parent->name("-"));
  if (parent && parent->words.size() > 1) names.push_back(page.words.front());
  for (const CommandPage& command : page.commands) names.push_back(command.name("-"));
  if (names.empty()) return "";
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",\n") + bold(name) + "(1)";
  return ".SH \"SEE ALSO\"\n" + text + "\n";
}

}  // namespace

std::string manual_name(const CommandPage& page) { return page.name("-") + ".1"; }

std::string manual_page(const CommandPage& page, const CommandPage* parent, std::string_view version) {
  std::string name = page.name("-");
  std::string title = name;
  for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string text = ".\\\" Made by hrm help --man\n";
  text += fmt::format(".TH \"{}\" 1 \"\" \"hrm {}\" \"hrm manual\"\n.nh\n.ad l\n", roff(title), version);
  text += fmt::format(".SH NAME\n{} \\- {}\n", roff(name), roff(as_phrase(page.summary)));
  text += synopsis(page);
  text += ".SH DESCRIPTION\n" + roff(page.summary) + "\n";
  if (!page.description.empty()) text += ".PP\n" + roff(page.description) + "\n";
  text += commands(page) + entries("ARGUMENTS", page.arguments, true) + entries("OPTIONS", page.options, false);
  if (parent) text += ".PP\nThe options of " + bold(page.words.front()) + "(1) may be given too.\n";
  return text + footer(page) + std::string(kExitStatus) + (parent ? "" : std::string(kEnvironment)) +
         see_also(page, parent);
}

}  // namespace hrm::cli
