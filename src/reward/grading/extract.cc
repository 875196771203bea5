#include "grading/extract.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "grading/extract_auto.h"
#include "grading/extract_box.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::string_view kHrmAnswer = "# answer", kHrmEnd = "# end!", kGsm8kMark = "#### ", kBoxed = "\\boxed";

// As Python's text[:-1].
std::string_view without_last_character(std::string_view text) {
  return text.empty() ? text : text.substr(0, text.size() - decode_last_utf8(text).size);
}

std::optional<std::string> extract_hrm(std::string_view text) {
  const std::string lowered = lower(text);
  const std::string_view view = lowered;
  const size_t heading = view.rfind(kHrmAnswer);
  if (heading == kNowhere) return std::nullopt;
  const size_t begin = heading + kHrmAnswer.size(), end = view.rfind(kHrmEnd);
  if (end == kNowhere) return std::string(strip(without_last_character(view.substr(begin))));
  return end < begin ? std::string() : std::string(strip(view.substr(begin, end - begin)));
}

std::string ascii_lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lowered;
}

// Where "# END!" begins in a lowered text, or a last line that is cut short of it, or a line that is a step's heading.
size_t end_of_answer(std::string_view lowered) {
  size_t end = std::min(lowered.find(kHrmEnd), lowered.size());
  for (size_t at = 0; at < end; at = std::min(lowered.find('\n', at), end) + 1) {
    const std::string_view line = strip(lowered.substr(at, std::min(lowered.find('\n', at), end) - at));
    const bool last = lowered.find('\n', at) == kNowhere;
    if (line.starts_with("# end") || line.starts_with("# step") || (last && !line.empty() && kHrmEnd.starts_with(line)))
      end = at;
  }
  return end;
}

std::optional<std::string> extract_heading(std::string_view text) {
  const std::string lowered = ascii_lower(text);
  const auto is_heading = [&](size_t at) {  // no other word: "# answering"
    const size_t end = at + kHrmAnswer.size();
    return end >= lowered.size() || lowered[end] < 'a' || lowered[end] > 'z';
  };
  size_t heading = lowered.rfind(kHrmAnswer);
  while (heading != kNowhere && !is_heading(heading))
    heading = heading ? lowered.rfind(kHrmAnswer, heading - 1) : kNowhere;
  if (heading == kNowhere) return std::nullopt;
  const size_t begin = heading + kHrmAnswer.size();
  std::string_view answer = strip(text.substr(begin, end_of_answer(std::string_view(lowered).substr(begin))));
  if (answer.starts_with(':')) answer = strip_left(answer.substr(1));
  return answer.empty() ? std::nullopt : std::optional(std::string(answer));
}

std::optional<std::string> extract_gsm8k(std::string_view text) {
  for (size_t at = text.find(kGsm8kMark); at != kNowhere; at = text.find(kGsm8kMark, at + 1)) {
    const size_t begin = at + kGsm8kMark.size(), digits = begin + text.substr(begin).starts_with('-');
    const size_t end = std::min(text.find_first_not_of("0123456789.,", digits), text.size());
    if (end == digits) continue;
    std::string answer(text.substr(begin, end - begin));
    std::erase(answer, ',');
    return answer;
  }
  return std::nullopt;
}

std::optional<std::string> extract_boxed(std::string_view text) {
  const size_t macro = text.rfind(kBoxed);
  if (macro == kNowhere) return std::nullopt;
  const std::string_view rest = strip_left(text.substr(macro + kBoxed.size()));
  if (!rest.starts_with('{')) return std::nullopt;
  const size_t end = end_of_group(rest, 1);
  if (end == kNowhere) return std::nullopt;
  return std::string(rest.substr(1, end - 2));
}

}  // namespace

EnumNames<AnswerFormat> enum_names(AnswerFormat) {
  static constexpr std::pair<AnswerFormat, std::string_view> kNames[] = {{AnswerFormat::kHrm, "hrm"},
                                                                         {AnswerFormat::kHeading, "heading"},
                                                                         {AnswerFormat::kGsm8k, "gsm8k"},
                                                                         {AnswerFormat::kBoxed, "boxed"},
                                                                         {AnswerFormat::kAuto, "auto"}};
  return kNames;
}

std::optional<Extraction> extract_readings(std::string_view text, AnswerFormat format) {
  if (format == AnswerFormat::kAuto) return extract_auto(text);
  const auto extract = format == AnswerFormat::kHrm       ? extract_hrm
                       : format == AnswerFormat::kHeading ? extract_heading
                       : format == AnswerFormat::kGsm8k   ? extract_gsm8k
                                                          : extract_boxed;
  auto answer = extract(text);
  return answer ? std::optional(Extraction{*std::move(answer), std::nullopt}) : std::nullopt;
}

std::optional<std::string> extract_answer(std::string_view text, AnswerFormat format) {
  auto readings = extract_readings(text, format);
  return readings ? std::optional(std::move(readings->answer)) : std::nullopt;
}

std::optional<Extraction> extract_from_solution(std::string_view solution, AnswerFormat format) {
  auto readings = extract_readings(solution, format);
  if (readings || format != AnswerFormat::kAuto) return readings;
  auto bare = extract_bare(solution);
  return bare ? std::optional(Extraction{*std::move(bare), std::nullopt}) : std::nullopt;
}

bool has_answer_heading(std::string_view text) { return text.find("# Answer") != kNowhere; }

}  // namespace hrm::grading
