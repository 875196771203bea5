#include "grading/latex_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr size_t kNone = std::string_view::npos;

struct TooDeep {};
struct Unwritable {};  // where the original raises

// A macro with arguments: '{' one token or group, '[' optional, '*' an optional star. The template's digits are
// arguments; nullptr: the arguments vanish.
struct MacroForm {
  std::string_view name, arguments;
  const char* text;
};

// clang-format off
constexpr MacroForm kForms[] = {
    {"frac", "{{", "1/2"}, {"nicefrac", "{{", "1/2"}, {"sqrt", "[{", "√(2)"}, {"text", "{", "1"}, {"textrm", "{", "1"},
    {"textit", "{", "1"}, {"textbf", "{", "1"}, {"textsc", "{", "1"}, {"textsl", "{", "1"}, {"emph", "{", "1"},
    {"mathrm", "{", "1"}, {"ensuremath", "{", "1"}, {"overline", "{", "1"}, {"underline", "{", "1"},
    {"widehat", "{", "1"}, {"widetilde", "{", "1"}, {"wideparen", "{", "1"}, {"overleftarrow", "{", "1"},
    {"overrightarrow", "{", "1"}, {"overleftrightarrow", "{", "1"}, {"underleftarrow", "{", "1"},
    {"underrightarrow", "{", "1"}, {"underleftrightarrow", "{", "1"}, {"overbrace", "{", "1"}, {"underbrace", "{", "1"},
    {"overgroup", "{", "1"}, {"undergroup", "{", "1"}, {"overbracket", "{", "1"}, {"underbracket", "{", "1"},
    {"overlinesegment", "{", "1"}, {"underlinesegment", "{", "1"}, {"overleftharpoon", "{", "1"},
    {"overrightharpoon", "{", "1"}, {"ket", "{", "|1⟩"}, {"bra", "{", "⟨1|"}, {"braket", "{{", "⟨1|2⟩"},
    {"ketbra", "{{", "|1⟩⟨2|"}, {"textcolor", "[{{", "3"}, {"colorbox", "[{{", "3"}, {"url", "{", "<1>"},
    {"texorpdfstring", "{{", "2"}, {"footnote", "[{", "[2]"}, {"hspace", "*{", ""}, {"vspace", "*{", "\n"},
    {"\\", "*[", "\n"}, {"mbox", "{", nullptr}, {"label", "{", nullptr}, {"color", "[{", nullptr},
    {"textmd", "{", nullptr}, {"textsf", "{", nullptr}, {"texttt", "{", nullptr}, {"textup", "{", nullptr},
    {"hphantom", "[{", nullptr}, {"vphantom", "[{", nullptr}, {"xleftarrow", "[{", nullptr},
    {"xrightarrow", "[{", nullptr}, {"ref", "{", "<ref>"}, {"eqref", "{", "(<ref>)"}, {"input", "{", nullptr},
    {"include", "{", nullptr}, {"setlength", "[{{", nullptr},
};

// Macros that put a combining character behind each character of their argument.
constexpr std::pair<std::string_view, char32_t> kAccents[] = {
    {"'", 0x301}, {"`", 0x300}, {"\"", 0x308}, {"c", 0x327}, {"^", 0x302}, {"~", 0x303}, {"H", 0x30B}, {"k", 0x328},
    {"=", 0x304}, {"b", 0x331}, {".", 0x307}, {"d", 0x323}, {"r", 0x30A}, {"u", 0x306}, {"v", 0x30C}, {"vec", 0x20D7},
    {"dot", 0x307}, {"hat", 0x302}, {"check", 0x30C}, {"breve", 0x306}, {"acute", 0x301}, {"grave", 0x300},
    {"tilde", 0x303}, {"bar", 0x304}, {"ddot", 0x308}, {"not", 0x338},
};

// Mathematical alphabets: the code points of A and a.
struct Alphabet { std::string_view name; char32_t capital, small; };
constexpr Alphabet kAlphabets[] = {
    {"mathbf", 0x1D400, 0x1D41A}, {"mathit", 0x1D434, 0x1D44E}, {"mathsf", 0x1D5A0, 0x1D5BA},
    {"mathbb", 0x1D538, 0x1D552}, {"mathtt", 0x1D670, 0x1D68A}, {"mathcal", 0x1D49C, 0x1D4B6},
    {"mathscr", 0x1D49C, 0x1D4B6}, {"mathfrak", 0x1D504, 0x1D51E},
};
// Letters whose code point in the alphabet is unassigned, and where they are instead.
constexpr std::pair<char32_t, char32_t> kLetterlike[] = {
    {0x1D455, 0x210E}, {0x1D49D, 0x212C}, {0x1D4A0, 0x2130}, {0x1D4A1, 0x2131}, {0x1D4A3, 0x210B}, {0x1D4A4, 0x2110},
    {0x1D4A7, 0x2112}, {0x1D4A8, 0x2133}, {0x1D4AD, 0x211B}, {0x1D4BA, 0x212F}, {0x1D4BC, 0x210A}, {0x1D4C4, 0x2134},
    {0x1D506, 0x212D}, {0x1D50B, 0x210C}, {0x1D50C, 0x2111}, {0x1D515, 0x211C}, {0x1D51D, 0x2128}, {0x1D53A, 0x2102},
    {0x1D53F, 0x210D}, {0x1D545, 0x2115}, {0x1D547, 0x2119}, {0x1D548, 0x211A}, {0x1D549, 0x211D}, {0x1D551, 0x2124},
};

constexpr std::pair<std::string_view, std::string_view> kLigatures[] = {
    {"---", "—"}, {"--", "–"}, {"``", "“"}, {"''", "”"}, {"!`", "¡"}, {"?`", "¿"}, {"~", "\u00A0"}, {"&", "   "},
};
// clang-format on

struct EnvironmentForm {
  std::string_view name, arguments;
  bool is_matrix = false, is_equation = false;
};
constexpr EnvironmentForm kEnvironments[] = {
    {"array", "[{", true},
    {"pmatrix", "", true},
    {"bmatrix", "", true},
    {"smallmatrix", "", true},
    {"psmallmatrix", "", true},
    {"bsmallmatrix", "", true},
    {"equation", "", false, true},
    {"equation*", "", false, true},
    {"eqnarray", "", false, true},
    {"eqnarray*", "", false, true},
    {"align", "", false, true},
    {"align*", "", false, true},
    {"gather", "", false, true},
    {"gather*", "", false, true},
    {"multline", "", false, true},
    {"multline*", "", false, true},
    {"tabular", "{"},
};

template <typename Table>
const auto* find_form(const Table& table, std::string_view name) {
  const auto at = std::ranges::find(table, name, [](const auto& row) { return std::string_view(std::get<0>(row)); });
  return at == std::end(table) ? nullptr : &*at;
}
const MacroForm* form_of(std::string_view name) {
  const auto at = std::ranges::find(kForms, name, &MacroForm::name);
  return at == std::end(kForms) ? nullptr : at;
}

struct Token {
  enum class Kind { kEnd, kCharacter, kMacro, kOpen, kClose, kBegin, kFinish, kMath, kLigature };
  Kind kind = Kind::kEnd;
  std::string_view blanks, text, blanks_behind;
  size_t end = 0;  // behind the token
};

struct Node {
  enum class Kind { kCharacters, kGroup, kMacro, kEnvironment, kMath, kLigature };
  Kind kind = Kind::kCharacters;
  std::string text;         // characters, name, opening delimiter
  std::string_view blanks;  // behind a macro
  bool has_arguments = false;
  std::vector<std::optional<Node>> arguments;
  std::vector<Node> children;
};

bool is_blank(std::string_view text) { return strip(text).empty(); }

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
    if (std::string_view("()[]").find(token.text) != kNone) {
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
        return is_ascii_letter(c) || is_ascii_digit(c) || std::string_view("* ._-").find(c) != kNone;
      });
    };
    if (!group.starts_with('{') || close == kNone || close < 2 || !is_name(group.substr(1, close - 1))) {
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

class Writer {
 public:
  std::string text_of(const std::vector<Node>& nodes) {
    std::string text;
    const Node* before = nullptr;
    for (const Node& node : nodes) {
      // Blanks behind a macro without arguments show only before characters.
      if (before && before->kind == Node::Kind::kMacro && !before->has_arguments &&
          node.kind == Node::Kind::kCharacters)
        text += before->blanks;
      text += text_of(node);
      before = &node;
    }
    return text;
  }

 private:
  std::string text_of(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kCharacters:
        return is_blank(node.text) ? std::string() : node.text;
      case Node::Kind::kGroup:
        return text_of(node.children);
      case Node::Kind::kMacro:
        return macro(node);
      case Node::Kind::kEnvironment:
        return environment(node);
      case Node::Kind::kMath:
        return node.text == "\\(" ? std::string(strip(text_of(node.children))) : displayed(node);
      case Node::Kind::kLigature:
        return std::string(find_form(kLigatures, node.text)->second);
    }
    return {};
  }

  std::string displayed(const Node& node) {
    std::string text(strip(text_of(node.children)));
    replace_all(text, "\n", "\n    ");
    return "\n    " + text + "\n";
  }

  std::string argument(const Node& node, size_t n) {
    if (n >= node.arguments.size() || !node.arguments[n]) return {};
    return text_of(*node.arguments[n]);
  }

  std::string macro(const Node& node) {
    if (const auto* accent = find_form(kAccents, node.text)) return accented(node, accent->second);
    for (const Alphabet& alphabet : kAlphabets)
      if (alphabet.name == node.text) return styled(argument(node, 0), alphabet);
    if (const MacroForm* form = form_of(node.text)) return filled(node, *form);
    const char* symbol = latex_symbol(node.text);
    return symbol ? symbol : "";
  }

  std::string filled(const Node& node, const MacroForm& form) {
    if (!form.text) return {};
    std::string text;
    if (!node.has_arguments) {
      // Its template stays visible, or has no value to take.
      if (form.name == "sqrt" || form.arguments.find('[') < form.arguments.size() - 1) throw Unwritable();
      if (form.text == std::string_view("1") && is_wrapper(form.name)) return {};
      for (const char* c = form.text; *c; ++c) is_ascii_digit(*c) ? void(text += "%s") : void(text += *c);
      return text;
    }
    for (const char* c = form.text; *c; ++c)
      is_ascii_digit(*c) ? void(text += argument(node, static_cast<size_t>(*c - '1'))) : void(text += *c);
    return text;
  }

  static bool is_wrapper(std::string_view name) {
    return name.starts_with("text") || name == "emph" || name == "mathrm";
  }

  std::string accented(const Node& node, char32_t accent) {
    std::string text;
    const std::string argument_text = node.has_arguments ? argument(node, 0) : " ";
    for (std::string_view rest = node.has_arguments ? strip(argument_text) : argument_text; !rest.empty();) {
      const CodePoint point = decode_utf8(rest);
      rest.remove_prefix(point.size);
      std::string pair;
      append_utf8(pair, point.value == 0x131 ? 'i' : point.value == 0x237 ? 'j' : point.value);
      append_utf8(pair, accent);
      const auto composed = std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)>(
          utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(pair.c_str())), &std::free);
      text += composed ? reinterpret_cast<const char*>(composed.get()) : pair.c_str();
    }
    return text;
  }

  static std::string styled(std::string_view plain, const Alphabet& alphabet) {
    std::string text;
    for (const char c : plain) {
      if (!is_ascii_letter(c)) {
        text += c;
        continue;
      }
      char32_t value = c <= 'Z' ? alphabet.capital + static_cast<char32_t>(c - 'A')
                                : alphabet.small + static_cast<char32_t>(c - 'a');
      for (const auto& [unassigned, letter] : kLetterlike) value = value == unassigned ? letter : value;
      append_utf8(text, value);
    }
    return text;
  }

  std::string environment(const Node& node) {
    const auto form = std::ranges::find(kEnvironments, node.text, &EnvironmentForm::name);
    if (form == std::end(kEnvironments)) return text_of(node.children);
    if (form->is_matrix) return matrix(node);
    return form->is_equation ? displayed(node) : text_of(node.children);
  }

  // Cells right-aligned to the widest, rows between "; ".
  std::string matrix(const Node& node) {
    std::vector<std::vector<std::string>> rows(1);
    std::vector<Node> cell;
    const auto end_cell = [&] {
      if (!cell.empty()) rows.back().emplace_back(strip(text_of(cell)));
      cell.clear();
    };
    for (const Node& child : node.children) {
      if (child.kind == Node::Kind::kLigature && child.text == "&") {
        end_cell();
      } else if (child.kind == Node::Kind::kMacro && child.text == "\\") {
        end_cell();
        rows.emplace_back();
      } else {
        cell.push_back(child);
      }
    }
    end_cell();
    return written(rows);
  }

  static size_t characters(std::string_view text) {
    return static_cast<size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  }

  static std::string written(const std::vector<std::vector<std::string>>& rows) {
    size_t width = 0, cells = 0;
    for (const auto& row : rows) {
      cells += row.size();
      for (const std::string& cell : row) width = std::max(width, characters(cell));
    }
    constexpr size_t kMostText = size_t{1} << 20;
    if (cells == 0 || cells * width > kMostText) throw Unwritable();
    std::string text = "[ ";
    for (size_t r = 0; r < rows.size(); ++r) {
      if (r > 0) text += "; ";
      for (size_t c = 0; c < rows[r].size(); ++c)
        text.append(c > 0, ' ').append(width - characters(rows[r][c]), ' ').append(rows[r][c]);
    }
    return text + " ]";
  }
};

}  // namespace

std::optional<std::string> latex_to_text(std::string_view latex) {
  try {
    return Writer().text_of(Reader(latex).read());
  } catch (const TooDeep&) {
    return std::nullopt;
  } catch (const Unwritable&) {
    return std::nullopt;
  }
}

}  // namespace hrm::grading
