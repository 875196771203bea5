#include "grading/extract_auto.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "grading/closings.h"
#include "grading/extract_box.h"
#include "grading/sentence_value.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::string_view kMarks = "#*_: \t\r";

std::string small_letters(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lowered;
}

std::optional<Extraction> found(std::string_view answer) {
  answer = strip(answer);
  return answer.empty() ? std::nullopt : std::optional(Extraction{std::string(answer), std::nullopt});
}

// "1. Add" and "2) Then" are headings.
bool is_numbered_heading(std::string_view line) {
  size_t digits = 0;
  while (digits < line.size() && is_ascii_digit(line[digits])) ++digits;
  const std::string_view behind = line.substr(digits);
  return digits > 0 && (behind.starts_with(". ") || behind.starts_with(") ") || behind.starts_with(": "));
}

// What is bare of prose keeps its mark, which may as well be a factorial's; the other reading has none.
Extraction bare_value(std::string_view line) {
  Extraction result{std::string(line), std::nullopt};
  if (line.size() > 1 && line.ends_with('!') && line.find('!') == line.size() - 1)
    result.other = std::string(strip_right(line.substr(0, line.size() - 1)));
  return result;
}

std::optional<Extraction> extract_marked_line(std::string_view text) {
  constexpr std::string_view kMark = "####", kBegins = "-+$\\(.{[0123456789";
  constexpr size_t kMostWord = 40;
  bool is_last = true;
  for (size_t at = text.rfind(kMark); at != kNowhere; at = at == 0 ? kNowhere : text.rfind(kMark, at - 1)) {
    const std::string_view rest = text.substr(at + kMark.size());
    std::string_view line = strip(rest.substr(0, rest.find('\n')));
    const std::string_view below = rest.substr(std::min(rest.find('\n'), rest.size()));
    if (line.ends_with('.')) line.remove_suffix(1);
    if (line.size() > 4 && line.starts_with("**") && line.ends_with("**"))
      line = strip(line.substr(2, line.size() - 4));
    const bool value = !line.empty() && kBegins.find(line[0]) != kNowhere && !is_numbered_heading(line);
    // Words end a solution, too, if nothing stands below them.
    const bool word = is_last && !line.empty() && strip(below).empty() && line.size() <= kMostWord && line[0] != '#' &&
                      (line.find_first_of("*=") != kNowhere || line.find(' ') == kNowhere);
    if (value || word) return bare_value(line);
    is_last = false;
  }
  return std::nullopt;
}

std::optional<Extraction> extract_tag(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kTagPairs[] = {
      {"<answer>", "</answer>"}, {"<final_answer>", "</final_answer>"}, {"[answer]", "[/answer]"}};
  const std::string lowered = small_letters(text);
  for (const auto& [open, close] : kTagPairs) {
    const size_t at = lowered.rfind(open);
    if (at == kNowhere) continue;
    const size_t begin = at + open.size(), end = lowered.find(close, begin);
    if (end == kNowhere && open[0] == '[') continue;
    if (auto answer = found(text.substr(begin, std::min(end, text.size()) - begin))) return answer;
  }
  return std::nullopt;
}

// Whether "answer", "final_answer" or "final answer", in quotes, ends at `at`, where the word "answer" begins.
bool begins_field(std::string_view lowered, size_t at, char quote) {
  for (const std::string_view begin : {"", "final_", "final "}) {
    if (at < begin.size() + 1) continue;
    const size_t first = at - begin.size();
    if (lowered.substr(first, begin.size()) == begin && lowered[first - 1] == quote) return true;
  }
  return false;
}

// {"answer": 42}, {"final_answer": "42"}, {'answer': 42}, also in part of a text: the last one, if nothing behind it
// speaks of an answer.
std::optional<Extraction> extract_field(std::string_view text) {
  constexpr std::string_view kWord = "answer";
  const std::string lowered = small_letters(text);
  for (size_t at = lowered.rfind(kWord); at != kNowhere; at = at == 0 ? kNowhere : lowered.rfind(kWord, at - 1)) {
    const size_t behind = at + kWord.size();
    const char quote = behind < text.size() ? text[behind] : ' ';
    if ((quote != '"' && quote != '\'') || !begins_field(lowered, at, quote)) continue;
    std::string_view rest = strip_left(text.substr(behind + 1));
    if (!rest.starts_with(':')) continue;
    rest = strip_left(rest.substr(1));
    const bool quoted = !rest.empty() && (rest[0] == '"' || rest[0] == '\'');
    size_t end = quoted ? 1 : 0;
    if (quoted)
      while (end < rest.size() && rest[end] != rest[0]) end += rest[end] == '\\' ? 2 : 1;
    else
      end = std::min(rest.find_first_of(",}\n"), rest.size());
    if (quoted && end >= rest.size()) continue;
    if (small_letters(rest.substr(end)).find(kWord) != kNowhere) return std::nullopt;
    std::string answer(quoted ? rest.substr(1, end - 1) : strip(rest.substr(0, end)));
    if (quoted) replace_all(answer, "\\\\", "\\");
    if (!answer.empty() && answer[0] != '{' && answer[0] != '[') return found(answer);
  }
  return std::nullopt;
}

Extraction as_extraction(SentenceValue value) { return {std::move(value.value), std::move(value.other)}; }

// The last sentence that names a value, or else the last that names anything.
std::optional<Extraction> extract_sentence(std::string_view text) {
  constexpr size_t kMostPlaces = 64;
  std::optional<Extraction> first;
  const std::string lowered = small_letters(text);
  const std::vector<ClosingPlace> places = find_closings(lowered);
  for (size_t i = 0; i < std::min(places.size(), kMostPlaces); ++i) {
    const ClosingPlace& place = places[i];
    SentenceValue value = value_of_sentence({.text = text.substr(place.value),
                                             .before = text.substr(0, place.value),
                                             .on_own_line = place.on_own_line,
                                             .endings = place.endings});
    if (value.value.empty()) continue;
    const bool plain = looks_like_value(value.value);
    if (plain || !first) first = as_extraction(std::move(value));
    if (plain) break;
  }
  return first;
}

// "So 42 is the answer.", "Option B is correct."
std::optional<Extraction> extract_inverted(std::string_view text) {
  constexpr std::string_view kEnds[] = {" is the answer",       " is the correct answer", " is the final answer",
                                        " is the right answer", " is the correct option", " is the correct choice",
                                        " is correct"};
  constexpr size_t kMost = 60;
  const std::string lowered = small_letters(text);
  size_t best = kNowhere;
  std::string_view mark;
  for (const std::string_view end : kEnds) {
    const size_t at = lowered.rfind(end);
    const std::string_view behind = at == kNowhere ? std::string_view() : strip_left(text.substr(at + end.size()));
    const bool ends = behind.empty() || std::string_view(".!*\n").find(text[at + end.size()]) != kNowhere;
    if (at != kNowhere && ends && (best == kNowhere || at > best)) {
      best = at;
      mark = end;
    }
  }
  if (best == kNowhere) return std::nullopt;
  const size_t from = best > kMost ? best - kMost : 0;
  std::string_view value = text.substr(from, best - from);
  if (const size_t line = value.rfind('\n'); line != kNowhere) value = value.substr(line + 1);
  if (const size_t sentence = value.rfind(". "); sentence != kNowhere) value = value.substr(sentence + 2);
  if (const size_t clause = value.rfind(", "); clause != kNowhere) value = value.substr(clause + 2);
  for (const std::string_view word : {"So ", "so ", "Thus ", "thus ", "Hence ", "hence ", "Therefore ", "therefore "})
    if (value.starts_with(word)) value = value.substr(word.size());
  const std::string small = small_letters(value);
  const bool option = small.starts_with("option ") || small.starts_with("choice ") || small.starts_with("(");
  const bool number = value.find(' ') == kNowhere && value.find_first_of("0123456789\\") != kNowhere;
  if (!option && !(number && mark != " is correct") && !(value.size() == 1 && mark != " is correct"))
    return std::nullopt;
  return found(value_of_sentence({.text = value, .before = {}}).value);
}

// What stands below a line that says no more than **Final Answer**, ## Answer and the like.
std::optional<Extraction> extract_below_label(std::string_view text) {
  std::optional<Extraction> answer;
  bool is_below = false;
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = strip(text.substr(begin, end - begin));
    const bool rule = line == "\\[" || line == "$$" || line.starts_with("```") ||
                      (line.size() > 2 && line.find_first_not_of("=-") == kNowhere);
    if (line.empty() || (is_below && rule)) continue;
    if (is_below) {
      SentenceValue value = value_of_sentence(
          {.text = strip_left(text.substr(begin)), .before = text.substr(0, begin), .on_own_line = true});
      if (auto sentence = extract_sentence(line))
        answer = std::move(sentence);
      else if (!value.value.empty())
        answer = as_extraction(std::move(value));
    }
    const size_t first = line.find_first_not_of(kMarks), last = line.find_last_not_of(kMarks);
    const std::string label = first == kNowhere ? "" : small_letters(line.substr(first, last + 1 - first));
    is_below = label == "final answer" || label == "the final answer" || label == "answer";
  }
  return answer;
}

std::optional<Extraction> extract_heading_value(std::string_view text) {
  const auto answer = extract_answer(text, AnswerFormat::kHeading);
  return answer ? std::optional(bare_value(*answer)) : std::nullopt;
}

}  // namespace

std::optional<std::string> extract_bare(std::string_view text) {
  constexpr size_t kMost = 60;
  text = strip(without_end_tokens(text));
  if (text.empty() || text.size() > kMost || text.find('\n') != kNowhere) return std::nullopt;
  const std::string value = value_of_sentence({.text = text, .before = {}}).value;
  const bool is_short = value.find_first_of("0123456789\\") != kNowhere || std::ranges::count(value, ' ') < 2;
  const bool is_whole =
      text.find(". ") == kNowhere && text.find("? ") == kNowhere && is_short && looks_like_value(value);
  return is_whole && !value.empty() ? std::optional(value) : std::nullopt;
}

std::optional<Extraction> extract_auto(std::string_view text) {
  constexpr std::string_view kThought = "</think>";
  text = without_end_tokens(text);
  if (const size_t thought = text.rfind(kThought); thought != kNowhere) {
    const std::string_view said = text.substr(thought + kThought.size());
    if (auto answer = extract_auto(said)) return answer;
    if (const auto bare = extract_bare(said)) return Extraction{*bare, std::nullopt};
  }
  for (const auto extract : {extract_boxes, extract_heading_value, extract_marked_line, extract_tag, extract_field,
                             extract_below_label, extract_sentence, extract_inverted})
    if (auto answer = extract(text)) return answer;
  return std::nullopt;
}

}  // namespace hrm::grading
