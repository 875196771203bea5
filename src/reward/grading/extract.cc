#include "grading/extract.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
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

// Behind the brace that closes the one before `at`; kNowhere: it never closes.
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
  return kNowhere;
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

// The last box: a group, or as far as a blank or a dollar sign.
std::optional<std::string> extract_any_box(std::string_view text) {
  size_t at = kNowhere, size = 0;
  for (const std::string_view macro : {kBoxed, std::string_view("\\fbox")}) {
    const size_t found = text.rfind(macro);
    if (found != kNowhere && (at == kNowhere || found > at)) {
      at = found;
      size = macro.size();
    }
  }
  if (at == kNowhere) return std::nullopt;
  const std::string_view behind = text.substr(at + size), rest = strip_left(behind);
  if (rest.starts_with('{')) {
    const size_t end = end_of_group(rest, 1);
    return end == kNowhere ? std::nullopt : std::optional(std::string(rest.substr(1, end - 2)));
  }
  const bool is_word = behind.empty() || (behind[0] >= 'a' && behind[0] <= 'z');  // \boxedanswer
  std::string_view token = rest.substr(0, rest.find_first_of(" \t\n$"));
  while (token.ends_with('.') || token.ends_with(',')) token.remove_suffix(1);
  return is_word || token.empty() ? std::nullopt : std::optional(std::string(token));
}

bool is_digit_char(char c) { return c >= '0' && c <= '9'; }

// "1. Add" and "2) Then" are headings.
bool is_numbered_heading(std::string_view line) {
  size_t digits = 0;
  while (digits < line.size() && is_digit_char(line[digits])) ++digits;
  const std::string_view behind = line.substr(digits);
  return digits > 0 && (behind.starts_with(". ") || behind.starts_with(") ") || behind.starts_with(": "));
}

std::optional<std::string> extract_marked_line(std::string_view text) {
  constexpr std::string_view kMark = "####", kBegins = "-+$\\(.{[0123456789";
  for (size_t at = text.rfind(kMark); at != kNowhere; at = at == 0 ? kNowhere : text.rfind(kMark, at - 1)) {
    std::string_view line = text.substr(at + kMark.size());
    line = strip(line.substr(0, line.find('\n')));
    if (line.ends_with('.')) line.remove_suffix(1);
    if (!line.empty() && kBegins.find(line[0]) != kNowhere && !is_numbered_heading(line)) return std::string(line);
  }
  return std::nullopt;
}

std::optional<std::string> extract_tag(std::string_view text) {
  constexpr std::string_view kOpen = "<answer>", kClose = "</answer>";
  const std::string lowered = ascii_lower(text);
  const size_t open = lowered.rfind(kOpen);
  if (open == kNowhere) return std::nullopt;
  const size_t begin = open + kOpen.size(), end = std::min(lowered.find(kClose, begin), text.size());
  const std::string_view answer = strip(text.substr(begin, end - begin));
  return answer.empty() ? std::nullopt : std::optional(std::string(answer));
}

// {"answer": 42}, {"final_answer": "42"}, also in part of a text: the last one, if nothing behind it speaks of an
// answer.
std::optional<std::string> extract_json(std::string_view text) {
  const std::string lowered = ascii_lower(text);
  for (size_t at = lowered.rfind("answer\""); at != kNowhere;
       at = at == 0 ? kNowhere : lowered.rfind("answer\"", at - 1)) {
    const size_t quote = lowered.rfind('"', at);
    if (quote == kNowhere ||
        (quote != at && lowered.substr(quote, at - quote) != "\"final_" && lowered.substr(quote, at - quote) != "\"" &&
         lowered.substr(quote, at - quote) != "\"final "))
      continue;
    std::string_view rest = strip_left(text.substr(at + std::string_view("answer\"").size()));
    if (!rest.starts_with(':')) continue;
    rest = strip_left(rest.substr(1));
    const bool quoted = rest.starts_with('"');
    size_t end = quoted ? 1 : 0;
    if (quoted)
      while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
    else
      end = std::min(rest.find_first_of(",}\n"), rest.size());
    if (quoted && end >= rest.size()) continue;
    if (ascii_lower(rest.substr(end)).find("answer") != kNowhere) return std::nullopt;
    std::string answer(quoted ? rest.substr(1, end - 1) : strip(rest.substr(0, end)));
    if (quoted) replace_all(answer, "\\\\", "\\");
    if (!answer.empty() && answer[0] != '{' && answer[0] != '[') return answer;
  }
  return std::nullopt;
}

// The formula that stands first, else the sentence; without emphasis around it.
std::string closed_sentence(std::string_view line) {
  for (const auto& [open, close] :
       {std::pair("$$", "$$"), std::pair("$", "$"), std::pair("\\(", "\\)"), std::pair("\\[", "\\]")}) {
    if (!line.starts_with(open)) continue;
    const size_t size = std::string_view(open).size(), end = line.find(close, size);
    if (end == kNowhere || end == size) break;
    const std::string_view behind = line.substr(end + size);
    // $5 and $6 are no formula.
    if (!behind.empty() && is_digit_char(behind[0])) break;
    const bool ends = strip(behind).empty() || std::string_view(".*, ").find(behind[0]) != kNowhere;
    const bool is_whole = behind.empty() || behind[0] == '.' || behind[0] == '*' || behind.starts_with(" (");
    if (ends && is_whole) return std::string(strip(line.substr(size, end - size)));
    break;
  }
  size_t end = line.find(". ");
  if (end == kNowhere) end = line.size();
  line = strip(line.substr(0, end));
  while (line.ends_with('.')) line = strip_right(line.substr(0, line.size() - 1));
  for (const std::string_view mark : {"**", "__", "*", "`"}) {
    if (line.ends_with(mark) && line.find(mark) == line.size() - mark.size()) line.remove_suffix(mark.size());
    if (line.size() > 2 * mark.size() && line.starts_with(mark) && line.ends_with(mark))
      line = strip(line.substr(mark.size(), line.size() - 2 * mark.size()));
  }
  while (line.ends_with('.')) line = strip_right(line.substr(0, line.size() - 1));
  if (line.size() >= 2 && line.starts_with('$') && line.find('$', 1) == line.size() - 1)
    line = strip(line.substr(1, line.size() - 2));
  return std::string(line);
}

// What follows a colon, "is" or "=" at the front, emphasis aside; nullopt: none of them.
std::optional<std::string_view> behind_verb(std::string_view text) {
  const auto skip_marks = [&] {
    while (!text.empty() && std::string_view("*_ \t").find(text[0]) != kNowhere) text.remove_prefix(1);
  };
  const bool glued = !text.empty() && text[0] >= 'a' && text[0] <= 'z';
  skip_marks();
  if (glued) return std::nullopt;
  for (const std::string_view object : {"to the question ", "to the problem "})
    if (text.starts_with(object)) text.remove_prefix(object.size());
  constexpr std::string_view kVerbs[] = {"is", "are", "should be", "must be", "will be", "would be"};
  const auto verb = std::ranges::find_if(kVerbs, [&](std::string_view word) {
    return text.size() > word.size() && text.starts_with(word) &&
           std::string_view(" :\n").find(text[word.size()]) != kNowhere;
  });
  if (verb != std::end(kVerbs)) {
    text.remove_prefix(verb->size());
  } else if (text.starts_with(':') || text.starts_with('=')) {
    text.remove_prefix(1);
  } else {
    return std::nullopt;
  }
  constexpr std::string_view kAdverbs[] = {"therefore", "thus", "hence", "then", "simply", "just", "indeed", "now"};
  for (const std::string_view word : kAdverbs)
    if (const std::string_view rest = strip_left(text); rest.starts_with(word) && rest.size() > word.size() &&
                                                        std::string_view(" ,:\n").find(rest[word.size()]) != kNowhere) {
      text = rest.substr(word.size());
      if (text.starts_with(',')) text.remove_prefix(1);
    }
  // A bold label ends here; what is bold itself keeps its marks.
  if (text.starts_with("**") && (text.size() == 2 || text[2] == ' ' || text[2] == '\n')) text.remove_prefix(2);
  text = strip_left(text);
  return text.starts_with(':') ? strip_left(text.substr(1)) : text;
}

// A displayed formula may stand on lines of its own.
std::string_view first_line_of(std::string_view text) {
  for (const auto& [open, close] : {std::pair("\\[", "\\]"), std::pair("$$", "$$")}) {
    const std::string_view mark = open;
    if (!text.starts_with(mark) || !strip_left(text.substr(mark.size(), text.find('\n') - mark.size())).empty())
      continue;
    if (const size_t end = text.find(close, mark.size()); end != kNowhere) return text.substr(0, end + 2);
  }
  return text.substr(0, text.find('\n'));
}

std::optional<std::string> extract_sentence(std::string_view text) {
  const std::string lowered = ascii_lower(text);
  size_t best = 0;
  std::optional<std::string> answer;
  for (const std::string_view subject : {"answer", "answers", "correct option", "correct choice"}) {
    for (size_t at = lowered.rfind(subject); at != kNowhere && (!answer || at > best);
         at = at == 0 ? kNowhere : lowered.rfind(subject, at - 1)) {
      const std::string_view behind = text.substr(at + subject.size());
      // Verbs are looked for in small letters, at the same place.
      if (!behind_verb(std::string_view(lowered).substr(at + subject.size()))) continue;
      const auto rest = behind_verb(behind);
      if (!rest || rest->empty()) continue;
      const std::string found = closed_sentence(first_line_of(*rest));
      if (found.empty()) continue;
      answer = found;
      best = at;
      break;
    }
  }
  return answer;
}

// What stands below a line that says no more than **Final Answer**, ## Answer and the like.
std::optional<std::string> extract_below_label(std::string_view text) {
  constexpr std::string_view kMarks = "#*_: \t\r";
  std::optional<std::string> answer;
  bool is_below = false;
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = strip(text.substr(begin, end - begin));
    if (line.empty() ||
        (is_below && (line == "\\[" || line == "$$" || (line.size() > 2 && line.find_first_not_of("=-") == kNowhere))))
      continue;
    if (is_below) {
      if (const auto sentence = extract_sentence(line))
        answer = sentence;
      else if (std::string found = closed_sentence(line); !found.empty())
        answer = std::move(found);
    }
    const size_t first = line.find_first_not_of(kMarks), last = line.find_last_not_of(kMarks);
    const std::string label = first == kNowhere ? "" : ascii_lower(line.substr(first, last + 1 - first));
    is_below = label == "final answer" || label == "the final answer" || label == "answer";
  }
  return answer;
}

// "答案是42。", "答案：42"
std::optional<std::string> extract_chinese(std::string_view text) {
  constexpr std::string_view kSubject = "答案", kStop = "。";
  for (size_t at = text.rfind(kSubject); at != kNowhere; at = at == 0 ? kNowhere : text.rfind(kSubject, at - 1)) {
    std::string_view rest = text.substr(at + kSubject.size());
    bool verb = false;
    for (bool more = true; more;) {
      more = false;
      for (const std::string_view mark : {"是", "为", "：", ":", "**", " "})
        if (rest.starts_with(mark)) {
          verb = verb || (mark != "**" && mark != " ");
          rest.remove_prefix(mark.size());
          more = true;
        }
    }
    if (!verb) continue;
    rest = rest.substr(0, rest.find('\n'));
    std::string found = closed_sentence(rest.substr(0, rest.find(kStop)));
    if (!found.empty()) return found;
  }
  return std::nullopt;
}

std::optional<std::string> extract_any(std::string_view text) {
  constexpr std::string_view kThought = "</think>";
  if (const size_t thought = text.rfind(kThought); thought != kNowhere)
    if (auto answer = extract_any(text.substr(thought + kThought.size()))) return answer;
  for (const auto extract : {extract_any_box, extract_heading, extract_marked_line, extract_tag, extract_json,
                             extract_below_label, extract_sentence, extract_chinese})
    if (auto answer = extract(text)) return answer;
  return std::nullopt;
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
  return extract_any(text);
}

bool has_answer_heading(std::string_view text) { return text.find("# Answer") != kNowhere; }

}  // namespace hrm::grading
