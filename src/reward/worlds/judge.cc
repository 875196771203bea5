#include "worlds/judge.h"

#include <algorithm>

#include "base/error.h"
#include "worlds/arithmetic.h"

namespace hrm::worlds {
namespace {

constexpr std::string_view kHeading = "# Step", kAnswerHeading = "# Answer", kEndMark = "# END!", kAnswerMark = "####";

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string quoted(std::string_view text) {
  return text.size() <= 60 ? fmt::format("'{}'", text) : fmt::format("'{}...'", text.substr(0, 57));
}

// Behind "# Step 12" or "# Step 12:" at the beginning of the text; 0 where it does not begin with a heading.
size_t heading_length(std::string_view text) {
  if (!text.starts_with(kHeading)) return 0;
  size_t at = kHeading.size();
  while (at < text.size() && text[at] == ' ') ++at;
  const size_t digits = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  if (at == digits) return 0;
  return at < text.size() && text[at] == ':' ? at + 1 : at;
}

// The next line of `text`, which shrinks: up to a newline, or up to a heading within the line (steps that were joined
// without a separator); a heading at the beginning is a separate line.
std::string_view take_next_line(std::string_view& text) {
  size_t end = heading_length(text);
  if (end == 0) {
    end = std::min(text.find('\n'), text.size());
    for (size_t at = 1; at < end; ++at)
      if (text[at] == '#' && heading_length(text.substr(at)) > 0) end = at;
  }
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end);
  if (!text.empty() && text.front() == '\n') text.remove_prefix(1);
  return trimmed(line);
}

void note_fault(StepTruth& truth, StepFault fault, std::string reason) {
  if (truth.fault != StepFault::kNone) return;
  truth.fault = fault;
  truth.reason = std::move(reason);
}

}  // namespace

std::string_view name_of(StepFault fault) {
  switch (fault) {
    case StepFault::kNone:
      return "none";
    case StepFault::kUnreadable:
      return "unreadable";
    case StepFault::kClaim:
      return "claim";
    case StepFault::kRest:
      return "rest";
    case StepFault::kAnswer:
      return "answer";
  }
  return "?";
}

Walk::Walk(const Expression& question)
    : state_(question), sound_(question), gold_(question.value()), values_{question.value()} {}

StepTruth Walk::take(std::string_view step) {
  StepTruth truth;
  const bool before = on_track();
  bool empty = true;
  while (!step.empty()) {
    const std::string_view line = take_next_line(step);
    if (line.empty() || line == kEndMark) continue;
    announced_ = heading_length(line) == line.size();
    if (announced_) continue;
    empty = false;
    take_line(line, truth);
  }
  if (empty) note_fault(truth, StepFault::kUnreadable, "the step says nothing");
  truth.valid = truth.fault == StepFault::kNone;
  truth.on_track = on_track();
  truth.repairs = !before && truth.on_track;
  truth.breaks = before && !truth.on_track;
  truth.terminal = answer_.has_value();
  return truth;
}

void Walk::take_line(std::string_view line, StepTruth& truth) {
  if (answer_) return note_fault(truth, StepFault::kUnreadable, fmt::format("{} after the answer", quoted(line)));
  if (answer_follows_) {
    answer_follows_ = false;
    const size_t mark = line.find(kEndMark);  // "42# END!"
    return take_answer(trimmed(line.substr(0, mark)), truth);
  }
  if (line.starts_with(kAnswerHeading)) {
    answer_follows_ = line.size() == kAnswerHeading.size();
    if (!answer_follows_) take_answer(trimmed(line.substr(kAnswerHeading.size())), truth);
    return;
  }
  if (line.starts_with(kAnswerMark)) return take_answer(line.substr(kAnswerMark.size()), truth);
  take_move(line, truth);
}

void Walk::take_answer(std::string_view text, StepTruth& truth) {
  const auto number = parse_number(text);
  if (!number)
    return note_fault(truth, StepFault::kUnreadable, fmt::format("{} is not an answer of this world", quoted(text)));
  if (*number != state_.value())
    note_fault(truth, StepFault::kAnswer, fmt::format("{} is {}, not {}", state_.text(), state_.value(), *number));
  answer_ = number;
}

void Walk::take_move(std::string_view line, StepTruth& truth) {
  std::string_view body = line;
  const bool correction = body.starts_with('!');
  if (correction) body.remove_prefix(1);
  const size_t equals = body.find('='), semicolon = body.find(';');
  if (equals == std::string_view::npos || semicolon == std::string_view::npos || equals > semicolon)
    return note_fault(truth, StepFault::kUnreadable,
                      fmt::format("{} is not a step: expected 7+12=19;19*3", quoted(line)));
  const auto claim = Expression::parse(body.substr(0, equals));
  const auto result = parse_number(body.substr(equals + 1, semicolon - equals - 1));
  auto rest = Expression::parse(body.substr(semicolon + 1));
  if (!claim || !result || !rest)
    return note_fault(truth, StepFault::kUnreadable, fmt::format("{} contains something unreadable", quoted(line)));

  truth.correction = truth.correction || correction;
  if (claim->value() != *result)
    note_fault(truth, StepFault::kClaim, fmt::format("{} is {}, not {}", claim->text(), claim->value(), *result));
  const bool kept = rest->value() == state_.value();
  if (!kept && !(correction && std::ranges::find(values_, rest->value()) != values_.end()))
    note_fault(truth, StepFault::kRest,
               correction
                   ? fmt::format("{} is {}, which is not the value of any earlier state", rest->text(), rest->value())
                   : fmt::format("{} is {}, not {}", rest->text(), rest->value(), state_.value()));
  state_ = std::move(*rest);
  if (state_.value() == gold_) sound_ = state_;
  values_.push_back(state_.value());
  ++steps_;
}

SolutionTruth judge(std::string_view question, const std::vector<std::string_view>& steps) {
  const auto expression = find_question(question);
  if (!expression)
    throw bad_input("worlds.judge", "'{}' is not a question of the arithmetic world, such as (7+12)*3-15=?",
                    question.substr(0, 80));
  Walk walk(*expression);
  SolutionTruth truth;
  for (std::string_view step : steps) truth.steps.push_back(walk.take(step));
  truth.answered = walk.answer().has_value();
  truth.correct = truth.answered && walk.on_track();
  return truth;
}

}  // namespace hrm::worlds
