#include "rows/step_text.h"

#include "base/utf8.h"

namespace hrm::rows {
namespace {

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

// Bytes of "Step 12" at the start of the text; 0: it does not begin so.
size_t step_mark(std::string_view text) {
  constexpr std::string_view kStep = "Step ";
  if (!text.starts_with(kStep)) return 0;
  size_t end = kStep.size();
  while (end < text.size() && is_ascii_digit(text[end])) ++end;
  return end == kStep.size() ? 0 : end;
}

// Bytes of "## Step 12" at the start of the text; 0: it does not begin so.
size_t heading_mark(std::string_view text) {
  const size_t hashes = std::min(text.find_first_not_of('#'), text.size());
  const size_t blanks = std::min(text.find_first_not_of(' ', hashes), text.size());
  if (hashes == 0) return 0;
  const size_t mark = step_mark(text.substr(blanks));
  return mark == 0 ? 0 : blanks + mark;
}

void keep(std::vector<std::string>& parts, std::string_view part) {
  part = strip(part);
  if (!part.empty()) parts.emplace_back(part);
}

std::vector<std::string> split_at(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  for (size_t end; (end = text.find(separator)) != std::string_view::npos; text.remove_prefix(end + separator.size()))
    keep(parts, text.substr(0, end));
  keep(parts, text);
  return parts;
}

// The start of the line in which the text's last character stands.
size_t last_line(std::string_view text) {
  const size_t at = text.rfind('\n');
  return at == std::string_view::npos ? 0 : at + 1;
}

}  // namespace

std::vector<std::string> split_lines(std::string_view text) { return split_at(text, "\n"); }

std::vector<std::string> split_steps(std::string_view text) {
  std::vector<std::string> parts;
  size_t begin = 0, headings = 0;
  for (size_t line = 0; line < text.size();) {
    if (heading_mark(text.substr(line)) > 0) {
      keep(parts, text.substr(begin, line - begin));
      begin = line;
      ++headings;
    }
    const size_t end = text.find('\n', line);
    line = end == std::string_view::npos ? text.size() : end + 1;
  }
  if (headings == 0) {
    parts = split_at(text, "\n\n");
    std::vector<std::string> steps;  // a blank line after "# Answer" ends no step
    for (std::string& part : parts) {
      const bool continues = !steps.empty() && (part.starts_with("# Answer") || steps.back().ends_with("# Answer"));
      if (continues)
        steps.back() += "\n\n" + part;
      else
        steps.push_back(std::move(part));
    }
    return steps;
  }
  keep(parts, text.substr(begin));
  return parts;
}

std::optional<FirstStep> find_first_step(std::string_view text) {
  constexpr std::string_view kFirst = "Step 1", kSentenceEnds = ".?!:;)]}\"'$*\n";
  std::optional<size_t> any, heading;
  size_t count = 0;
  for (size_t at = text.find(kFirst); at != std::string_view::npos; at = text.find(kFirst, at + 1)) {
    size_t begin = at;
    while (begin > 0 && (text[begin - 1] == '#' || (text[begin - 1] == ' ' && begin > 1 && text[begin - 2] == '#')))
      --begin;
    const size_t end = at + kFirst.size();
    const bool marked = begin < at || (end < text.size() && (text[end] == ':' || text[end] == '.'));
    const bool is_word = begin == 0 || text[begin - 1] == ' ' || text[begin - 1] == '\n';
    const bool is_one = end == text.size() || !is_ascii_digit(text[end]);
    if (!marked || !is_word || !is_one) continue;
    ++count;
    const size_t before = text.find_last_not_of(' ', begin == 0 ? 0 : begin - 1);
    const bool has_text = begin > 0 && text.find_first_not_of(" \t\r\n") < begin;
    const bool begins =
        begin < at || (before != std::string_view::npos && kSentenceEnds.find(text[before]) != std::string_view::npos);
    if (has_text && begins) heading = begin;
    if (has_text || !any) any = begin;
  }
  if (!any) return std::nullopt;
  return FirstStep{heading.value_or(*any), count - 1};
}

std::string_view without_thinking(std::string_view text) {
  constexpr std::string_view kEnd = "</think>";
  const size_t at = text.rfind(kEnd);
  if (at == std::string_view::npos) return text;
  const std::string_view answer = text.substr(at + kEnd.size());
  const size_t begin = answer.find_first_not_of("\r\n");
  return strip(answer).empty() ? text : answer.substr(begin);
}

std::vector<std::string> without_thinking(const std::vector<std::string>& steps) {
  for (size_t i = steps.size(); i-- > 0;) {
    const size_t at = steps[i].rfind("</think>");
    if (at == std::string::npos) continue;
    std::vector<std::string> kept(steps.begin() + static_cast<int64_t>(i) + 1, steps.end());
    const std::string_view rest = std::string_view(steps[i]).substr(at + std::string_view("</think>").size());
    if (!strip(rest).empty()) kept.insert(kept.begin(), std::string(without_thinking(steps[i])));
    return kept.empty() ? steps : kept;
  }
  return steps;
}

bool has_step_heading(std::string_view step) { return step_mark(step) > 0 || heading_mark(step) > 0; }

StepEnds cut_heading(std::string_view step) {
  step = strip(step);
  const size_t line = last_line(step);
  const std::string_view heading = step.substr(line);
  if (heading.empty() || heading_mark(heading) != heading.size()) return {step, {}};
  return {strip_right(step.substr(0, line)), heading};
}

std::string headed(std::string_view heading, std::string_view body) {
  if (heading.empty() || has_step_heading(body)) return std::string(body);
  // A step that continues after its heading with a colon belongs on the same line.
  std::string text(heading);
  if (!body.starts_with(':')) text += '\n';
  return text.append(body);
}

std::vector<std::string> tidy_steps(const std::vector<std::string>& steps) {
  std::vector<std::string> tidied;
  std::string_view heading;
  for (const std::string& step : steps) {
    const StepEnds ends = cut_heading(step);
    tidied.push_back(ends.body.empty() ? std::string() : headed(heading, ends.body));
    heading = ends.heading;
  }
  return tidied;
}

}  // namespace hrm::rows
