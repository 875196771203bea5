#include "grading/extract.h"

#include <algorithm>

#include "base/utf8.h"

namespace hrm::grading {
namespace {

constexpr std::string_view kHrmAnswer = "# answer", kHrmEnd = "# end!", kGsm8kMark = "#### ", kBoxed = "\\boxed";
constexpr std::string_view kSentence = "the answer is";
constexpr size_t kNone = std::string_view::npos;

// As Python's text[:-1].
std::string_view without_last_character(std::string_view text) {
  if (text.empty()) return text;
  size_t size = 1;
  while (size < text.size() && size < 4 && (static_cast<unsigned char>(text[text.size() - size]) & 0xC0) == 0x80)
    ++size;
  if (decode_utf8(text.substr(text.size() - size)).size != size) size = 1;
  return text.substr(0, text.size() - size);
}

std::optional<std::string> extract_hrm(std::string_view text) {
  const std::string lowered = lower(text);
  const std::string_view view = lowered;
  const size_t heading = view.rfind(kHrmAnswer);
  if (heading == kNone) return std::nullopt;
  const size_t begin = heading + kHrmAnswer.size(), end = view.rfind(kHrmEnd);
  if (end == kNone) return std::string(strip(without_last_character(view.substr(begin))));
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
    const bool last = lowered.find('\n', at) == kNone;
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
  while (heading != kNone && !is_heading(heading)) heading = heading ? lowered.rfind(kHrmAnswer, heading - 1) : kNone;
  if (heading == kNone) return std::nullopt;
  const size_t begin = heading + kHrmAnswer.size();
  std::string_view answer = strip(text.substr(begin, end_of_answer(std::string_view(lowered).substr(begin))));
  if (answer.starts_with(':')) answer = strip_left(answer.substr(1));
  return answer.empty() ? std::nullopt : std::optional(std::string(answer));
}

std::optional<std::string> extract_gsm8k(std::string_view text) {
  for (size_t at = text.find(kGsm8kMark); at != kNone; at = text.find(kGsm8kMark, at + 1)) {
    const size_t begin = at + kGsm8kMark.size(), digits = begin + text.substr(begin).starts_with('-');
    const size_t end = std::min(text.find_first_not_of("0123456789.,", digits), text.size());
    if (end == digits) continue;
    std::string answer(text.substr(begin, end - begin));
    std::erase(answer, ',');
    return answer;
  }
  return std::nullopt;
}

// Behind the brace that closes the one before `at`; kNone: it never closes.
size_t end_of_group(std::string_view text, size_t at) {
  for (size_t depth = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{') {
      ++depth;
    } else if (text[at] == '}' && --depth == 0) {
      return at + 1;
    }
  }
  return kNone;
}

std::optional<std::string> extract_boxed(std::string_view text) {
  const size_t macro = text.rfind(kBoxed);
  if (macro == kNone) return std::nullopt;
  const std::string_view rest = strip_left(text.substr(macro + kBoxed.size()));
  if (!rest.starts_with('{')) return std::nullopt;
  const size_t end = end_of_group(rest, 1);
  if (end == kNone) return std::nullopt;
  return std::string(rest.substr(1, end - 2));
}

// The rest of the line, without a colon before, a full stop behind, and dollar signs around it.
std::optional<std::string> extract_sentence(std::string_view text) {
  const size_t at = ascii_lower(text).rfind(kSentence);
  if (at == kNone) return std::nullopt;
  std::string_view answer = text.substr(at + kSentence.size());
  answer = strip(answer.substr(0, answer.find('\n')));
  if (answer.starts_with(':')) answer = strip_left(answer.substr(1));
  if (answer.ends_with('.')) answer = strip_right(answer.substr(0, answer.size() - 1));
  if (answer.size() >= 2 && answer.starts_with('$') && answer.ends_with('$'))
    answer = strip(answer.substr(1, answer.size() - 2));
  return answer.empty() ? std::nullopt : std::optional(std::string(answer));
}

}  // namespace

std::optional<std::string> extract_answer(std::string_view text, AnswerFormat format) {
  switch (format) {
    case AnswerFormat::kHrm:
      return extract_hrm(text);
    case AnswerFormat::kHeading:
      return extract_heading(text);
    case AnswerFormat::kGsm8k:
      return extract_gsm8k(text);
    case AnswerFormat::kBoxed:
      return extract_boxed(text);
    case AnswerFormat::kAuto:
      break;
  }
  for (const auto extract : {extract_boxed, extract_heading, extract_gsm8k, extract_sentence})
    if (auto answer = extract(text)) return answer;
  return std::nullopt;
}

bool has_answer_heading(std::string_view text) { return text.find("# Answer") != kNone; }

}  // namespace hrm::grading
