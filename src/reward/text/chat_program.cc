#include "text/chat_program.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

#include "base/error.h"

namespace hrm::text {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

// A string literal, a name, a number, or one or two characters of an operator.
struct Token {
  enum class Kind { kLiteral, kName, kNumber, kOperator } kind;
  std::string text;
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Program {
 public:
  Program(std::string_view jinja, bool with_bos, std::string_view source)
      : rest_(jinja),
        source_(source),
        silent_(with_bos ? std::set<std::string>{"bos_token"} : std::set<std::string>()) {}

  std::string written() {
    bool behind_block = false, strip_left = false;
    while (true) {
      const size_t tag = rest_.find('{');
      const size_t begin = tag + 1 < rest_.size() ? tag : std::string_view::npos;
      if (begin != std::string_view::npos && std::string_view("{%#").find(rest_[begin + 1]) == std::string_view::npos)
        throw fault("a brace outside of tags");
      const bool ends = begin == std::string_view::npos;
      const bool block = !ends && rest_[begin + 1] != '{';
      const bool strip_right = !ends && begin + 2 < rest_.size() && rest_[begin + 2] == '-';
      text(rest_.substr(0, begin),
           {.behind_block = behind_block, .before_block = block, .left = strip_left, .right = strip_right});
      if (ends) return std::move(out_);
      behind_block = block;
      strip_left = this->tag(begin + 2 + (strip_right ? 1 : 0), rest_[begin + 1]);
    }
  }

 private:
  struct Around {
    bool behind_block, before_block, left, right;
  };

  Error fault(std::string_view what) const {
    return bad_input("text.chat_template",
                     "{}: chat template not recognized: it has {}, which may change the text; replace it with one of "
                     "the ChatML or Llama 3 form",
                     source_, what);
  }

  // Text outside of tags, as trim_blocks, lstrip_blocks and minus signs leave it.
  void text(std::string_view part, const Around& around) {
    if (around.left) {
      part.remove_prefix(std::min(part.find_first_not_of(kBlank), part.size()));
    } else if (around.behind_block && part.starts_with('\n')) {
      part.remove_prefix(1);
    }
    if (around.right) {
      part = part.substr(0, part.find_last_not_of(kBlank) + 1);
    } else if (around.before_block) {
      const size_t line = part.find_last_not_of(" \t");
      if (line == std::string_view::npos || part[line] == '\n') part = part.substr(0, line + 1);
    }
    out_ += part;
  }

  // What stands in the tag that begins at `at`; true where it strips the blanks after it.
  bool tag(size_t at, char kind) {
    const std::string end{kind == '{' ? '}' : kind, '}'};
    tokens_.clear();
    next_ = 0;
    if (kind == '#') {
      at = rest_.find(end, at);
    } else {
      at = tokenize(at, end);
    }
    if (at == std::string_view::npos) throw fault("a tag that does not end");
    const bool strip = at > 0 && rest_[at - 1] == '-';
    rest_.remove_prefix(at + end.size());
    if (kind == '{') output();
    if (kind == '%') statement();
    return strip;
  }

  size_t tokenize(size_t at, std::string_view end) {
    while (at < rest_.size()) {
      const char c = rest_[at];
      if (kBlank.find(c) != std::string_view::npos) {
        ++at;
      } else if (rest_.substr(at).starts_with(end)) {
        return at;
      } else if (c == '-' && rest_.substr(at + 1).starts_with(end)) {
        return at + 1;
      } else if (c == '\'' || c == '"') {
        at = literal(at);
      } else if (is_word(c)) {
        const size_t begin = at;
        while (at < rest_.size() && is_word(rest_[at])) ++at;
        const bool number = std::isdigit(static_cast<unsigned char>(c)) != 0;
        tokens_.push_back(
            {number ? Token::Kind::kNumber : Token::Kind::kName, std::string(rest_.substr(begin, at - begin))});
      } else {
        const bool two = rest_.substr(at, 2) == "==" || rest_.substr(at, 2) == "!=";
        tokens_.push_back({Token::Kind::kOperator, std::string(rest_.substr(at, two ? 2 : 1))});
        at += two ? 2 : 1;
      }
    }
    return std::string_view::npos;
  }

  size_t literal(size_t at) {
    const char quote = rest_[at++];
    std::string text;
    for (; at < rest_.size() && rest_[at] != quote; ++at) {
      if (rest_[at] != '\\') {
        text += rest_[at];
        continue;
      }
      constexpr std::string_view kEscapes = "ntr\\'\"", kMeant = "\n\t\r\\'\"";
      const size_t escape = ++at < rest_.size() ? kEscapes.find(rest_[at]) : std::string_view::npos;
      if (escape == std::string_view::npos) throw fault("an escape in a string");
      text += kMeant[escape];
    }
    tokens_.push_back({Token::Kind::kLiteral, text});
    return at < rest_.size() ? at + 1 : at;
  }

  bool take(std::string_view text) {
    const bool found =
        next_ < tokens_.size() && tokens_[next_].kind != Token::Kind::kLiteral && tokens_[next_].text == text;
    next_ += found;
    return found;
  }

  // operand { (+ | ~) operand }
  void output() {
    do {
      operand();
    } while (take("+") || take("~"));
    if (next_ < tokens_.size()) throw fault(fmt::format("'{}' in what it writes", tokens_[next_].text));
  }

  void operand() {
    if (take("(")) {
      do {
        operand();
      } while (take("+") || take("~"));
      if (!take(")")) throw fault("a bracket in what it writes");
    } else if (next_ < tokens_.size() && tokens_[next_].kind == Token::Kind::kLiteral) {
      out_ += tokens_[next_++].text;
    } else {
      name();
    }
    while (take("|"))
      if (!take("trim")) throw fault("a filter other than trim");
  }

  // message['role'], message.content, messages[0]['content'], content, bos_token
  void name() {
    if (next_ >= tokens_.size() || tokens_[next_].kind != Token::Kind::kName) throw fault("an expression");
    const std::string first = tokens_[next_++].text;
    std::string last;
    while (next_ < tokens_.size()) {
      if (take(".")) {
        if (take("strip")) {
          if (!take("(") || !take(")")) throw fault("a call");
          break;
        }
        last = next_ < tokens_.size() ? tokens_[next_++].text : "";
      } else if (take("[")) {
        last = next_ < tokens_.size() ? tokens_[next_++].text : "";
        if (!take("]")) throw fault("a slice");
      } else {
        break;
      }
    }
    if (last == "role") {
      out_ += kRoleMark;
    } else if (last == "content") {
      out_ += kContentMark;
    } else if (!last.empty() || !silent_.contains(first)) {
      throw fault(fmt::format("the value of '{}'", first));
    }
  }

  void statement() {
    if (take("set")) {
      if (next_ >= tokens_.size()) throw fault("a set without a name");
      const std::string name = tokens_[next_++].text;
      if (!take("=")) throw fault("a set without a value");
      const bool all_messages = take("messages") && next_ == tokens_.size();
      if (!all_messages) {
        next_ = 3;
        output();
      }
      silent_.insert(name);
      return;
    }
    static constexpr std::string_view kWords[] = {"for", "endfor", "if", "elif", "else", "endif"};
    if (tokens_.empty() || std::ranges::find(kWords, tokens_[0].text) == std::end(kWords))
      throw fault(fmt::format("the statement '{}'", tokens_.empty() ? "" : tokens_[0].text));
    // Of a condition only what could leave out or reorder messages.
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const bool opens = tokens_[i].kind == Token::Kind::kOperator && tokens_[i].text == "[";
      if (opens && (i + 2 >= tokens_.size() || tokens_[i + 2].text != "]")) throw fault("a slice");
      if (tokens_[i].kind == Token::Kind::kOperator &&
          std::string_view("|%(").find(tokens_[i].text) != std::string_view::npos)
        throw fault(fmt::format("'{}' in a condition", tokens_[i].text));
    }
  }

  std::string_view rest_, source_;
  std::set<std::string> silent_;
  std::string out_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
};

}  // namespace

std::string written_by(std::string_view jinja, bool with_bos, std::string_view source) {
  return Program(jinja, with_bos, source).written();
}

}  // namespace hrm::text
