#include "steps/step_format.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/utf8.h"

namespace hrm::steps {
namespace {

using grading::AnswerFormat;
using grading::extract_answer;

constexpr std::string_view kEnd = "# END!", kHeading = "# Step ", kDigits = "0123456789";
constexpr std::array<std::pair<StepStyle, std::string_view>, 4> kStyles = {{{StepStyle::kAuthors, "authors"},
                                                                            {StepStyle::kBlank, "blank"},
                                                                            {StepStyle::kLine, "line"},
                                                                            {StepStyle::kRegex, "regex"}}};

bool is_blank(std::string_view text) { return strip(text).empty(); }

std::string heading(int64_t step) { return std::string(kHeading) + std::to_string(step); }

// Begin and end of the first heading of a step from 2 to `most` that stands at the beginning of a line, but not of the
// text, whose own heading that is.
std::optional<std::pair<size_t, size_t>> next_heading(std::string_view text, int64_t most) {
  size_t from = text.find_first_not_of(" \t\r\n#*");
  if (from == std::string_view::npos) return std::nullopt;
  for (size_t at; (at = text.find(kHeading, from)) != std::string_view::npos; from = at + kHeading.size()) {
    const size_t line = text.find_last_of('\n', at) + 1;  // npos + 1 == 0
    if (text.substr(line, at - line).find_first_not_of(" \t#*") != std::string_view::npos) continue;
    const size_t digits = at + kHeading.size();
    const size_t end = std::min(text.find_first_not_of(kDigits, digits), text.size());
    if (end == digits || end - digits > 6) continue;
    const int64_t number = std::stoll(std::string(text.substr(digits, end - digits)));
    if (number >= 2 && number <= most) return std::pair{at, end};
  }
  return std::nullopt;
}

// Whether the text ends where a heading may begin: its last line, not the only one, holds nothing but a heading's
// marks.
bool stops_at_heading(std::string_view text) {
  const size_t line = text.rfind('\n');
  return !is_blank(text) && !grading::has_answer_heading(text) && line != std::string_view::npos &&
         text.substr(line + 1).find_first_not_of(" \t\r#*") == std::string_view::npos;
}

bool begins_with_heading(std::string_view text) {
  const size_t at = text.find_first_not_of(" \t\r\n#*");
  return at >= 2 && at != std::string_view::npos && text.substr(at - 2).starts_with(kHeading);
}

// A number, a formula, a letter or a name, and no clause ("found by adding the two", "clear").
bool is_value(std::string_view answer) {
  if (answer.size() > 200) return false;
  int words = 0, letters = 0;
  for (size_t i = 0; i < answer.size(); ++i) {
    const char c = answer[i];
    if (c == '\\' || c == '$') return true;
    letters = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? letters + 1 : 0;
    words += letters == 3;
  }
  const bool plain = answer.find_first_of(kDigits) == std::string_view::npos && (answer[0] < 'A' || answer[0] > 'Z');
  return words <= (plain ? 0 : 1);
}

std::optional<Regex> compile(const std::string& regex) {
  try {
    return Regex(regex, {.multiline = true, .any_bytes = true});
  } catch (const RegexFault& fault) {
    throw bad_input("steps.step_format", "regex '{}': {} at byte {}", regex, fault.what(), fault.at());
  }
}

}  // namespace

EnumNames<StepStyle> enum_names(StepStyle) { return kStyles; }

StepFormat::StepFormat(StepStyle style, AnswerFormat answer, const std::string& regex, bool faithful)
    : style_(style), answer_(answer), faithful_(faithful && style == StepStyle::kAuthors) {
  if (style != StepStyle::kRegex) return;
  if (regex.empty()) throw bad_input("steps.step_format", "steps by regex need an expression: --regex");
  regex_ = compile(regex);
  if (regex_->find("").found)
    throw bad_input("steps.step_format", "regex '{}' matches the empty text, so it cannot end a step", regex);
}

std::vector<std::string> StepFormat::step_stops(int64_t most_steps, int64_t steps_before) const {
  if (style_ == StepStyle::kBlank) return {"\n\n"};
  if (style_ == StepStyle::kLine) return {"\n"};
  if (style_ == StepStyle::kRegex) return {};
  std::vector<std::string> stops = {std::string(kEnd)};
  const int64_t next = steps_before + 2;
  for (int64_t step = next; step <= (faithful_ ? most_steps : std::min(next, most_steps)); ++step)
    stops.push_back(heading(step));
  for (int64_t step = 2; faithful_ && step < std::min(next, most_steps + 1); ++step) stops.push_back(heading(step));
  return stops;
}

std::vector<std::string> StepFormat::end_stops() const {
  return style_ == StepStyle::kAuthors ? std::vector<std::string>{std::string(kEnd)} : std::vector<std::string>{};
}

Step StepFormat::read_step(const policy::Choice& choice, const StepPlace& place) const {
  if (faithful_) return read_faithful_step(choice, place);
  if (style_ == StepStyle::kAuthors) return read_authors_step(choice, place);
  std::string text = choice.text;
  policy::Finish finish = choice.finish;
  const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  if (const auto end = end_of_step(text, begin)) {  // a stop string that the policy kept, or one that was not asked for
    text.resize(*end);
    finish = policy::Finish::kStop;  // the policy would have gone on
  } else if (finish == policy::Finish::kStop) {
    text += !choice.stop.empty()          ? choice.stop
            : style_ == StepStyle::kBlank ? "\n\n"
            : style_ == StepStyle::kLine  ? "\n"
                                          : "";
  }
  if (auto found = final_answer(place.before, text)) {
    if (style_ != StepStyle::kRegex) text.resize(strip_right(text).size());
    return {.text = std::move(text), .terminal = true, .answer = std::move(found)};
  }
  return take_step(text, finish != policy::Finish::kStop, place);
}

Step StepFormat::take_step(const std::string& text, bool last, const StepPlace& place) const {
  Step step{.text = text};
  if (faithful_) {
    step.terminal = last || grading::has_answer_heading(text);
    step.answer = answer(text);
    return step;
  }
  step.answer = final_answer(place.before, text);
  step.terminal = last || step.answer || place.steps + 1 >= place.most;
  if (step.terminal && !step.answer) step.answer = answer_behind(place.before, text);
  return step;
}

// What the authors' client did: it put the stop string after the text where the server dropped it.
Step StepFormat::read_faithful_step(const policy::Choice& choice, const StepPlace& place) const {
  std::string text = choice.text;
  if (choice.finish == policy::Finish::kStop) {
    if (!choice.stop.empty())
      text += choice.stop;
    else if (grading::has_answer_heading(text))
      text += kEnd;
    else if (stops_at_heading(text))
      text += heading(place.steps + 2);
  }
  const bool terminal = grading::has_answer_heading(text) || place.steps + 1 >= place.most;
  auto found = answer(text);
  return {.text = std::move(text), .terminal = terminal, .answer = std::move(found)};
}

Step StepFormat::read_authors_step(const policy::Choice& choice, const StepPlace& place) const {
  std::string text = choice.text, next;
  // The server does not say whether a heading or the model ended the text.
  const bool is_open = choice.finish == policy::Finish::kStop && choice.stop.empty() && place.steps + 2 <= place.most;
  if (const auto found = next_heading(text, place.most)) {  // one that was not asked for as a stop string
    next = text.substr(found->first, found->second - found->first);
    text.resize(found->first);
  } else if (choice.stop.starts_with(kHeading)) {
    // Some servers take the line breaks before their stop string off.
    next = (text.empty() || text.ends_with('\n') ? "" : "\n\n") + choice.stop;
  } else if (is_open && stops_at_heading(text)) {
    next = heading(place.steps + 2);
  }
  if (auto found = final_answer(place.before, text))
    return {.text = text, .terminal = true, .answer = std::move(found)};
  // A model that writes headings was stopped by one after which the server took the line breaks off, or it gave up:
  // what it is asked next shows which. It writes the heading itself.
  const bool goes_on = is_open && !is_blank(text) && !grading::has_answer_heading(text) &&
                       (place.steps > 0 || begins_with_heading(text));
  return take_step(text + next, next.empty() && !goes_on, place);
}

std::string StepFormat::rollout_text(const policy::Choice& choice) const {
  if (!faithful_ || choice.finish != policy::Finish::kStop) return choice.text;
  return choice.text + (choice.stop.empty() ? std::string(kEnd) : choice.stop);
}

std::optional<std::string> StepFormat::answer(std::string_view text) const {
  return extract_answer(text, answer_ == AnswerFormat::kHrm && !faithful_ ? AnswerFormat::kHeading : answer_);
}

std::optional<std::string> StepFormat::answer_behind(std::string_view before, std::string_view text) const {
  auto found = answer(text);
  const bool by_heading = answer_ == AnswerFormat::kHrm || answer_ == AnswerFormat::kAuto;
  if (found || faithful_ || !by_heading || !grading::has_answer_heading(before) || is_blank(text)) return found;
  if (extract_answer(before, AnswerFormat::kHeading)) return std::nullopt;
  return extract_answer(std::string(before) + std::string(text), AnswerFormat::kHeading);
}

// The answer where the text itself says that nothing more is to come. A step of the authors' may say "The answer is
// ..." in passing: such a sentence ends the solution on the last line alone, and with a value.
std::optional<std::string> StepFormat::final_answer(std::string_view before, std::string_view text) const {
  auto found = answer_behind(before, text);
  if (!found || is_blank(*found)) return std::nullopt;
  if (answer_ != AnswerFormat::kAuto || style_ != StepStyle::kAuthors) return found;
  for (const auto mark : {AnswerFormat::kBoxed, AnswerFormat::kHeading, AnswerFormat::kGsm8k})
    if (extract_answer(text, mark)) return found;
  if (!answer(text)) return found;  // after a heading of the text before
  const std::string_view body = strip(text);
  const std::string_view line = body.substr(body.rfind('\n') + 1);  // npos + 1 == 0
  return answer(line) == found && is_value(*found) ? found : std::nullopt;
}

std::optional<size_t> StepFormat::end_of_step(std::string_view text, size_t from) const {
  if (from >= text.size()) return std::nullopt;
  const auto behind = [&](std::string_view mark) -> std::optional<size_t> {
    const size_t at = text.find(mark, from);
    return at == std::string_view::npos ? std::nullopt : std::optional(at + mark.size());
  };
  if (style_ == StepStyle::kBlank) return behind("\n\n");
  if (style_ == StepStyle::kLine) return behind("\n");
  if (style_ == StepStyle::kRegex) {
    const RegexMatch match = regex_->find(text, from);  // a hostile expression ends as "no match"
    return match.found && match.end > from ? std::optional(match.end) : std::nullopt;
  }
  // authors: up to and including the next heading "# Step k", digits and all, that does not begin the text
  const size_t begin = is_blank(text.substr(0, std::min(text.find(kHeading), text.size())))
                           ? std::min(text.find(kHeading), text.size()) + kHeading.size()
                           : from;
  const size_t at = text.find(kHeading, std::max(from, begin));
  if (at == std::string_view::npos) return std::nullopt;
  const size_t end = text.find_first_not_of(kDigits, at + kHeading.size());
  return std::min(end, text.size());
}

std::vector<std::string> StepFormat::split(std::string_view text) const {
  std::vector<std::string> steps;
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const size_t begin = rest.find_first_not_of(" \t\r\n");  // blanks in front belong to the step after them
    const auto end = end_of_step(rest, begin == std::string_view::npos ? 0 : begin);
    const std::string_view step = rest.substr(0, end.value_or(rest.size()));
    if (is_blank(step) && !steps.empty())
      steps.back() += step;
    else if (!is_blank(step))
      steps.emplace_back(step);
    at += step.size();
  }
  return steps;
}

}  // namespace hrm::steps
