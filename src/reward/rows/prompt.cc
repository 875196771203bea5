#include "rows/prompt.h"

namespace hrm::rows {
namespace {

constexpr std::string_view kQuestion = "Question:\n", kPlan = "\n\nLet's break it down step by step!\n\n";
constexpr std::string_view kPrevious = "Previous reasoning:\n", kBetween = "\n\n";
constexpr std::string_view kCurrent = "Now, let's focus on the current step:\n";
constexpr std::string_view kOutcomeQuestion = "Question is as follows:\n";
constexpr std::string_view kOutcomeAnswer = "\n\nThe answer is as follows:\n";

std::string concatenated(std::initializer_list<std::string_view> parts) {
  size_t size = 0;
  for (std::string_view part : parts) size += part.size();
  std::string text;
  text.reserve(size);
  for (std::string_view part : parts) text += part;
  return text;
}

}  // namespace

std::string step_prompt(std::string_view question, std::string_view previous, std::string_view current, Mode mode) {
  if (previous.empty())
    return concatenated({kQuestion, question, kPlan, kCurrent, current, mode == Mode::kFaithful ? "\n" : ""});
  return concatenated({kQuestion, question, kPlan, kPrevious, previous, kBetween, kCurrent, current});
}

std::string outcome_prompt(std::string_view question, std::string_view answer, Mode mode) {
  return concatenated({kOutcomeQuestion, question, kOutcomeAnswer, answer, mode == Mode::kFaithful ? "\n" : ""});
}

std::string_view question_of_prompt(std::string_view prompt) {
  for (const auto& [head, tail] : {std::pair(kQuestion, kPlan), std::pair(kOutcomeQuestion, kOutcomeAnswer)}) {
    if (!prompt.starts_with(head)) continue;
    const size_t end = prompt.find(tail, head.size());
    if (end != std::string_view::npos) return prompt.substr(head.size(), end - head.size());
  }
  return {};
}

std::vector<std::string> prompt_phrases() {
  std::vector<std::string> phrases;
  for (std::string_view part : {kQuestion, kPlan, kPrevious, kCurrent, kOutcomeQuestion, kOutcomeAnswer})
    phrases.emplace_back(part.substr(part.find_first_not_of('\n')));
  return phrases;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

}  // namespace hrm::rows
