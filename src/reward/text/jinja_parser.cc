#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "text/jinja_lexer.h"
#include "text/jinja_program.h"

namespace hrm::text::jinja {
namespace {

using Op = Expression::Op;
constexpr size_t kDeepestExpression = 300, kDeepestStatement = 60;

std::string described(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kEnd:
      return "the end of the template";
    case Token::Kind::kBlockEnd:
      return "'%}'";
    case Token::Kind::kOutputEnd:
      return "'}}'";
    case Token::Kind::kString:
      return "a text";
    default:
      return fmt::format("'{}'", token.text.substr(0, 40));
  }
}

class Parser {
 public:
  Parser(std::string_view jinja, std::string source)
      : program_(std::make_shared<Program>()), tokens_(tokenize(jinja, source)) {
    program_->source = std::move(source);
    program_->id_of_loop = id_of("loop");
    program_->id_of_caller = id_of("caller");
    program_->id_of_more = id_of("varargs");
    program_->id_of_named = id_of("kwargs");
  }

  std::shared_ptr<const Program> run() {
    program_->body = body({});
    return program_;
  }

 private:
  using Words = std::initializer_list<std::string_view>;

  struct Deeper {
    Deeper(Parser& parser, size_t most) : at(parser.deep_), was(at) {
      if (++at > most) throw parser.fault("expressions or blocks nested too deeply");
    }
    ~Deeper() { at = was; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    size_t& at;
    size_t was;
  };

  template <typename... Args>
  Error fault(fmt::format_string<Args...> format, Args&&... args) const {
    return bad_input("text.jinja", "{}: line {} of the chat template: {}", program_->source, now().line,
                     fmt::format(format, std::forward<Args>(args)...));
  }

  // Tokens.
  const Token& now() const { return tokens_[at_]; }
  const Token& after() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool is(Token::Kind kind) const { return now().kind == kind; }
  bool is_sign(std::string_view text) const { return is(Token::Kind::kOperator) && now().text == text; }
  bool is_word(std::string_view text) const { return is(Token::Kind::kName) && now().text == text; }
  bool skip_sign(std::string_view text) { return is_sign(text) && (take(), true); }
  bool skip_word(std::string_view text) { return is_word(text) && (take(), true); }
  void need_sign(std::string_view text) {
    if (!skip_sign(text)) throw fault("expected '{}', found {}", text, described(now()));
  }
  std::string need_name() {
    if (!is(Token::Kind::kName)) throw fault("expected a name, found {}", described(now()));
    return take().text;
  }
  void need(Token::Kind kind, std::string_view text) {
    if (!is(kind)) throw fault("expected '{}', found {}", text, described(now()));
    take();
  }

  size_t id_of(const std::string& name) {
    const auto [at, fresh] = ids_.try_emplace(name, program_->names.size());
    if (fresh) program_->names.push_back(name);
    return at->second;
  }

  // Expressions.
  ExpressionPtr make(Op op, size_t line, std::string name = "") const {
    auto made = std::make_unique<Expression>();
    made->op = op;
    made->line = line;
    made->name = std::move(name);
    return made;
  }
  void adopt(Expression& parent, ExpressionPtr child) const {
    if (child) parent.depth = std::max(parent.depth, child->depth + 1);
    if (parent.depth > kDeepestExpression) throw fault("expressions nested too deeply");
    parent.parts.push_back(std::move(child));
  }
  ExpressionPtr binary(Op op, ExpressionPtr left, ExpressionPtr right, std::string name = "") const {
    ExpressionPtr made = make(op, left->line, std::move(name));
    adopt(*made, std::move(left));
    adopt(*made, std::move(right));
    return made;
  }

  ExpressionPtr expression(bool with_condition = true) {
    const Deeper deeper(*this, kDeepestExpression);
    ExpressionPtr left = either();
    while (with_condition && skip_word("if")) {
      ExpressionPtr made = make(Op::kCondition, left->line);
      adopt(*made, either());
      adopt(*made, std::move(left));
      adopt(*made, skip_word("else") ? expression() : nullptr);
      left = std::move(made);
    }
    return left;
  }

  ExpressionPtr either() {
    ExpressionPtr left = both();
    while (skip_word("or")) left = binary(Op::kOr, std::move(left), both());
    return left;
  }

  ExpressionPtr both() {
    ExpressionPtr left = negation();
    while (skip_word("and")) left = binary(Op::kAnd, std::move(left), negation());
    return left;
  }

  ExpressionPtr negation() {
    if (!is_word("not")) return comparison();
    const Deeper deeper(*this, kDeepestExpression);
    ExpressionPtr made = make(Op::kNot, take().line);
    adopt(*made, negation());
    return made;
  }

  std::optional<std::string> comparison_sign() {
    static constexpr std::string_view kSigns[] = {"==", "!=", "<", "<=", ">", ">="};
    for (const std::string_view sign : kSigns)
      if (skip_sign(sign)) return std::string(sign);
    if (skip_word("in")) return "in";
    if (!is_word("not") || after().kind != Token::Kind::kName || after().text != "in") return std::nullopt;
    take();
    take();
    return "not in";
  }

  ExpressionPtr comparison() {
    ExpressionPtr left = sum();
    std::optional<std::string> sign = comparison_sign();
    if (!sign) return left;
    ExpressionPtr made = make(Op::kCompare, left->line);
    adopt(*made, std::move(left));
    for (; sign; sign = comparison_sign()) {
      made->operators.push_back(*sign);
      adopt(*made, sum());
    }
    return made;
  }

  ExpressionPtr sum() {
    ExpressionPtr left = concat();
    while (is_sign("+") || is_sign("-")) {
      std::string sign = take().text;
      left = binary(Op::kArithmetic, std::move(left), concat(), std::move(sign));
    }
    return left;
  }

  ExpressionPtr concat() {
    ExpressionPtr first = product();
    if (!is_sign("~")) return first;
    ExpressionPtr made = make(Op::kConcat, first->line, "~");
    adopt(*made, std::move(first));
    while (skip_sign("~")) adopt(*made, product());
    return made;
  }

  ExpressionPtr product() {
    ExpressionPtr left = power();
    while (is_sign("*") || is_sign("/") || is_sign("//") || is_sign("%")) {
      std::string sign = take().text;
      left = binary(Op::kArithmetic, std::move(left), power(), std::move(sign));
    }
    return left;
  }

  ExpressionPtr power() {
    ExpressionPtr left = unary(true);
    while (skip_sign("**")) left = binary(Op::kArithmetic, std::move(left), unary(true), "**");
    return left;
  }

  ExpressionPtr unary(bool with_filters) {
    const Deeper deeper(*this, kDeepestExpression);
    ExpressionPtr made;
    if (is_sign("-") || is_sign("+")) {
      const Token sign = take();
      made = make(sign.text == "-" ? Op::kNegative : Op::kPositive, sign.line, sign.text);
      adopt(*made, unary(false));
    } else {
      made = primary();
    }
    made = postfix(std::move(made));
    return with_filters ? filtered(std::move(made)) : std::move(made);
  }

  ExpressionPtr primary() {
    const Token token = now();
    switch (token.kind) {
      case Token::Kind::kName:
        take();
        return name(token);
      case Token::Kind::kString: {
        std::string text;
        while (is(Token::Kind::kString)) text += take().text;
        ExpressionPtr made = make(Op::kConst, token.line);
        made->value = Value::text(std::move(text));
        return made;
      }
      case Token::Kind::kInteger:
      case Token::Kind::kFloat:
        take();
        return number(token);
      default:
        break;
    }
    if (skip_sign("(")) {
      ExpressionPtr made = tuple(true, true);
      need_sign(")");
      return made;
    }
    if (skip_sign("[")) return list(token.line);
    if (skip_sign("{")) return dict(token.line);
    throw fault("expected an expression, found {}", described(token));
  }

  ExpressionPtr name(const Token& token) {
    ExpressionPtr made = make(Op::kConst, token.line, token.text);
    if (token.text == "true" || token.text == "True") {
      made->value = Value(true);
    } else if (token.text == "false" || token.text == "False") {
      made->value = Value(false);
    } else if (token.text == "none" || token.text == "None") {
      made->value = Value::none();
    } else {
      made->op = Op::kName;
      made->id = id_of(token.text);
      for (Statement* macro : macros_) {
        macro->takes_more |= made->id == program_->id_of_more;
        macro->takes_named |= made->id == program_->id_of_named;
        macro->takes_caller |= made->id == program_->id_of_caller;
      }
    }
    return made;
  }

  ExpressionPtr number(const Token& token) const {
    ExpressionPtr made = make(Op::kConst, token.line);
    const char *begin = token.text.data(), *end = begin + token.text.size();
    if (token.kind == Token::Kind::kFloat) {
      double value = 0;
      const auto [rest, error] = std::from_chars(begin, end, value);
      if (error != std::errc{} || rest != end) throw fault("the number {} is too large", token.text);
      made->value = value;
    } else {
      int64_t value = 0;
      const auto [rest, error] = std::from_chars(begin, end, value);
      if (error != std::errc{} || rest != end) throw fault("the number {} is beyond 64 bits", token.text);
      made->value = value;
    }
    return made;
  }

  // One expression, or several with commas between them. in_brackets: there may be none.
  ExpressionPtr tuple(bool with_condition, bool in_brackets, std::string_view end_word = "") {
    ExpressionPtr made = make(Op::kTuple, now().line);
    bool several = false;
    while (true) {
      const bool ends = is(Token::Kind::kOutputEnd) || is(Token::Kind::kBlockEnd) || is_sign(")");
      if (ends || (!end_word.empty() && is_word(end_word))) break;
      adopt(*made, expression(with_condition));
      if (!is_sign(",")) break;
      take();
      several = true;
    }
    if (!several && made->parts.size() == 1) return std::move(made->parts[0]);
    if (!several && !in_brackets) throw fault("expected an expression, found {}", described(now()));
    return made;
  }

  ExpressionPtr list(size_t line) {
    ExpressionPtr made = make(Op::kList, line);
    while (!is_sign("]")) {
      if (!made->parts.empty()) need_sign(",");
      if (is_sign("]")) break;
      adopt(*made, expression());
    }
    take();
    return made;
  }

  ExpressionPtr dict(size_t line) {
    ExpressionPtr made = make(Op::kDict, line);
    while (!is_sign("}")) {
      if (!made->parts.empty()) need_sign(",");
      if (is_sign("}")) break;
      adopt(*made, expression());
      need_sign(":");
      adopt(*made, expression());
    }
    take();
    return made;
  }

  ExpressionPtr postfix(ExpressionPtr node) {
    while (true) {
      if (is_sign("."))
        node = attribute(std::move(node));
      else if (is_sign("["))
        node = item(std::move(node));
      else if (is_sign("("))
        node = call(std::move(node));
      else
        return node;
    }
  }

  ExpressionPtr attribute(ExpressionPtr of) {
    const size_t line = take().line;
    ExpressionPtr made = make(Op::kAttribute, line);
    if (is(Token::Kind::kInteger)) {
      made->op = Op::kItem;
      adopt(*made, std::move(of));
      const Token index = take();
      adopt(*made, number(index));
      return made;
    }
    adopt(*made, std::move(of));
    made->name = need_name();
    return made;
  }

  ExpressionPtr item(ExpressionPtr of) {
    ExpressionPtr made = make(Op::kItem, take().line);
    adopt(*made, std::move(of));
    ExpressionPtr all = make(Op::kTuple, made->line);
    while (!is_sign("]")) {
      if (!all->parts.empty()) need_sign(",");
      adopt(*all, subscript());
    }
    take();
    if (all->parts.size() == 1)
      adopt(*made, std::move(all->parts[0]));
    else
      adopt(*made, std::move(all));
    return made;
  }

  ExpressionPtr subscript() {
    const size_t line = now().line;
    ExpressionPtr first = is_sign(":") ? nullptr : expression();
    if (!is_sign(":")) return first;
    ExpressionPtr made = make(Op::kSlice, line);
    adopt(*made, std::move(first));
    for (size_t i = 0; i < 2; ++i) {
      const bool given = (i == 0 || is_sign(":")) && (take(), true) && !is_sign(":") && !is_sign("]") && !is_sign(",");
      adopt(*made, given ? expression() : nullptr);
    }
    return made;
  }

  void arguments(Expression& to) {
    need_sign("(");
    CallArguments& all = to.arguments;
    const auto argument = [&] {
      ExpressionPtr made = expression();
      to.depth = std::max(to.depth, made->depth + 1);
      if (to.depth > kDeepestExpression) throw fault("expressions nested too deeply");
      return made;
    };
    for (bool comma = false; !is_sign(")"); comma = true) {
      if (comma) need_sign(",");
      if (comma && is_sign(")")) break;
      const bool named = is(Token::Kind::kName) && after().kind == Token::Kind::kOperator && after().text == "=";
      if (is_sign("**") && !all.more_named) {
        take();
        all.more_named = argument();
      } else if (is_sign("*") && !all.more && !all.more_named) {
        take();
        all.more = argument();
      } else if (named && !all.more_named) {
        std::string name = take().text;
        take();
        if (std::ranges::any_of(all.named, [&](const auto& other) { return other.first == name; }))
          throw fault("the argument '{}' is given twice", name);
        all.named.emplace_back(std::move(name), argument());
      } else if (!all.more && !all.more_named && all.named.empty()) {
        all.positional.push_back(argument());
      } else {
        throw fault("an argument behind those with names");
      }
    }
    take();
  }

  ExpressionPtr call(ExpressionPtr of) {
    ExpressionPtr made = make(Op::kCall, now().line);
    adopt(*made, std::move(of));
    arguments(*made);
    return made;
  }

  ExpressionPtr filtered(ExpressionPtr node) {
    while (true) {
      if (is_sign("|")) {
        take();
        node = filter(std::move(node));
      } else if (is_word("is")) {
        node = test(std::move(node));
      } else if (is_sign("(")) {
        node = call(std::move(node));
      } else {
        return node;
      }
    }
  }

  std::string dotted_name() {
    std::string name = need_name();
    while (skip_sign(".")) name += "." + need_name();
    return name;
  }

  // of: null for what the block around holds.
  ExpressionPtr filter(ExpressionPtr of) {
    ExpressionPtr made = make(Op::kFilter, now().line);
    made->name = dotted_name();
    adopt(*made, std::move(of));
    if (is_sign("(")) arguments(*made);
    return made;
  }

  ExpressionPtr test(ExpressionPtr of) {
    const size_t line = take().line;
    const bool negated = skip_word("not");
    ExpressionPtr made = make(Op::kTest, line);
    made->name = dotted_name();
    adopt(*made, std::move(of));
    const bool literal = is(Token::Kind::kString) || is(Token::Kind::kInteger) || is(Token::Kind::kFloat);
    const bool word = is(Token::Kind::kName) && !is_word("else") && !is_word("or") && !is_word("and");
    if (is_sign("(")) {
      arguments(*made);
    } else if (literal || word || is_sign("[") || is_sign("{")) {
      if (is_word("is")) throw fault("tests with 'is' cannot follow one another");
      made->arguments.positional.push_back(postfix(primary()));
      made->depth = std::max(made->depth, made->arguments.positional[0]->depth + 1);
    }
    if (!negated) return made;
    ExpressionPtr not_made = make(Op::kNot, line);
    adopt(*not_made, std::move(made));
    return not_made;
  }

  // Statements.
  Body body(Words ends) {
    const Deeper deeper(*this, kDeepestStatement);
    Body all;
    while (!is(Token::Kind::kEnd)) {
      auto made = std::make_unique<Statement>();
      made->line = now().line;
      const Token token = take();
      if (token.kind == Token::Kind::kData) {
        made->text = token.text;
      } else if (token.kind == Token::Kind::kOutputBegin) {
        made->kind = Statement::Kind::kOutput;
        made->expression = tuple(true, false);
        need(Token::Kind::kOutputEnd, "}}");
      } else {
        if (is(Token::Kind::kName) && std::ranges::find(ends, now().text) != ends.end()) return all;
        statement(*made, all);
        need(Token::Kind::kBlockEnd, "%}");
        if (made->kind == Statement::Kind::kData) continue;  // it was `print`
      }
      all.push_back(std::move(made));
    }
    if (ends.size() > 0) throw fault("a block that does not end: expected '{}'", *(ends.end() - 1));
    return all;
  }

  // The body of a block up to its end, whose word is passed.
  Body block(std::string_view end) {
    skip_sign(":");
    need(Token::Kind::kBlockEnd, "%}");
    Body made = body({end});
    take();
    return made;
  }

  void statement(Statement& made, Body& all) {
    const std::string word = need_name();
    if (word == "for") return for_loop(made);
    if (word == "if") return condition(made);
    if (word == "set") return assignment(made);
    if (word == "macro") return macro(made);
    if (word == "call") return call_block(made);
    if (word == "filter") return filter_block(made);
    if (word == "with") return with_block(made);
    if (word == "print") return print(made, all);
    if (word == "break" || word == "continue") {
      if (loops_ == 0) throw fault("'{}' outside of a loop", word);
      made.kind = word == "break" ? Statement::Kind::kBreak : Statement::Kind::kContinue;
      return;
    }
    if (word == "generation") {
      made.kind = Statement::Kind::kScope;
      const size_t loops = std::exchange(loops_, 0);
      made.body = block("endgeneration");
      loops_ = loops;
      return;
    }
    throw fault("the statement '{}' is not known here", word.substr(0, 40));
  }

  Target target(bool with_attribute, std::string_view end_word) {
    Target all{.name = "", .attribute = "", .id = 0, .parts = {}, .is_tuple = true};
    bool comma = false;
    while (!(comma && (is_sign("=") || is(Token::Kind::kBlockEnd) || is_sign(")") || is_word(end_word)))) {
      Target part;
      if (skip_sign("(")) {
        const Deeper deeper(*this, kDeepestExpression);
        part = target(with_attribute, end_word);
        need_sign(")");
      } else {
        part.name = need_name();
        if (part.name == "true" || part.name == "false" || part.name == "none" || part.name == "True" ||
            part.name == "False" || part.name == "None")
          throw fault("nothing can be assigned to '{}'", part.name);
        part.id = id_of(part.name);
        if (with_attribute && skip_sign(".")) part.attribute = need_name();
      }
      all.parts.push_back(std::move(part));
      comma = skip_sign(",");
      if (!comma) break;
    }
    if (all.parts.size() == 1 && !comma) return Target(std::move(all.parts[0]));
    return all;
  }

  static bool assigns(const Target& target, std::string_view name) {
    return target.name == name ||
           std::ranges::any_of(target.parts, [&](const Target& part) { return assigns(part, name); });
  }

  void for_loop(Statement& made) {
    made.kind = Statement::Kind::kFor;
    made.target = target(false, "in");
    if (assigns(made.target, "loop")) throw fault("'loop' is what a loop itself is called");
    if (!skip_word("in")) throw fault("expected 'in', found {}", described(now()));
    made.expression = tuple(false, false, "recursive");
    if (skip_word("if")) made.test = expression();
    made.recursive = skip_word("recursive");
    skip_sign(":");
    need(Token::Kind::kBlockEnd, "%}");
    ++loops_;
    made.body = body({"else", "endfor"});
    --loops_;
    if (take().text == "else") made.other = block("endfor");
  }

  void condition(Statement& made) {
    made.kind = Statement::Kind::kIf;
    for (bool again = true; again;) {
      ExpressionPtr when = tuple(false, false);
      skip_sign(":");
      need(Token::Kind::kBlockEnd, "%}");
      Body then = body({"elif", "else", "endif"});
      made.branches.emplace_back(std::move(when), std::move(then));
      const std::string& word = take().text;
      again = word == "elif";
      if (word == "else") made.other = block("endif");
    }
  }

  void assignment(Statement& made) {
    made.target = target(true, "");
    if (skip_sign("=")) {
      made.kind = Statement::Kind::kSet;
      made.expression = tuple(true, false);
      return;
    }
    made.kind = Statement::Kind::kSetBlock;
    while (skip_sign("|")) made.expression = filter(std::move(made.expression));
    made.body = block("endset");
  }

  void signature(Statement& made) {
    need_sign("(");
    while (!is_sign(")")) {
      if (!made.parameters.empty()) need_sign(",");
      Parameter parameter;
      parameter.name = need_name();
      parameter.id = id_of(parameter.name);
      if (skip_sign("="))
        parameter.otherwise = expression();
      else if (!made.parameters.empty() && made.parameters.back().otherwise)
        throw fault("the parameter '{}' needs a value like the one before it", parameter.name);
      made.parameters.push_back(std::move(parameter));
    }
    take();
  }

  // A body that is called: loops around it cannot be left from within.
  void called_body(Statement& made, std::string_view end) {
    const size_t loops = std::exchange(loops_, 0);
    macros_.push_back(&made);
    made.body = block(end);
    macros_.pop_back();
    loops_ = loops;
  }

  void macro(Statement& made) {
    made.kind = Statement::Kind::kMacro;
    made.text = need_name();
    made.id = id_of(made.text);
    signature(made);
    called_body(made, "endmacro");
  }

  void call_block(Statement& made) {
    made.kind = Statement::Kind::kCallBlock;
    made.text = "caller";
    if (is_sign("(")) signature(made);
    made.expression = expression();
    if (made.expression->op != Op::kCall) throw fault("'call' without a call");
    called_body(made, "endcall");
  }

  void filter_block(Statement& made) {
    made.kind = Statement::Kind::kFilterBlock;
    made.expression = filter(nullptr);
    while (skip_sign("|")) made.expression = filter(std::move(made.expression));
    made.body = block("endfilter");
  }

  void with_block(Statement& made) {
    made.kind = Statement::Kind::kWith;
    while (!is(Token::Kind::kBlockEnd)) {
      if (!made.targets.empty()) need_sign(",");
      made.targets.push_back(target(false, ""));
      need_sign("=");
      made.values.push_back(expression());
    }
    made.body = block("endwith");
  }

  void print(const Statement& made, Body& all) {
    for (bool first = true; !is(Token::Kind::kBlockEnd); first = false) {
      if (!first) need_sign(",");
      auto each = std::make_unique<Statement>();
      each->kind = Statement::Kind::kOutput;
      each->line = made.line;
      each->expression = expression();
      all.push_back(std::move(each));
    }
  }

  std::shared_ptr<Program> program_;
  std::vector<Token> tokens_;
  std::unordered_map<std::string, size_t> ids_;
  std::vector<Statement*> macros_;  // around what is parsed
  size_t at_ = 0, deep_ = 0, loops_ = 0;
};

}  // namespace

std::shared_ptr<const Program> parse_program(std::string_view jinja, std::string source) {
  return Parser(jinja, std::move(source)).run();
}

}  // namespace hrm::text::jinja
