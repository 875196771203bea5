#include "grading/sentence_value.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::string_view kTags[] = {"<b>",  "</b>", "<strong>", "</strong>", "<i>",
                                      "</i>", "<em>", "</em>",    "<u>",       "</u>"};
constexpr std::string_view kTokens[] = {"</s>", "<eos>", "<end_of_turn>"};  // of a tokenizer, beside <|...|>
constexpr std::string_view kStops[] = {".", "。", "．", "।", "؟", "?", "？", ";"};

bool drop_end(std::string_view& text, std::string_view mark) {
  if (!text.ends_with(mark)) return false;
  text = strip_right(text.substr(0, text.size() - mark.size()));
  return true;
}
bool drop_front(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark)) return false;
  text = strip_left(text.substr(mark.size()));
  return true;
}

// A displayed formula may stand on lines of its own, and a value within the fences of code.
std::string_view first_line_of(std::string_view text) {
  if (text.starts_with("```")) {
    const size_t line = std::min(text.find('\n'), text.size());
    text = strip_left(text.substr(line));
    return text.substr(0, std::min(text.find('\n'), text.find("```")));
  }
  for (const auto& [open, close] : {std::pair("\\[", "\\]"), std::pair("$$", "$$")}) {
    const std::string_view mark = open;
    if (!text.starts_with(mark) || !strip_left(text.substr(mark.size(), text.find('\n') - mark.size())).empty())
      continue;
    if (const size_t end = text.find(close, mark.size()); end != kNowhere) return text.substr(0, end + 2);
  }
  return text.substr(0, text.find('\n'));
}

// "sq. ft" and the like.
bool ends_with_abbreviation(std::string_view text) {
  constexpr std::string_view kAbbreviations[] = {"sq", "cu", "approx", "mr", "mrs", "ms", "dr", "st", "vs", "no", "rs"};
  size_t begin = text.size();
  while (begin > 0 && is_ascii_letter(text[begin - 1])) --begin;
  return holds(kAbbreviations, lower(text.substr(begin)));
}

// Where the first sentence ends: a full stop before a blank, or another mark before a new sentence.
size_t sentence_end(std::string_view line) {
  size_t end = line.size();
  for (size_t at = line.find(". "); at != kNowhere; at = line.find(". ", at + 1))
    if (!ends_with_abbreviation(line.substr(0, at))) {
      end = at;
      break;
    }
  for (const std::string_view mark : {"! ", "? "})
    for (size_t at = line.find(mark); at < end; at = line.find(mark, at + 1))
      if (const size_t next = line.find_first_not_of(' ', at + 1);
          next != kNowhere && line[next] >= 'A' && line[next] <= 'Z')
        end = at + 1;
  for (const std::string_view mark : {"。", "！", "？", "। "}) end = std::min(end, line.find(mark));
  return end;
}

// Where words begin that say why or what for, and nothing of the value.
size_t comment_begin(std::string_view line) {
  constexpr std::string_view kReasons[] = {" because ", " since ", ", which "};
  constexpr std::string_view kPurposes[] = {"required", "desired", "expected", "needed",   "claimed", "stated",
                                            "shown",    "wanted",  "asked",    "computed", "found",   "before"};
  size_t end = line.size();
  for (const std::string_view reason : kReasons) end = std::min(end, line.find(reason));
  for (size_t at = line.find(" as "); at < end; at = line.find(" as ", at + 1))
    if (holds(kPurposes, leading_letters(line.substr(at + 4)))) end = at;
  while (end > 0 && (line[end - 1] == ',' || line[end - 1] == ' ')) --end;
  return end;
}

std::string_view without_comment(std::string_view line) {
  const std::string_view value = line.substr(0, comment_begin(line));
  return looks_like_value(value) ? value : line;
}

// Pictures and the signs at the end of a proof, which are no part of a value.
bool is_ornament(char32_t c) {
  return (c >= 0x2300 && c <= 0x23FF) || (c >= 0x2500 && c <= 0x27BF && c != U'△' && c != U'□') ||
         (c >= 0x2B00 && c <= 0x2BFF) || (c >= 0x1F000 && c <= 0x1FAFF) || c == 0xFE0F || c == U'∎';
}

// "n!", "(n-1)!", "10!/3!", and what the text before writes as a factorial, too.
bool is_factorial(std::string_view value, std::string_view before) {
  const std::string_view base = value.substr(0, value.size() - 1);
  if (base.empty() || base.find('!') != kNowhere) return true;
  if (base.ends_with(')')) return base.find(',') == kNowhere;
  size_t begin = base.size();
  while (begin > 0 && (is_ascii_digit(base[begin - 1]) || is_ascii_letter(base[begin - 1]))) --begin;
  const std::string_view last = base.substr(begin);
  if (last.size() == 1 && last[0] >= 'a' && last[0] <= 'z') return true;
  if (last.empty() || !std::ranges::all_of(last, is_ascii_digit)) return false;
  const std::string written = std::string(last) + '!';
  for (size_t at = before.find(written); at != kNowhere; at = before.find(written, at + 1))
    if (at == 0 || !is_ascii_digit(before[at - 1])) return true;
  return false;
}

// Takes off the end of a sentence and emphasis, until nothing changes.
class Closer {
 public:
  Closer(std::string_view line, const Sentence& sentence) : line_(strip(line)), sentence_(sentence) {}

  SentenceValue close() {
    for (size_t before = 0; before != line_.size();) {
      before = line_.size();
      line_ = without_end_tokens(line_);
      take_ornaments();
      if (drop_end(line_, "!.")) {  // a factorial before the full stop
        result_.value = std::string(line_) + '!';
        return std::move(result_);
      }
      for (const std::string_view stop : kStops)
        while (drop_end(line_, stop)) {
        }
      take_exclamation();
      take_emphasis();
      take_endings();
    }
    // A lone pair of dollar signs.
    if (line_.size() >= 2 && line_.starts_with('$') && line_.find('$', 1) == line_.size() - 1)
      line_ = strip(line_.substr(1, line_.size() - 2));
    result_.value = std::string(line_);
    if (had_mark_) result_.other = result_.value + '!';
    if (is_marked_) result_.other = std::exchange(result_.value, result_.value + '!');
    return std::move(result_);
  }

 private:
  void take_ornaments() {
    while (!line_.empty()) {
      const CodePoint last = decode_last_utf8(line_);
      if (!last.valid || !is_ornament(last.value)) return;
      line_ = strip_right(line_.substr(0, line_.size() - last.size));
    }
  }

  void take_exclamation() {
    if (drop_end(line_, "！")) return;
    if (!line_.ends_with('!')) return;
    const bool factorial = is_factorial(line_, sentence_.before);
    const bool behind_digit = line_.size() > 1 && is_ascii_digit(line_[line_.size() - 2]);
    if (factorial && !behind_digit) return;
    (factorial ? is_marked_ : had_mark_) = behind_digit;
    while (drop_end(line_, "!")) {
    }
  }

  void take_emphasis() {
    for (const std::string_view tag : kTags) {
      drop_end(line_, tag);
      drop_front(line_, tag);
    }
    for (const std::string_view mark : {"**", "__", "*", "`"}) {
      if (line_.ends_with(mark) && line_.find(mark) == line_.size() - mark.size()) line_.remove_suffix(mark.size());
      if (line_.starts_with(mark) && line_.rfind(mark) == 0) line_.remove_prefix(mark.size());
      if (line_.size() > 2 * mark.size() && line_.starts_with(mark) && line_.ends_with(mark))
        line_ = strip(line_.substr(mark.size(), line_.size() - 2 * mark.size()));
    }
  }

  void take_endings() {
    for (std::string_view words = sentence_.endings; !words.empty();) {
      const size_t end = std::min(words.find('|'), words.size());
      if (drop_end(line_, words.substr(0, end))) return;
      words.remove_prefix(std::min(end + 1, words.size()));
    }
  }

  std::string_view line_;
  bool had_mark_ = false;   // behind a number
  bool is_marked_ = false;  // it belongs to the number, as elsewhere in the text
  const Sentence& sentence_;
  SentenceValue result_;
};

// The formula between the dollar signs at the front, where little more than the end of the sentence follows.
std::optional<std::string> whole_formula(std::string_view line) {
  for (const auto& [open, close] :
       {std::pair("$$", "$$"), std::pair("$", "$"), std::pair("\\(", "\\)"), std::pair("\\[", "\\]")}) {
    if (!line.starts_with(open)) continue;
    const size_t size = std::string_view(open).size(), end = line.find(close, size);
    if (end == kNowhere || end == size) return std::nullopt;
    const std::string_view behind = line.substr(end + size);
    const bool is_whole = strip(behind).empty() || std::string_view(".*!?;").find(behind[0]) != kNowhere ||
                          behind.starts_with(" (") || comment_begin(behind) == 0;
    if (!is_whole) return std::nullopt;
    std::string_view formula = strip(line.substr(size, end - size));
    while (formula.ends_with('.') && !formula.ends_with(".."))
      formula = strip_right(formula.substr(0, formula.size() - 1));
    return std::string(formula);
  }
  return std::nullopt;
}

SentenceValue value_of_line(std::string_view line, const Sentence& sentence) {
  if (auto formula = whole_formula(line)) return {*std::move(formula), std::nullopt};
  return Closer(without_comment(strip(line.substr(0, sentence_end(line)))), sentence).close();
}

// "- 3" and "- 5" below each other.
std::optional<SentenceValue> value_of_list(const Sentence& sentence) {
  constexpr std::string_view kBullets[] = {"- ", "* ", "+ ", "• ", "– ", "> "};
  std::string_view text = sentence.text;
  const auto bullet = std::ranges::find_if(kBullets, [&](std::string_view mark) { return text.starts_with(mark); });
  if (!sentence.on_own_line || bullet == std::end(kBullets)) return std::nullopt;
  SentenceValue list;
  size_t items = 0;
  for (; text.starts_with(*bullet); ++items) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string item = value_of_line(strip_left(line.substr(bullet->size())), sentence).value;
    list.value += (items > 0 ? ", " : "") + item;
    text = strip_left(text.substr(line.size()));
  }
  if (items == 1 && *bullet == "- ") list.other = "-" + list.value;
  return list;
}

}  // namespace

std::string_view without_end_tokens(std::string_view text) {
  constexpr size_t kMostToken = 40;
  for (size_t before = 0; before != text.size();) {
    before = text.size();
    text = strip_right(text);
    for (const std::string_view token : kTokens) drop_end(text, token);
    if (!text.ends_with("|>")) continue;
    const size_t open = text.rfind("<|");
    const bool token =
        open != kNowhere && text.size() - open <= kMostToken && text.substr(open).find_first_of(" \n") == kNowhere;
    if (token) text = text.substr(0, open);
  }
  return text;
}

bool looks_like_value(std::string_view text) {
  constexpr std::string_view kNoValues[] = {"correct", "right",    "wrong",     "incorrect", "clear",   "obvious",
                                            "found",   "obtained", "above",     "below",     "given",   "not",
                                            "unique",  "valid",    "therefore", "that",      "because", "reasonable",
                                            "the",     "this",     "what",      "we"};
  constexpr size_t kMostWords = 3;
  if (text.empty() || holds(kNoValues, leading_letters(lower(text.substr(0, 16))))) return false;
  size_t words = 1;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' || text[at] == '$') return true;
    words += text[at] == ' ';
    const CodePoint point = decode_utf8(text.substr(at));
    if (is_digit(point.value)) return true;
    at += point.size - 1;
  }
  return words <= kMostWords;
}

SentenceValue value_of_sentence(const Sentence& sentence) {
  if (auto list = value_of_list(sentence)) return *std::move(list);
  return value_of_line(first_line_of(sentence.text), sentence);
}

}  // namespace hrm::grading
