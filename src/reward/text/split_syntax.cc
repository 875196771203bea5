#include "text/split_syntax.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "text/split_translator.h"

namespace hrm::text {
namespace {

// Whether case folding maps it or something else to it: those beyond ASCII are not told alike by both libraries.
bool has_case(char32_t c) {
  const auto code = static_cast<utf8proc_int32_t>(c);
  const auto category = utf8proc_category(code);
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT ||
         utf8proc_tolower(code) != code || utf8proc_toupper(code) != code;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

int hex_value(char c) {
  if (is_ascii_digit(c)) return c - '0';
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f' ? ascii_lower(c) - 'a' + 10 : -1;
}

}  // namespace

std::string Translator::translate() {
  std::string all = alternatives({}, 0);
  if (!done()) throw fault("a ')' that closes nothing");
  return all;
}

Error Translator::fault(std::string_view what) const {
  return bad_input("text.split_syntax",
                   "{}: split expression '{}' has {} before byte {}, which is not supported: its matches would not be "
                   "those of the library that made the file",
                   source_, in_.substr(0, 200), what, at_);
}

bool Translator::next(std::string_view what) {
  if (!in_.substr(at_).starts_with(what)) return false;
  at_ += what.size();
  return true;
}

char Translator::take() {
  if (done()) throw fault("an end in the middle");
  return in_[at_++];
}

char32_t Translator::take_character() {
  if (done()) throw fault("an end in the middle");
  const CodePoint c = decode_utf8(in_.substr(at_));
  if (!c.valid) throw fault("bytes that are not UTF-8");
  at_ += c.size;
  return c.value;
}

std::string Translator::alternatives(Options options, int depth) {
  if (depth > kDeepest) throw fault("groups within groups beyond 100");
  std::string all;
  bool several = false, any_empty = false, empty = true;
  while (!done() && in_[at_] != ')') {
    if (next("|")) {
      all += '|';
      several = true;
      any_empty |= empty;
      empty = true;
      folded_ = 0;
      continue;
    }
    if (options.extended && skips_blank()) continue;
    bool rest = false;
    std::string one = atom(options, depth, rest);
    if (one.empty()) continue;
    all += rest ? one : repeated(std::move(one), options);
    empty &= empty_;
  }
  if (several) folded_ = 0;
  empty_ = any_empty || empty;
  return all;
}

bool Translator::skips_blank() {
  if (next("#")) {
    while (!done() && in_[at_] != '\n') ++at_;
    return true;
  }
  const char c = in_[at_];
  if (c != ' ' && !(c >= '\t' && c <= '\r')) return false;
  ++at_;
  return true;
}

std::string Translator::atom(Options& options, int depth, bool& rest) {
  assertion_ = empty_ = false;
  const char c = in_[at_];
  if (c != '(' && c != '\\' && c != '[' && c != '.' && c != '^' && c != '$') return literal(options);
  if (c == '\\') return escape(options);
  if (c != '(') folded_ = 0;
  ++at_;
  switch (c) {
    case '(':
      return group(options, depth, rest);
    case '[':
      return matcher_of(bracket_set(options, depth));
    case '.':
      return options.dot_all ? "(?s:.)" : "[^\\n]";
    case '^':  // not after a newline that ends the text
      assertion_ = true;
      return R"((?:\A|(?<=\n)(?!\z)))";
    default:
      assertion_ = true;
      return R"((?=\n|\z))";
  }
}

std::string Translator::literal(const Options& options) {
  const char c = in_[at_];
  if (c == '*' || c == '+' || c == '?') throw fault("a quantifier after nothing");
  const size_t before = at_;
  if (c == '{' && interval()) throw fault("a quantifier after nothing");
  at_ = before;
  return character(take_character(), options);
}

std::string Translator::character(char32_t c, const Options& options) {
  if (!options.ignore_case) return escaped_character(c);
  check_folding(c);
  return c < 0x80 && is_ascii_letter(static_cast<char>(c)) ? "(?i:" + escaped_character(c) + ")" : escaped_character(c);
}

void Translator::check_folding(char32_t c) {
  check_uncased(c);
  const char now = c < 0x80 ? ascii_lower(static_cast<char>(c)) : '\0';
  const bool pair =
      (folded_ == 's' && (now == 's' || now == 't')) || (folded_ == 'f' && (now == 'f' || now == 'i' || now == 'l'));
  if (pair) throw fault("letters that are one character when case is ignored");
  folded_ = now;
}

void Translator::check_uncased(char32_t c) const {
  const bool joins = (c >= 0x300 && c < 0x370) || c == 0x2bc || c == 0x2be;
  if (c >= 0x80 && (has_case(c) || joins)) throw fault("letters beyond ASCII where case is ignored");
}

std::string Translator::escape(const Options& options) {
  const size_t begin = at_++;
  const char c = take();
  if (const auto set = c == 'p' || c == 'P' ? property(c, false) : escaped_set(c, false)) {
    folded_ = 0;
    return matcher_of(*set);
  }
  const std::string word = matcher_of(*escaped_set('w', false));
  const auto assertion = [&](std::string text) {
    assertion_ = true;
    folded_ = 0;
    return text;
  };
  switch (c) {
    case 'A':
      return assertion("\\A");
    case 'z':
      return assertion("\\z");
    case 'Z':
      return assertion("(?=\\n?\\z)");
    case 'b':
      return assertion("(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))");
    case 'B':
      return assertion("(?:(?<=" + word + ")(?=" + word + ")|(?<!" + word + ")(?!" + word + "))");
    case 'K':
      if (in_lookaround_) throw fault("\\K in a look-around");
      return assertion("\\K");
    case 'R':
      folded_ = 0;
      return R"((?>\x{d}\x{a}|[\x{a}-\x{d}\x{85}\x{2028}\x{2029}]))";
    case 'N':
      folded_ = 0;
      return "[^\\n]";
    case 'O':
      folded_ = 0;
      return "(?s:.)";
    default:
      at_ = begin + 1;
      return character(escaped(), options);
  }
}

std::optional<NamedSet> Translator::property(char letter, bool in_class) {
  if (!next("{")) return std::nullopt;
  const size_t end = in_.find('}', at_);
  if (end == std::string_view::npos) throw fault("a property without its '}'");
  auto set = property_set(in_.substr(at_, end - at_), in_class);
  if (!set) throw fault(fmt::format("the property '{}'", in_.substr(at_, std::min<size_t>(end - at_, 40))));
  at_ = end + 1;
  if (letter == 'P') set->negated = !set->negated;
  return set;
}

char32_t Translator::escaped() {
  const char c = in_[at_];
  switch (c) {
    case 't':
      return ++at_, U'\t';
    case 'n':
      return ++at_, U'\n';
    case 'r':
      return ++at_, U'\r';
    case 'f':
      return ++at_, U'\f';
    case 'v':
      return ++at_, U'\v';
    case 'a':
      return ++at_, U'\a';
    case 'e':
      return ++at_, U'\x1b';
    case 'p':
    case 'P':
      return ++at_, static_cast<char32_t>(c);
    case 'x':
      ++at_;
      if (next("{")) return number(1, 8, "}");
      return ascii(number(2, 2, ""));
    case 'u':
      ++at_;
      return number(4, 4, "");
    default:
      if (is_ascii_letter(c) || is_ascii_digit(c)) throw fault(fmt::format("\\{}", c));
      return take_character();
  }
}

char32_t Translator::ascii(char32_t c) const {
  if (c >= 0x80) throw fault("the byte of a character");
  return c;
}

char32_t Translator::number(size_t least, size_t most, std::string_view end) {
  uint64_t value = 0;
  size_t digits = 0;
  for (; digits < most && !done() && hex_value(in_[at_]) >= 0; ++digits, ++at_)
    value = value * 16 + static_cast<uint64_t>(hex_value(in_[at_]));
  if (digits < least || !next(end) || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
    throw fault("a number that is not a character");
  return static_cast<char32_t>(value);
}

std::string Translator::group(Options& options, int depth, bool& rest) {
  if (next("*")) throw fault("a callout");
  if (!next("?")) return closed("(?:", options, depth);
  if (next("#")) {
    for (char c; (c = take()) != ')';)
      if (c == '\\') take();
    return "";
  }
  for (const std::string_view look : {"=", "!", "<=", "<!"})
    if (next(look)) {
      ++in_lookaround_;
      std::string all = closed("(?" + std::string(look), options, depth);
      --in_lookaround_;
      assertion_ = true;
      return all;
    }
  if (next(">")) return closed("(?>", options, depth);
  if (next("<")) return named('>', options, depth);
  if (next("'")) return named('\'', options, depth);
  return optioned(options, depth, rest);
}

std::string Translator::closed(std::string_view open, const Options& options, int depth) {
  std::string all = std::string(open) + alternatives(options, depth + 1) + ")";
  if (!next(")")) throw fault("a '(' without its ')'");
  assertion_ = false;
  return all;
}

std::string Translator::named(char end, const Options& options, int depth) {
  const char first = take();
  if (!is_ascii_letter(first) && first != '_') throw fault("a group whose name is not a word");
  for (char c; (c = take()) != end;)
    if (!is_ascii_letter(c) && !is_ascii_digit(c) && c != '_') throw fault("a group whose name is not a word");
  return closed("(?:", options, depth);
}

std::string Translator::optioned(const Options& options, int depth, bool& rest) {
  Options inner = options;
  bool value = true;
  for (char c; (c = take()) != ':';) {
    if (c == 'i') {
      inner.ignore_case = value;
    } else if (c == 'm') {
      inner.dot_all = value;
    } else if (c == 'x') {
      inner.extended = value;
    } else if (c == '-' && value) {
      value = false;
    } else if (c == ')') {
      rest = true;
      return "(?:" + alternatives(inner, depth + 1) + ")";
    } else {
      throw fault(fmt::format("a group that begins with (?{}", printable_ascii(c)));
    }
  }
  return closed("(?:", inner, depth);
}

std::optional<Translator::Interval> Translator::interval() {
  const size_t begin = at_++;
  const auto digits = [&] {
    const size_t from = at_;
    while (!done() && is_ascii_digit(in_[at_])) ++at_;
    return std::string(in_.substr(from, at_ - from));
  };
  const std::string least = digits();
  const bool comma = next(",");
  const std::string most = comma ? digits() : least;
  if (!next("}") || (least.empty() && most.empty())) {
    at_ = begin;
    return std::nullopt;
  }
  if (least.size() > 5 || most.size() > 5) throw fault("more than 65535 repetitions");
  if (!least.empty() && !most.empty() && std::stoi(least) > std::stoi(most)) throw fault("a range that goes down");
  return Interval{fmt::format("{{{}{}}}", least.empty() ? "0" : least, comma ? "," + most : ""), !comma};
}

std::string Translator::repeated(std::string one, const Options& options) {
  empty_ |= assertion_;
  for (bool simple = true;; simple = false) {
    if (options.extended)
      while (!done() && skips_blank()) {
      }
    if (done()) return one;
    std::string mark;
    bool exact = false, possessive = false;
    const size_t begin = at_;
    const char c = in_[at_];
    if (c == '?' || c == '*' || c == '+') {
      mark = c;
      possessive = true;
      ++at_;
    } else if (c == '{') {
      const auto range = interval();
      if (!range) return one;
      mark = range->text;
      exact = range->exact;
    } else {
      return one;
    }
    if (assertion_) throw fault("a quantifier after an assertion");
    // Oniguruma looks for \O+ at the start of a text only, whatever stands before it.
    if (simple && in_.substr(0, begin).ends_with("\\O")) throw fault("a repetition of \\O");
    if (!simple && !interval_) throw fault("a quantifier after a quantifier");
    // The libraries end such a loop at different turns.
    if (empty_ && mark != "?") throw fault("a repetition of something that may be empty");
    if (mark == "?" || mark == "*" || mark.starts_with("{0")) empty_ = true;
    folded_ = 0;
    interval_ = !possessive;
    if (!exact && next("?")) {
      mark += '?';
      interval_ = false;
    } else if (possessive && next("+")) {
      mark += '+';
    }
    one = (simple ? one : "(?:" + one + ")") + mark;
  }
}

std::string pcre2_of_oniguruma(std::string_view expression, std::string_view source) {
  return Translator(expression, source).translate();
}

}  // namespace hrm::text
