#include "text/jinja_expressions.h"

#include <charconv>

namespace hrm::text::jinja {

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

ExpressionParser::ExpressionParser(std::string_view jinja, std::string source)
    : program_(std::make_shared<Program>()), tokens_(tokenize(jinja, source)) {
  program_->source = std::move(source);
  program_->id_of_loop = id_of("loop");
  program_->id_of_caller = id_of("caller");
  program_->id_of_more = id_of("varargs");
  program_->id_of_named = id_of("kwargs");
}

void ExpressionParser::need_sign(std::string_view text) {
  if (!skip_sign(text)) throw fault("expected '{}', found {}", text, described(now()));
}

std::string ExpressionParser::need_name() {
  if (!is(Token::Kind::kName)) throw fault("expected a name, found {}", described(now()));
  return take().text;
}

void ExpressionParser::need(Token::Kind kind, std::string_view text) {
  if (!is(kind)) throw fault("expected '{}', found {}", text, described(now()));
  take();
}

size_t ExpressionParser::id_of(const std::string& name) {
  const auto [at, fresh] = ids_.try_emplace(name, program_->names.size());
  if (fresh) program_->names.push_back(name);
  return at->second;
}

ExpressionPtr ExpressionParser::make(Op op, size_t line, std::string name) const {
  auto made = std::make_unique<Expression>();
  made->op = op;
  made->line = line;
  made->name = std::move(name);
  return made;
}

void ExpressionParser::adopt(Expression& parent, ExpressionPtr child) const {
  if (child) parent.depth = std::max(parent.depth, child->depth + 1);
  if (parent.depth > kDeepestExpression) throw fault("expressions nested too deeply");
  parent.parts.push_back(std::move(child));
}

ExpressionPtr ExpressionParser::binary(Op op, ExpressionPtr left, ExpressionPtr right, std::string name) const {
  ExpressionPtr made = make(op, left->line, std::move(name));
  adopt(*made, std::move(left));
  adopt(*made, std::move(right));
  return made;
}

ExpressionPtr ExpressionParser::expression(bool with_condition) {
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

ExpressionPtr ExpressionParser::either() {
  ExpressionPtr left = both();
  while (skip_word("or")) left = binary(Op::kOr, std::move(left), both());
  return left;
}

ExpressionPtr ExpressionParser::both() {
  ExpressionPtr left = negation();
  while (skip_word("and")) left = binary(Op::kAnd, std::move(left), negation());
  return left;
}

ExpressionPtr ExpressionParser::negation() {
  if (!is_word("not")) return comparison();
  const Deeper deeper(*this, kDeepestExpression);
  ExpressionPtr made = make(Op::kNot, take().line);
  adopt(*made, negation());
  return made;
}

std::optional<std::string> ExpressionParser::comparison_sign() {
  static constexpr std::string_view kSigns[] = {"==", "!=", "<", "<=", ">", ">="};
  for (const std::string_view sign : kSigns)
    if (skip_sign(sign)) return std::string(sign);
  if (skip_word("in")) return "in";
  if (!is_word("not") || after().kind != Token::Kind::kName || after().text != "in") return std::nullopt;
  take();
  take();
  return "not in";
}

ExpressionPtr ExpressionParser::comparison() {
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

ExpressionPtr ExpressionParser::sum() {
  ExpressionPtr left = concat();
  while (is_sign("+") || is_sign("-")) {
    std::string sign = take().text;
    left = binary(Op::kArithmetic, std::move(left), concat(), std::move(sign));
  }
  return left;
}

ExpressionPtr ExpressionParser::concat() {
  ExpressionPtr first = product();
  if (!is_sign("~")) return first;
  ExpressionPtr made = make(Op::kConcat, first->line, "~");
  adopt(*made, std::move(first));
  while (skip_sign("~")) adopt(*made, product());
  return made;
}

ExpressionPtr ExpressionParser::product() {
  ExpressionPtr left = power();
  while (is_sign("*") || is_sign("/") || is_sign("//") || is_sign("%")) {
    std::string sign = take().text;
    left = binary(Op::kArithmetic, std::move(left), power(), std::move(sign));
  }
  return left;
}

ExpressionPtr ExpressionParser::power() {
  ExpressionPtr left = unary(true);
  while (skip_sign("**")) left = binary(Op::kArithmetic, std::move(left), unary(true), "**");
  return left;
}

ExpressionPtr ExpressionParser::unary(bool with_filters) {
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

ExpressionPtr ExpressionParser::primary() {
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

ExpressionPtr ExpressionParser::name(const Token& token) {
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

ExpressionPtr ExpressionParser::number(const Token& token) const {
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

ExpressionPtr ExpressionParser::tuple(bool with_condition, bool in_brackets, std::string_view end_word) {
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

ExpressionPtr ExpressionParser::list(size_t line) {
  ExpressionPtr made = make(Op::kList, line);
  while (!is_sign("]")) {
    if (!made->parts.empty()) need_sign(",");
    if (is_sign("]")) break;
    adopt(*made, expression());
  }
  take();
  return made;
}

ExpressionPtr ExpressionParser::dict(size_t line) {
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

ExpressionPtr ExpressionParser::postfix(ExpressionPtr node) {
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

ExpressionPtr ExpressionParser::attribute(ExpressionPtr of) {
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

ExpressionPtr ExpressionParser::item(ExpressionPtr of) {
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

ExpressionPtr ExpressionParser::subscript() {
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

void ExpressionParser::arguments(Expression& to) {
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

ExpressionPtr ExpressionParser::call(ExpressionPtr of) {
  ExpressionPtr made = make(Op::kCall, now().line);
  adopt(*made, std::move(of));
  arguments(*made);
  return made;
}

ExpressionPtr ExpressionParser::filtered(ExpressionPtr node) {
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

std::string ExpressionParser::dotted_name() {
  std::string name = need_name();
  while (skip_sign(".")) name += "." + need_name();
  return name;
}

ExpressionPtr ExpressionParser::filter(ExpressionPtr of) {
  ExpressionPtr made = make(Op::kFilter, now().line);
  made->name = dotted_name();
  adopt(*made, std::move(of));
  if (is_sign("(")) arguments(*made);
  return made;
}

ExpressionPtr ExpressionParser::test(ExpressionPtr of) {
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

}  // namespace hrm::text::jinja
