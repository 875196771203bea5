// The expressions of a template: from tokens to a tree (text/jinja_program.h), by recursive descent.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/jinja_lexer.h"
#include "text/jinja_program.h"

namespace hrm::text::jinja {

inline constexpr size_t kDeepestExpression = 300;

// "'name'", "the end of the template": for messages.
std::string described(const Token& token);

class ExpressionParser {
 protected:
  using Op = Expression::Op;

  // Throws bad_input naming the line where the text is not a template.
  ExpressionParser(std::string_view jinja, std::string source);

  struct Deeper {
    Deeper(ExpressionParser& parser, size_t most) : at(parser.deep_), was(at) {
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
  void need_sign(std::string_view text);
  std::string need_name();
  void need(Token::Kind kind, std::string_view text);

  size_t id_of(const std::string& name);

  // Expressions. filter: behind '|'; of: null for what the block around holds.
  ExpressionPtr expression(bool with_condition = true);
  ExpressionPtr filter(ExpressionPtr of);
  // One expression, or several with commas between them. in_brackets: there may be none.
  ExpressionPtr tuple(bool with_condition, bool in_brackets, std::string_view end_word = "");

  std::shared_ptr<Program> program_;
  std::vector<Statement*> macros_;  // around what is parsed

 private:
  ExpressionPtr make(Op op, size_t line, std::string name = "") const;
  void adopt(Expression& parent, ExpressionPtr child) const;
  ExpressionPtr binary(Op op, ExpressionPtr left, ExpressionPtr right, std::string name = "") const;

  // The weakest operators first.
  ExpressionPtr either();
  ExpressionPtr both();
  ExpressionPtr negation();
  ExpressionPtr comparison();
  ExpressionPtr sum();
  ExpressionPtr concat();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary(bool with_filters);
  ExpressionPtr primary();

  std::optional<std::string> comparison_sign();
  ExpressionPtr name(const Token& token);
  ExpressionPtr number(const Token& token) const;
  ExpressionPtr list(size_t line);
  ExpressionPtr dict(size_t line);
  ExpressionPtr postfix(ExpressionPtr node);
  ExpressionPtr attribute(ExpressionPtr of);
  ExpressionPtr item(ExpressionPtr of);
  ExpressionPtr subscript();
  void arguments(Expression& to);
  ExpressionPtr call(ExpressionPtr of);
  ExpressionPtr filtered(ExpressionPtr node);
  ExpressionPtr test(ExpressionPtr of);
  std::string dotted_name();

  std::vector<Token> tokens_;
  std::unordered_map<std::string, size_t> ids_;
  size_t at_ = 0, deep_ = 0;
};

}  // namespace hrm::text::jinja
