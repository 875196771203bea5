#include "grading/closings.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

// Words are separated by '|', longer ones before those that begin like them.
struct Language {
  std::string_view subjects;
  std::string_view adjectives;  // that may follow the subject
  std::string_view links;       // words that begin an addition to the subject: "to the question"
  std::string_view verbs;
  std::string_view endings;  // verbs behind the value
  bool needs_verb = true;
};

// clang-format off
constexpr Language kLanguages[] = {
    {"answers|answer|correct option|correct choice|ans", "", "to|for|of|here|in|we|that",
     "is equal to|is|are|was|were|should be|must be|will be|would be|equals|comes out to be|comes out to|comes to|turns "
     "out to be|works out to be|works out to", ""},
    {"antworten|antwort", "", "auf|zu|der", "ist|lautet|beträgt|wäre|sind|lauten", "", false},
    {"réponses|réponse|reponse|Réponse", "finale|correcte|exacte|attendue", "à|au|de|du|pour",
     "est la suivante|est donc|est|sera|serait|sont|vaut", ""},
    {"respuestas|respuesta", "final|correcta|exacta", "a|al|de|para|del", "es|sería|será|son", ""},
    {"respostas|resposta", "final|correta|certa", "à|ao|da|do|para", "é|será|seria|são", ""},
    {"risposte|risposta", "finale|corretta|esatta", "alla|al|a|di|della", "è|e'|sarà|sono", ""},
    {"antwoord", "", "op|van", "is|luidt", "", false},
    {"ответы|ответ|Ответ|ОТВЕТ|відповідь|Відповідь", "", "на|к", "равен|равно|будет|это|есть|дорівнює", ""},
    {"odpowiedzią|odpowiedź|odpowiedz", "", "na", "to|brzmi|jest|wynosi", ""},
    {"odpověď|odpoveď", "", "na", "je|zní|znie", ""},
    {"svaret|svar", "", "på", "är|er|blir|bliver", ""},
    {"vastaus", "", "", "on", ""},
    {"válasz", "", "", "az|a", ""},
    {"răspunsul|răspuns|raspunsul|raspuns", "final|corect", "la", "este|e", ""},
    {"απάντηση|Απάντηση", "", "", "είναι", ""},
    {"cevap|cevabı|yanıt|sonuç", "", "", "", "'dir|'dır|'dur|'dür|'tir|'tır|'tur|'tür|dir|dır|dur|dür", false},
    {"đáp án|Đáp án|đáp số|Đáp số|câu trả lời|Câu trả lời", "cuối cùng|đúng", "", "là", ""},
    {"jawabannya|jawaban|jawapan", "akhirnya|akhir|yang benar", "", "adalah|ialah|yaitu", ""},
    {"jibu", "", "", "ni", ""},
    {"คำตอบ", "", "", "คือ|เป็น", ""},
    {"الجواب|الإجابة|الاجابة|إجابة|جواب", "النهائي|النهائية|الصحيح|الصحيحة", "", "هو|هي", ""},
    {"پاسخ", "نهایی", "", "", "است", false},
    {"תשובה|התשובה", "הסופית|הנכונה", "", "היא|הוא", ""},
    {"उत्तर|जवाब", "", "", "", "है|होगा|हैं", false},
    {"উত্তর", "", "", "হল|হলো|হচ্ছে", "", false},
    {"సమాధానం", "", "", "", "", false},
    {"பதில்|விடை", "", "", "", "", false},
    {"答案|最终答案", "", "", "应该是|應該是|就是|应是|应为|是|为|為|等于|等於", ""},
    {"答え|解答|正解|答", "", "", "は", "となります|になります|であります|です|である|となる|になる|だ"},
    {"정답은|정답이|정답|답은|답이|답", "", "", "", "입니다|이에요|예요|이다|이고|임|다", false},
};
// clang-format on
constexpr std::string_view kAdverbs =
    "therefore|thus|hence|then|simply|just|indeed|now|clearly|actually|exactly|equal to|given by|also|daher|somit|donc|"
    "entonces";
constexpr std::string_view kEmphasisEnds[] = {"</b>", "</strong>", "</i>", "</em>", "**", "__", "*", "_"};
constexpr std::string_view kBlanks[] = {" ", "\t", "\u00A0", "\u202F", "\u3000"};
constexpr std::string_view kArrows[] = {"=>", "->", "→", "⇒", "=", "：", ":"};
constexpr std::string_view kDashes[] = {"-", "–", "—"};

// Calls use(word) until it is true.
template <typename Use>
bool any_word(std::string_view words, const Use& use) {
  while (!words.empty()) {
    const size_t end = std::min(words.find('|'), words.size());
    if (use(words.substr(0, end))) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

// Whether two characters belong to one word, as those of Chinese and Japanese never surely do.
bool is_word_character(char32_t c) {
  const bool han_or_kana = (c >= 0x3000 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF);
  return is_letter(c) && !han_or_kana && !(c >= 0x0E00 && c <= 0x0E7F);
}
bool begins_with_letter(std::string_view text) { return !text.empty() && is_word_character(decode_utf8(text).value); }
bool ends_with_letter_character(std::string_view text) {
  return !text.empty() && is_word_character(decode_last_utf8(text).value);
}

// Reads what stands behind a subject.
class ClosingReader {
 public:
  // is_short: the subject is "ans", behind which a full stop may stand.
  ClosingReader(std::string_view rest, const Language& language, bool is_short)
      : rest_(rest), language_(language), is_short_(is_short) {}

  // Whether a value follows.
  bool reads_value() {
    if (begins_with_letter(rest_)) return false;
    const bool dot = is_short_ && take(".");
    skip_marks();
    take_additions();
    const bool verb = take_verb();
    skip_marks();
    const bool mark = take_mark(!verb);
    if (!verb && !mark && !((dot || !language_.needs_verb) && begins_value())) return false;
    skip_marks();
    while (take_adverb()) {
    }
    if (!mark && take_mark(false)) skip_marks();
    end_emphasis();
    skip_lines();
    if (take(":") || take("：")) skip_lines();
    return !rest_.empty();
  }

  std::string_view rest() const { return rest_; }
  bool on_own_line() const { return on_own_line_; }

 private:
  bool take(std::string_view mark) {
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }

  bool skip_blanks() {
    const size_t before = rest_.size();
    while (std::ranges::any_of(kBlanks, [&](std::string_view blank) { return take(blank); })) {
    }
    return rest_.size() < before;
  }

  // Blanks and the end of emphasis: "**Answer**:".
  void skip_marks() {
    const auto is_end = [&](std::string_view mark) { return rest_.starts_with(mark) && !opens_value(mark.size()); };
    for (bool more = true; more;) {
      more = skip_blanks();
      for (const std::string_view mark : kEmphasisEnds) more = (is_end(mark) && take(mark)) || more;
    }
  }

  // What is bold itself keeps its marks.
  bool opens_value(size_t size) const {
    const std::string_view behind = rest_.substr(size);
    return !behind.empty() && std::string_view(" \n\t:*_=").find(behind[0]) == kNowhere && !behind.starts_with("：") &&
           has_verb_;
  }

  void end_emphasis() {
    for (const std::string_view mark : kEmphasisEnds)
      if (rest_.starts_with(mark) && (rest_.size() == mark.size() || rest_[mark.size()] == ' ' ||
                                      rest_[mark.size()] == '\n' || mark.starts_with("</")))
        take(mark);
  }

  void skip_lines() {
    const std::string_view behind = strip_left(rest_);
    on_own_line_ = on_own_line_ || rest_.substr(0, rest_.size() - behind.size()).find('\n') != kNowhere;
    rest_ = behind;
  }

  // A whole word of the list.
  bool take_word(std::string_view words) {
    return any_word(words, [&](std::string_view word) {
      if (!rest_.starts_with(word)) return false;
      const std::string_view behind = rest_.substr(word.size());
      if (ends_with_letter_character(word) && begins_with_letter(behind)) return false;
      rest_ = behind;
      return true;
    });
  }

  // "therefore 42", but not "therefore" alone.
  bool take_adverb() {
    const std::string_view before = rest_;
    if (!take_word(kAdverbs)) return false;
    take(",");
    skip_marks();
    if (rest_.find_first_not_of(" \t\r\n.!") != kNowhere) return true;
    rest_ = before;
    return false;
  }

  bool take_verb() { return has_verb_ = take_word(language_.verbs); }

  // A dash behind a verb is a minus sign.
  bool take_mark(bool dashes) {
    if (std::ranges::any_of(kArrows, [&](std::string_view mark) { return take(mark); })) return has_verb_ = true;
    if (!dashes) return false;
    for (const std::string_view dash : kDashes)
      if (rest_.starts_with(dash) && rest_.substr(dash.size()).starts_with(' ')) return has_verb_ = take(dash);
    return false;
  }

  bool begins_value() const {
    return !rest_.empty() &&
           (is_digit(decode_utf8(rest_).value) || std::string_view("-$\\(").find(rest_[0]) != kNowhere);
  }

  // "(in cm)", ", therefore,", "finale", "to the second question".
  void take_additions() {
    constexpr size_t kMost = 80;
    if (rest_.starts_with('(')) {
      const size_t end = rest_.substr(0, kMost).find(')');
      if (end != kNowhere) rest_.remove_prefix(end + 1);
      skip_marks();
    }
    if (rest_.starts_with(", ")) {
      const size_t end = rest_.substr(0, kMost).find(',', 1);
      if (end != kNowhere && rest_.substr(0, end).find_first_of(".\n:0123456789") == kNowhere) {
        rest_.remove_prefix(end + 1);
        skip_marks();
      }
    }
    while (take_word(language_.adjectives)) skip_marks();
    const std::string_view before = rest_;
    if (!take_word(language_.links)) return;
    // The addition ends before a verb or a colon of the same sentence.
    std::string_view sentence = before.substr(0, kMost);
    sentence = sentence.substr(0, std::min(sentence.find('\n'), sentence.find(". ")));
    for (size_t at = sentence.find_first_of(" :"); at != kNowhere; at = sentence.find_first_of(" :", at + 1)) {
      rest_ = before.substr(at + (sentence[at] == ' '));
      const std::string_view here = rest_;
      if (sentence[at] == ':' || take_word(language_.verbs)) {
        rest_ = here;
        return;
      }
    }
    rest_ = before;
  }

  std::string_view rest_;
  const Language& language_;
  const bool is_short_;
  bool has_verb_ = false, on_own_line_ = false;
};

bool begins_line(std::string_view text, size_t at) {
  while (at > 0 && std::string_view(" \t*_#>").find(text[at - 1]) != kNowhere) --at;
  return at == 0 || text[at - 1] == '\n';
}

// Every occurrence of a subject that is a word of its own.
void find_subject(std::string_view text, std::string_view subject, const Language& language,
                  std::vector<ClosingPlace>& places) {
  for (size_t at = text.find(subject); at != kNowhere; at = text.find(subject, at + 1)) {
    if (begins_with_letter(subject) && ends_with_letter_character(text.substr(0, at))) continue;
    const bool is_short = subject == "ans";
    if (is_short && !begins_line(text, at)) continue;  // in French they are years
    ClosingReader reader(text.substr(at + subject.size()), language, is_short);
    if (reader.reads_value())
      places.push_back({at, text.size() - reader.rest().size(), reader.on_own_line(), language.endings});
  }
}

}  // namespace

std::vector<ClosingPlace> find_closings(std::string_view lowered) {
  const bool is_ascii = std::ranges::all_of(lowered, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::vector<ClosingPlace> places;
  for (const Language& language : kLanguages)
    any_word(language.subjects, [&](std::string_view subject) {
      const bool beyond = std::ranges::any_of(subject, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
      if (!beyond || !is_ascii) find_subject(lowered, subject, language, places);
      return false;
    });
  std::ranges::sort(places, std::ranges::greater(), &ClosingPlace::value);
  return places;
}

}  // namespace hrm::grading
