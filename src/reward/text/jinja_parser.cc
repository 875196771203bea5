#include <algorithm>
#include <utility>

#include "text/jinja_expressions.h"

namespace hrm::text::jinja {
namespace {

constexpr size_t kDeepestStatement = 60;

class Parser : private ExpressionParser {
 public:
  Parser(std::string_view jinja, std::string source) : ExpressionParser(jinja, std::move(source)) {}

  std::shared_ptr<const Program> run() {
    program_->body = body({});
    return program_;
  }

 private:
  using Words = std::initializer_list<std::string_view>;

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
    throw fault("the statement '{}' is not supported", word.substr(0, 40));
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
    if (assigns(made.target, "loop")) throw fault("'loop' is the name of the loop itself");
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

  size_t loops_ = 0;
};

}  // namespace

std::shared_ptr<const Program> parse_program(std::string_view jinja, std::string source) {
  return Parser(jinja, std::move(source)).run();
}

}  // namespace hrm::text::jinja
