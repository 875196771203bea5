#include "text/jinja_lexer.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"

namespace hrm::text::jinja {
namespace {

using Kind = Token::Kind;

bool is_number(char c) { return c >= '0' && c <= '9'; }

// "\r\n" and "\r" become "\n".
std::string with_newlines(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\r' ? '\n' : text[i];
  }
  return out;
}

class Lexer {
 public:
  Lexer(std::string text, std::string_view source) : text_(std::move(text)), source_(source) {
    if (text_.ends_with('\n')) text_.pop_back();
  }

  std::vector<Token> run() {
    while (root()) continue;
    add(Kind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  template <typename... Args>
  Error fault(fmt::format_string<Args...> format, Args&&... args) const {
    return bad_input("text.jinja", "{}: line {} of the chat template: {}", source_, line_,
                     fmt::format(format, std::forward<Args>(args)...));
  }

  std::string_view rest() const { return std::string_view(text_).substr(at_); }
  bool starts(std::string_view with) const { return rest().starts_with(with); }
  void move_to(size_t end) {
    line_ += static_cast<size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                            text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    at_ = end;
  }
  void add(Kind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

  size_t blanks_from(size_t at) const {
    const std::string_view rest = std::string_view(text_).substr(at);
    return at + (rest.size() - strip_left(rest).size());
  }

  // The end of "%}", "-%}" with the white space after it, or "+%}" at a place; npos for something else.
  size_t close(size_t at, std::string_view end, bool trims) const {
    const std::string_view rest = std::string_view(text_).substr(at);
    const bool plus = trims && rest.starts_with('+'), minus = rest.starts_with('-');
    const size_t sign = plus || minus ? 1 : 0;
    if (!rest.substr(sign).starts_with(end)) return std::string::npos;
    const size_t behind = at + sign + end.size();
    if (minus) return blanks_from(behind);
    return trims && !plus && behind < text_.size() && text_[behind] == '\n' ? behind + 1 : behind;
  }
  void pass(size_t end) {
    move_to(end);
    line_begins_ = text_[end - 1] == '\n';
  }

  // Text up to `end`, the start of a tag with this sign.
  void data(size_t end, char sign, bool output) {
    std::string_view part = std::string_view(text_).substr(at_, end - at_);
    if (sign == '-') {
      part = strip_right(part);
    } else if (sign != '+' && !output) {
      const size_t newline = part.rfind('\n');
      const size_t line = newline == std::string_view::npos ? 0 : newline + 1;
      if ((line > 0 || line_begins_) && strip_left(part.substr(line)).empty()) part = part.substr(0, line);
    }
    if (!part.empty()) add(Kind::kData, std::string(part));
    move_to(end);
  }

  bool root() {
    size_t tag = at_;
    do {
      tag = text_.find('{', tag);
    } while (tag != std::string::npos &&
             (tag + 1 >= text_.size() || std::string_view("{%#").find(text_[tag + 1]) == std::string_view::npos) &&
             ++tag > 0);
    if (tag == std::string::npos) {
      if (at_ < text_.size()) add(Kind::kData, std::string(rest()));
      move_to(text_.size());
      return false;
    }
    const char kind = text_[tag + 1];
    const char next = tag + 2 < text_.size() ? text_[tag + 2] : ' ';
    const char sign = next == '-' || next == '+' ? next : ' ';
    data(tag, sign, kind == '{');
    const size_t inside = tag + (sign == ' ' ? 2 : 3);
    if (kind == '#') {
      comment(inside);
    } else if (const size_t raw_end = kind == '%' ? raw_begin(inside) : std::string::npos;
               raw_end != std::string::npos) {
      raw(raw_end);
    } else {
      add(kind == '{' ? Kind::kOutputBegin : Kind::kBlockBegin, "");
      move_to(inside);
      code(kind == '{');
    }
    return true;
  }

  void comment(size_t begin) {
    const size_t end = text_.find("#}", begin);
    if (end == std::string::npos) throw fault("a comment that does not end");
    const bool sign = end > begin && (text_[end - 1] == '-' || text_[end - 1] == '+');
    pass(close(sign ? end - 1 : end, "#}", true));
  }

  // The place after "{% raw %}"; npos if there is none here.
  size_t raw_begin(size_t inside) const {
    const size_t word = blanks_from(inside);
    if (!std::string_view(text_).substr(word).starts_with("raw")) return std::string::npos;
    return close(blanks_from(word + 3), "%}", false);
  }

  void raw(size_t begin) {
    pass(begin);
    for (size_t tag = at_; (tag = text_.find("{%", tag)) != std::string::npos; ++tag) {
      const char next = tag + 2 < text_.size() ? text_[tag + 2] : ' ';
      const char sign = next == '-' || next == '+' ? next : ' ';
      const size_t word = blanks_from(tag + (sign == ' ' ? 2 : 3));
      if (!std::string_view(text_).substr(word).starts_with("endraw")) continue;
      const size_t end = close(blanks_from(word + 6), "%}", true);
      if (end == std::string::npos) continue;
      data(tag, sign, false);
      return pass(end);
    }
    throw fault("a raw block that does not end");
  }

  void code(bool output) {
    std::string open;  // brackets that are to be closed
    while (true) {
      move_to(blanks_from(at_));
      if (at_ >= text_.size()) throw fault("a tag that does not end");
      const size_t end = open.empty() ? close(at_, output ? "}}" : "%}", !output) : std::string::npos;
      if (end != std::string::npos) {
        add(output ? Kind::kOutputEnd : Kind::kBlockEnd, "");
        return pass(end);
      }
      const char c = text_[at_];
      if (is_number(c))
        number();
      else if (c == '\'' || c == '"')
        string(c);
      else if (c == '_' || (c > 0 && std::isalpha(static_cast<unsigned char>(c)) != 0) || c < 0)
        name();
      else
        sign(open);
    }
  }

  void name() {
    size_t end = at_;
    while (end < text_.size()) {
      const CodePoint point = decode_utf8(std::string_view(text_).substr(end));
      if (!(is_letter(point.value) || point.value == '_' || is_digit(point.value))) break;
      end += point.size;
    }
    if (end == at_)
      throw fault("a character that is not allowed in an expression: {}", printable(Json(rest().substr(0, 4))));
    add(Kind::kName, text_.substr(at_, end - at_));
    move_to(end);
  }

  // Digits with single underscores between them; `at` if there are none.
  size_t digits(size_t at) const {
    while (at < text_.size() && is_number(text_[at]))
      at += at + 2 < text_.size() && text_[at + 1] == '_' && is_number(text_[at + 2]) ? 2 : 1;
    return at;
  }

  void number() {
    const auto is_at = [&](size_t at, std::string_view of) {
      return at < text_.size() && of.find(text_[at]) != std::string_view::npos;
    };
    if (text_[at_] == '0' && is_at(at_ + 1, "xXoObB")) throw fault("a number that is not decimal");
    size_t end = digits(at_);
    bool real = false;
    if (!(at_ > 0 && text_[at_ - 1] == '.')) {
      size_t more = is_at(end, ".") ? digits(end + 1) : end;
      if (more == end + 1) more = end;
      real = more > end;
      end = more;
      if (is_at(end, "eE")) {
        const size_t power = end + (is_at(end + 1, "+-") ? 2 : 1);
        if (digits(power) > power) {
          end = digits(power);
          real = true;
        }
      }
    }
    std::string text = text_.substr(at_, end - at_);
    std::erase(text, '_');
    if (!real && text.size() > 1 && text[0] == '0' && text.find_first_not_of('0') != std::string::npos)
      throw fault("a number with a leading zero: {}", text);
    add(real ? Kind::kFloat : Kind::kInteger, std::move(text));
    move_to(end);
  }

  void string(char quote) {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) throw fault("a text that does not end");
    add(Kind::kString, meant(std::string_view(text_).substr(at_ + 1, end - at_ - 1)));
    move_to(end + 1);
  }

  // The escapes of Python's texts; one that is not known stays as it is.
  std::string meant(std::string_view literal) const {
    std::string out;
    while (!literal.empty()) {
      const size_t plain = std::min(literal.find('\\'), literal.size());
      out += literal.substr(0, plain);
      literal.remove_prefix(plain);
      if (literal.empty()) break;
      const char c = literal[1];
      constexpr std::string_view kNames = "ntr\\'\"abfv\n", kMeant = "\n\t\r\\'\"\a\b\f\v";
      size_t used = 2;
      if (const size_t known = kNames.find(c); known != std::string_view::npos)
        out += kMeant.substr(std::min(known, kMeant.size()), 1);
      else if (c == 'x' || c == 'u' || c == 'U')
        used += hexadecimal(literal.substr(2), c == 'x' ? 2 : c == 'u' ? 4 : 8, out);
      else if (c >= '0' && c <= '7')
        used = 1 + octal(literal.substr(1), out);
      else if (c == 'N')
        throw fault("a character by its name, \\N{{...}}");
      else
        out.append({'\\', c});
      literal.remove_prefix(used);
    }
    return out;
  }

  size_t hexadecimal(std::string_view text, size_t size, std::string& out) const {
    char32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      if (i >= text.size() || std::isxdigit(static_cast<unsigned char>(text[i])) == 0)
        throw fault("an escape with fewer than {} hexadecimal digits", size);
      value = value * 16 + static_cast<char32_t>(std::stoi(std::string(1, text[i]), nullptr, 16));
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) throw fault("an escape that is not a character");
    append_utf8(out, value);
    return size;
  }

  static size_t octal(std::string_view text, std::string& out) {
    char32_t value = 0;
    size_t size = 0;
    for (; size < 3 && size < text.size() && text[size] >= '0' && text[size] <= '7'; ++size)
      value = value * 8 + static_cast<char32_t>(text[size] - '0');
    append_utf8(out, value);
    return size;
  }

  void sign(std::string& open) {
    static constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", ">=", "<="};
    for (const std::string_view two : kTwo) {
      if (!starts(two)) continue;
      add(Kind::kOperator, std::string(two));
      return move_to(at_ + 2);
    }
    const char c = text_[at_];
    if (std::string_view("+-/*%~[](){}<>=.:|,;").find(c) == std::string_view::npos)
      throw fault("a character that is not allowed in an expression: {}", printable(Json(std::string(1, c))));
    if (c == '(') open += ')';
    if (c == '[') open += ']';
    if (c == '{') open += '}';
    if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != c) throw fault("'{}' without its opening bracket", c);
      open.pop_back();
    }
    add(Kind::kOperator, std::string(1, c));
    move_to(at_ + 1);
  }

  std::string text_;
  std::string_view source_;
  size_t at_ = 0, line_ = 1;
  bool line_begins_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view jinja, std::string_view source) {
  return Lexer(with_newlines(to_valid_utf8(jinja)), source).run();
}

}  // namespace hrm::text::jinja
