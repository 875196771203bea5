#include "tree/step_format.h"

#include <pcre2.h>

#include <array>

#include "base/error.h"
#include "base/utf8.h"

namespace hrm::tree {
namespace {

constexpr std::string_view kEnd = "# END!";
constexpr std::array<std::pair<StepStyle, std::string_view>, 4> kStyles = {{{StepStyle::kAuthors, "authors"},
                                                                            {StepStyle::kBlank, "blank"},
                                                                            {StepStyle::kLine, "line"},
                                                                            {StepStyle::kRegex, "regex"}}};
constexpr std::array<std::pair<AnswerStyle, std::string_view>, 4> kAnswers = {{{AnswerStyle::kHrm, "hrm"},
                                                                               {AnswerStyle::kGsm8k, "gsm8k"},
                                                                               {AnswerStyle::kBoxed, "boxed"},
                                                                               {AnswerStyle::kAuto, "auto"}}};

bool is_blank(std::string_view text) { return strip(text).empty(); }

std::string heading(int64_t step) { return "# Step " + std::to_string(step); }

std::shared_ptr<const void> compile(const std::string& regex) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(regex.data()), regex.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_MULTILINE, &error, &offset, nullptr);
  if (code == nullptr) {
    std::array<PCRE2_UCHAR, 200> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    throw bad_input("tree.step_format", "regex '{}': {} at byte {}", regex,
                    reinterpret_cast<const char*>(message.data()), offset);
  }
  return {code, [](const void* p) { pcre2_code_free(static_cast<pcre2_code*>(const_cast<void*>(p))); }};
}

// Begin and end of the first match at or behind `from`.
std::optional<std::pair<size_t, size_t>> match(const void* regex, std::string_view text, size_t from) {
  const auto* code = static_cast<const pcre2_code*>(regex);
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create_from_pattern(code, nullptr), pcre2_match_data_free);
  const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context(
      pcre2_match_context_create(nullptr), pcre2_match_context_free);
  pcre2_set_match_limit(context.get(), 1'000'000);  // a hostile expression ends as "no match"
  const int found =
      pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, 0, data.get(), context.get());
  if (found < 0) return std::nullopt;
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
  if (ends[1] <= from || ends[1] < ends[0]) return std::nullopt;
  return std::pair<size_t, size_t>{ends[0], ends[1]};
}

}  // namespace

EnumNames<StepStyle> enum_names(StepStyle) { return kStyles; }
EnumNames<AnswerStyle> enum_names(AnswerStyle) { return kAnswers; }

StepFormat::StepFormat(StepStyle style, AnswerStyle answer, const std::string& regex) : style_(style), answer_(answer) {
  if (style != StepStyle::kRegex) return;
  if (regex.empty()) throw bad_input("tree.step_format", "steps by regex need an expression: --regex");
  regex_ = compile(regex);
  if (pcre2_match_data* data = pcre2_match_data_create(1, nullptr)) {
    const int empty = pcre2_match(static_cast<const pcre2_code*>(regex_.get()), reinterpret_cast<PCRE2_SPTR>(""), 0, 0,
                                  0, data, nullptr);
    pcre2_match_data_free(data);
    if (empty >= 0) throw bad_input("tree.step_format", "regex '{}' matches the empty text, so it ends no step", regex);
  }
}

std::vector<std::string> StepFormat::step_stops(int64_t most_steps) const {
  if (style_ == StepStyle::kBlank) return {"\n\n"};
  if (style_ == StepStyle::kLine) return {"\n"};
  if (style_ == StepStyle::kRegex) return {};
  std::vector<std::string> stops = {std::string(kEnd)};
  for (int64_t step = 2; step <= most_steps; ++step) stops.push_back(heading(step));
  return stops;
}

std::vector<std::string> StepFormat::end_stops() const {
  return style_ == StepStyle::kAuthors ? std::vector<std::string>{std::string(kEnd)} : std::vector<std::string>{};
}

std::string StepFormat::step_text(const policy::Choice& choice, int64_t steps_before) const {
  std::string text = choice.text;
  if (choice.finish == policy::Finish::kStop) {
    std::string stop = choice.stop;
    if (stop.empty()) {  // the policy does not say which
      if (style_ == StepStyle::kBlank) stop = "\n\n";
      if (style_ == StepStyle::kLine) stop = "\n";
      if (style_ == StepStyle::kAuthors)
        stop = grading::has_answer_heading(text) ? std::string(kEnd) : heading(steps_before + 2);
    }
    return text + stop;
  }
  // A stop string that the policy kept, or an end that no stop string can say.
  if (style_ != StepStyle::kAuthors) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (const auto end = end_of_step(text, begin == std::string::npos ? 0 : begin)) text.resize(*end);
  }
  return text;
}

std::string StepFormat::rollout_text(const policy::Choice& choice) const {
  if (choice.finish != policy::Finish::kStop) return choice.text;
  return choice.text + (choice.stop.empty() && style_ == StepStyle::kAuthors ? std::string(kEnd) : choice.stop);
}

bool StepFormat::is_terminal(std::string_view step, policy::Finish finish) const {
  if (style_ == StepStyle::kAuthors && grading::has_answer_heading(step)) return true;
  if (is_blank(step)) return finish != policy::Finish::kStop;
  if (style_ == StepStyle::kAuthors) return finish == policy::Finish::kEnd;
  // Where the step's own end was cut out of a longer text, the policy would have gone on.
  const bool cut = style_ == StepStyle::kRegex && end_of_step(step, 0) == step.size();
  return answer(step).has_value() || (finish == policy::Finish::kEnd && !cut);
}

std::optional<std::string> StepFormat::answer(std::string_view text) const {
  switch (answer_) {
    case AnswerStyle::kHrm:
      return grading::extract_answer(text, grading::AnswerFormat::kHrm);
    case AnswerStyle::kGsm8k:
      return grading::extract_answer(text, grading::AnswerFormat::kGsm8k);
    case AnswerStyle::kBoxed:
      return grading::extract_answer(text, grading::AnswerFormat::kBoxed);
    case AnswerStyle::kAuto:
      break;
  }
  return grading::extract_answer(text, grading::AnswerFormat::kAuto);
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
    const auto found = match(regex_.get(), text, from);
    return found ? std::optional(found->second) : std::nullopt;
  }
  // authors: up to and including the next heading "# Step k", digits and all, that does not begin the text
  constexpr std::string_view kHeading = "# Step ";
  const size_t begin = is_blank(text.substr(0, std::min(text.find(kHeading), text.size())))
                           ? std::min(text.find(kHeading), text.size()) + kHeading.size()
                           : from;
  const size_t at = text.find(kHeading, std::max(from, begin));
  if (at == std::string_view::npos) return std::nullopt;
  const size_t end = text.find_first_not_of("0123456789", at + kHeading.size());
  return std::min(end, text.size());
}

std::vector<std::string> StepFormat::split(std::string_view text) const {
  std::vector<std::string> steps;
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const size_t begin = rest.find_first_not_of(" \t\r\n");  // blanks in front belong to the step behind them
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

}  // namespace hrm::tree
