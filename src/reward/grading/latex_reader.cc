#include "grading/latex_reader.h"

#include <algorithm>

#include "base/utf8.h"
#include "grading/latex_forms.h"
#include "grading/latex_text.h"
#include "grading/text_edit.h"

namespace hrm::grading::latex {
namespace {

struct TooDeep {};

struct Token {
  enum class Kind { kEnd, kCharacter, kMacro, kOpen, kClose, kBegin, kFinish, kMath, kLigature };
  Kind kind = Kind::kEnd;
  std::string_view blanks, text, blanks_behind;
  size_t end = 0;  // after the token
};

class Reader {
 public:
  explicit Reader(std::string_view latex) : latex_(latex) {}

  std::vector<Node> read() {
    std::vector<Node> nodes;
    read_nodes(nodes, Token::Kind::kEnd, {});
    return nodes;
  }

 private:
  struct Deeper {
    explicit Deeper(int& depth) : depth_(depth) {
      if (++depth_ > kMostLatexDepth) throw TooDeep();
    }
    ~Deeper() { --depth_; }
    int& depth_;
  };

  // in_environments: whether \begin and \end are more than names. extra: an opening and a closing bracket that count as
  // braces, those of an optional argument.
  Token next(size_t at, std::string_view extra = {}, bool in_environments = true) const {
    Token token;
    const size_t begin = at;
    while (at < latex_.size()) {
      const CodePoint point = decode_utf8(latex_.substr(at));
      if (!is_space(point.value)) break;
      at += point.size;
      if (latex_.substr(begin, at - begin).ends_with("\n\n"))
        return {Token::Kind::kCharacter, latex_.substr(begin, at - begin - 2), "\n\n", {}, at};
    }
    token.blanks = latex_.substr(begin, at - begin);
    token.end = at;
    if (at >= latex_.size()) return token;
    const std::string_view rest = latex_.substr(at);
    if (rest[0] == '\\') return macro(token, rest, in_environments);
    token.text = rest.substr(0, decode_utf8(rest).size);
    token.kind = Token::Kind::kCharacter;
    if (rest[0] == '{' || (!extra.empty() && rest[0] == extra[0])) token.kind = Token::Kind::kOpen;
    if (rest[0] == '}' || (!extra.empty() && rest[0] == extra[1])) token.kind = Token::Kind::kClose;
    for (const auto& [characters, text] : kLigatures) {
      if (!rest.starts_with(characters)) continue;
      token.kind = Token::Kind::kLigature;
      token.text = characters;
      break;
    }
    token.end = at + token.text.size();
    return token;
  }

  Token macro(Token token, std::string_view rest, bool in_environments) const {
    const size_t at = token.end;
    if (rest.size() == 1) return {};  // the original loses the blanks before it
    size_t size = 1 + decode_utf8(rest.substr(1)).size;
    const bool is_word = is_letter(decode_utf8(rest.substr(1)).value);
    while (is_word && size < rest.size()) {
      const CodePoint point = decode_utf8(rest.substr(size));
      if (!is_letter(point.value)) break;
      size += point.size;
    }
    token.kind = Token::Kind::kMacro;
    token.text = rest.substr(1, size - 1);
    token.end = at + size;
    if (std::string_view("()[]").find(token.text) != kNowhere) {
      token.kind = Token::Kind::kMath;
      token.text = rest.substr(0, size);
      return token;
    }
    if (in_environments && (token.text == "begin" || token.text == "end")) return environment(token, rest, size);
    if (is_word) token.blanks_behind = blanks_behind(rest.substr(size));
    token.end += token.blanks_behind.size();
    return token;
  }

  // Up to, and without, an empty line.
  static std::string_view blanks_behind(std::string_view rest) {
    size_t size = 0;
    while (size < rest.size()) {
      const CodePoint point = decode_utf8(rest.substr(size));
      if (!is_space(point.value)) break;
      size += point.size;
      if (rest.substr(0, size).ends_with("\n\n")) return rest.substr(0, size - 2);
    }
    return rest.substr(0, size);
  }

  static Token environment(Token token, std::string_view rest, size_t size) {
    const std::string_view behind = rest.substr(size), group = strip_left(behind);
    const size_t close = group.find('}');
    const auto is_name = [](std::string_view name) {
      return std::ranges::all_of(name, [](char c) {
        return is_ascii_letter(c) || is_ascii_digit(c) || std::string_view("* ._-").find(c) != kNowhere;
      });
    };
    if (!group.starts_with('{') || close == kNowhere || close < 2 || !is_name(group.substr(1, close - 1))) {
      token.kind = Token::Kind::kCharacter;
      token.text = rest.substr(0, size);
      return token;
    }
    token.kind = token.text == "begin" ? Token::Kind::kBegin : Token::Kind::kFinish;
    token.text = group.substr(1, close - 1);
    token.end += behind.size() - group.size() + close + 1;
    return token;
  }

  // Nodes up to the end or the closing token, which is taken too. What closes something else is dropped.
  void read_nodes(std::vector<Node>& nodes, Token::Kind closing, std::string_view closing_text,
                  std::string_view extra = {}) {
    const Deeper deeper(depth_);
    std::string characters;
    const auto flush = [&](std::string_view blanks) {
      characters += blanks;
      if (!characters.empty()) nodes.push_back({.text = std::move(characters)});
      characters.clear();
    };
    for (;;) {
      const Token token = next(at_, extra);
      if (token.kind == Token::Kind::kEnd) {
        at_ = latex_.size();
        return flush(token.blanks);
      }
      at_ = token.end;
      if (token.kind == Token::Kind::kCharacter) {
        characters.append(token.blanks).append(token.text);
        continue;
      }
      flush(token.blanks);
      if (token.kind == closing && token.text == closing_text) return;
      read_node(nodes, token);
    }
  }

  void read_node(std::vector<Node>& nodes, const Token& token) {
    switch (token.kind) {
      case Token::Kind::kOpen:
        nodes.push_back(group(token.text));
        break;
      case Token::Kind::kMath:
        if (token.text == "\\(" || token.text == "\\[") {
          Node math{.kind = Node::Kind::kMath, .text = std::string(token.text)};
          read_nodes(math.children, Token::Kind::kMath, token.text == "\\(" ? "\\)" : "\\]");
          nodes.push_back(std::move(math));
        }
        break;
      case Token::Kind::kBegin:
        nodes.push_back(environment_node(token));
        break;
      case Token::Kind::kMacro:
        nodes.push_back(macro_node(token));
        break;
      case Token::Kind::kLigature:
        nodes.push_back({.kind = Node::Kind::kLigature, .text = std::string(token.text)});
        break;
      default:
        break;
    }
  }

  Node group(std::string_view open) {
    Node node{.kind = Node::Kind::kGroup};
    const bool is_brace = open == "{";
    read_nodes(node.children, Token::Kind::kClose, is_brace ? "}" : "]", is_brace ? "" : "[]");
    return node;
  }

  Node environment_node(const Token& token) {
    Node node{.kind = Node::Kind::kEnvironment, .text = std::string(token.text)};
    const auto form = std::ranges::find(kEnvironments, token.text, &EnvironmentForm::name);
    if (form != std::end(kEnvironments)) read_arguments(node, form->arguments);
    read_nodes(node.children, Token::Kind::kFinish, token.text);
    return node;
  }

  Node macro_node(const Token& token) {
    Node node{.kind = Node::Kind::kMacro, .text = std::string(token.text), .blanks = token.blanks_behind};
    if (const MacroForm* form = form_of(token.text))
      read_arguments(node, form->arguments);
    else if (find_form(kAccents, token.text) ||
             std::ranges::find(kAlphabets, token.text, &Alphabet::name) != std::end(kAlphabets))
      read_arguments(node, "{");
    return node;
  }

  // Where the text ends before the arguments do, the macro has none and what was read is read again as text.
  void read_arguments(Node& node, std::string_view form) {
    const size_t begin = at_;
    for (const char kind : form) {
      std::optional<Node> argument;
      const Token token = next(at_);
      if (kind == '{') {
        if (token.kind == Token::Kind::kEnd) {
          at_ = begin;
          node.arguments.clear();
          return;
        }
        argument = expression();
      } else if (token.kind == Token::Kind::kEnd) {
        if (kind == '*' || node.text != "\\") {
          at_ = begin;
          node.arguments.clear();
          return;
        }
      } else if (kind == '*' && token.text == "*" && token.kind == Token::Kind::kCharacter) {
        argument = Node{.text = "*"};
        at_ = token.end;
      } else if (kind == '[' && token.text == "[" && (token.blanks.empty() || node.text != "\\")) {
        at_ = token.end;
        argument = group("[");
      }
      node.arguments.push_back(std::move(argument));
    }
    node.has_arguments = !form.empty();
  }

  // One token or group; a macro among them takes no arguments of its own.
  Node expression() {
    const Token token = next(at_, {}, false);
    if (token.kind == Token::Kind::kClose || (token.kind == Token::Kind::kMacro && token.text == "end")) {
      at_ = token.end - token.text.size() - (token.kind == Token::Kind::kMacro ? 1 + token.blanks_behind.size() : 0);
      return {};
    }
    at_ = token.end;
    switch (token.kind) {
      case Token::Kind::kOpen:
        return group("{");
      case Token::Kind::kMacro:
      case Token::Kind::kMath:
        return {.kind = Node::Kind::kMacro, .text = std::string(token.text)};
      case Token::Kind::kLigature:
        return {.kind = Node::Kind::kLigature, .text = std::string(token.text)};
      default:
        return {.text = std::string(token.text)};
    }
  }

  std::string_view latex_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<std::vector<Node>> read_latex(std::string_view latex) {
  try {
    return Reader(latex).read();
  } catch (const TooDeep&) {
    return std::nullopt;
  }
}

}  // namespace hrm::grading::latex
