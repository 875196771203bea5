#include "grading/python_expression.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

struct Refused {};

// Names of at most two different letters, which is as many as the grader lets through.
constexpr std::string_view kKeywords[] = {"if", "is", "in", "or", "as"};
constexpr std::string_view kObjects[] = {"li", "ff", "rf", "jn", "yn", "id", "all", "fu"};  // no numbers
constexpr std::string_view kSpelledOut[] = {"mu", "nu", "xi"};  // Greek letters stay one symbol
constexpr std::string_view kInfinities[] = {"oo", "zoo", "nan"};

class Parser {
 public:
  Parser(std::string_view text, Expression& expression) : rest_(text), expression_(expression) {}

  int parse() {
    const int node = sum();
    skip_blanks();
    if (!rest_.empty()) throw Refused();
    return node;
  }

 private:
  struct Deeper {
    explicit Deeper(int& depth) : depth_(depth) {
      if (++depth_ > Expression::kMostDepth) throw GaveUp();
    }
    ~Deeper() { --depth_; }
    int& depth_;
  };

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r\f"), rest_.size())); }
  bool take(std::string_view token) {
    skip_blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  bool take_operator(std::string_view token) {
    if (!take(token)) return false;
    follows_operator_ = true;
    return true;
  }
  bool next_is(std::string_view token) {
    skip_blanks();
    return rest_.starts_with(token);
  }
  bool next_is_power() { return next_is("^") || next_is("**"); }

  int sum() {
    const Deeper deeper(depth_);
    int left = product();
    for (;;) {
      if (take_operator("+"))
        left = expression_.add(Operation::kAdd, left, product());
      else if (take_operator("-"))
        left = expression_.add(Operation::kSubtract, left, product());
      else
        return left;
    }
  }

  int product() {
    int left = signed_power();
    for (;;) {
      if (next_is("//")) throw Refused();
      if (take_operator("*"))
        left = expression_.add(Operation::kMultiply, left, signed_power());
      else if (take_operator("/"))
        left = expression_.add(Operation::kDivide, left, signed_power());
      else if (begins_atom())
        left = expression_.add(Operation::kMultiply, left, power());
      else
        return left;
    }
  }

  int signed_power() {
    bool negative = false;
    for (;;) {
      if (take("-"))
        negative = !negative;
      else if (!take("+"))
        break;
    }
    const int node = power();
    return negative ? expression_.add(Operation::kNegate, node) : node;
  }

  int power() {
    const Deeper deeper(depth_);
    const int base = atom();
    if (!next_is_power()) return base;
    if (!take_operator("**")) take_operator("^");
    return expression_.add(Operation::kPower, base, signed_power());
  }

  bool begins_atom() {
    skip_blanks();
    if (rest_.empty()) return false;
    const char c = rest_[0];
    if (c == '(' || c == '_' || is_ascii_digit(c)) return true;
    if (c == '.') return rest_.size() > 1 && is_ascii_digit(rest_[1]);
    return is_letter(decode_utf8(rest_).value);
  }

  int atom() {
    if (!begins_atom()) throw Refused();
    int node;
    // x(3)! is read as the factorial of a function's value.
    const bool is_call = std::exchange(behind_name_, false) && rest_[0] == '(' && !follows_operator_;
    follows_operator_ = false;
    if (rest_[0] == '(')
      node = group();
    else if (rest_[0] == '.' || is_ascii_digit(rest_[0]))
      node = number();
    else
      node = name();
    while (next_is("!") && !next_is("!=")) {
      if (is_call) throw Refused();
      node = take("!!") ? double_factorial(node) : take("!") ? expression_.add(Operation::kFactorial, node) : node;
      behind_name_ = false;
    }
    return node;
  }

  // 5!! is 5 * 3 * 1.
  int double_factorial(int node) {
    constexpr size_t kMostDigits = 2;
    const Expression::Node number = expression_.nodes[static_cast<size_t>(node)];
    const bool whole = number.operation == Operation::kNumber && number.text.find('.') == std::string::npos;
    if (!whole || number.text.size() > kMostDigits) throw GaveUp();
    int product = expression_.number("1");
    for (int factor = std::stoi(number.text); factor > 1; factor -= 2)
      product = expression_.add(Operation::kMultiply, product, expression_.number(std::to_string(factor)));
    return product;
  }

  int group() {
    take("(");
    const int node = sum();
    if (!take(")")) throw Refused();
    return node;
  }

  // Digits with single underscores between them.
  std::string digits() {
    std::string taken;
    while (!rest_.empty() && (is_ascii_digit(rest_[0]) ||
                              (rest_[0] == '_' && !taken.empty() && rest_.size() > 1 && is_ascii_digit(rest_[1])))) {
      if (rest_[0] != '_') taken += rest_[0];
      rest_.remove_prefix(1);
    }
    return taken;
  }

  // A whole number that begins with 0 is zeros alone: "007" is 00 times 7.
  std::string whole_part() {
    const size_t zeros = std::min(rest_.find_first_not_of('0'), rest_.size());
    const size_t end = std::min(rest_.find_first_not_of("0123456789_"), rest_.size());
    const bool is_float = end < rest_.size() && (rest_[end] == '.' || rest_[end] == 'e' || rest_[end] == 'j');
    if (zeros == 0 || zeros == end || is_float) return digits();
    rest_.remove_prefix(zeros);
    return "0";
  }

  int number() {
    if (rest_.size() > 2 && rest_[0] == '0' && std::string_view("xbo").find(rest_[1]) != std::string_view::npos &&
        is_ascii_digit(rest_[2]))
      throw Refused();  // other bases
    std::string text = whole_part();
    if (!rest_.empty() && rest_[0] == '.') {
      rest_.remove_prefix(1);
      text = (text.empty() ? "0" : text) + "." + digits();
    }
    int node = expression_.number(text);
    const size_t sign = rest_.size() > 1 && (rest_[1] == '-' || rest_[1] == '+');
    if (rest_.size() > 1 + sign && rest_[0] == 'e' && is_ascii_digit(rest_[1 + sign])) {
      const bool negative = rest_[1] == '-';
      rest_.remove_prefix(1 + sign);
      const int ten = expression_.number("10"), exponent = expression_.number(digits());
      const int scale = expression_.add(Operation::kPower, ten, exponent);
      node = expression_.add(negative ? Operation::kDivide : Operation::kMultiply, node, scale);
    }
    if (rest_.starts_with('j')) {
      rest_.remove_prefix(1);
      node = expression_.add(Operation::kMultiply, node, expression_.add(Operation::kI));
    }
    return node;
  }

  std::string_view whole_name() {
    size_t size = 0;
    while (size < rest_.size()) {
      const CodePoint point = decode_utf8(rest_.substr(size));
      if (!is_letter(point.value) && point.value != '_' &&
          !(point.value < 0x80 && is_ascii_digit(static_cast<char>(point.value)))) {
        if (is_digit(point.value))
          throw Refused();  // of another script: Python's float takes them, its grammar does not
        break;
      }
      size += point.size;
    }
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return name;
  }

  int name() {
    const std::string_view name = whole_name();
    if (name == "pi") return expression_.add(Operation::kPi);
    if (holds(kInfinities, name)) return expression_.add(Operation::kUndefined);
    if (name == "sqrt" || name == "ln") {
      if (!next_is("(")) throw Refused();
      return expression_.add(name == "ln" ? Operation::kLn : Operation::kSqrt, group());
    }
    if (name == "re" || name == "im") return part_of_number(name == "im");
    behind_name_ = true;
    if (holds(kKeywords, name) || holds(kObjects, name)) throw Refused();
    if (holds(kSpelledOut, name) || name.find('_') != std::string_view::npos) return expression_.symbol(name);
    return letters(name);
  }

  // Of a number as it is written: what has letters has too many.
  int part_of_number(bool imaginary) {
    if (!next_is("(")) throw Refused();
    const int argument = group();
    Operation operation = expression_.nodes[static_cast<size_t>(argument)].operation;
    if (operation == Operation::kNegate)
      operation =
          expression_.nodes[static_cast<size_t>(expression_.nodes[static_cast<size_t>(argument)].left)].operation;
    if (operation != Operation::kNumber) throw Refused();
    return imaginary ? expression_.number("0") : argument;
  }

  // A product; a power after it binds to the last factor alone, a factorial to the whole.
  int letters(std::string_view name) {
    const auto factor_size = [&] {
      if (!is_ascii_digit(name[0])) return decode_utf8(name).size;
      return std::min(name.find_first_not_of("0123456789"), name.size());
    };
    int product = -1;
    for (;;) {
      const std::string_view factor = name.substr(0, factor_size());
      name.remove_prefix(factor.size());
      const int node = is_ascii_digit(factor[0]) ? expression_.number(factor) : expression_.symbol(factor);
      if (name.empty() && product >= 0 && next_is_power()) return with_power(product, node);
      product = product < 0 ? node : expression_.add(Operation::kMultiply, product, node);
      if (name.empty()) return product;
    }
  }

  int with_power(int product, int last) {
    if (next_is_power()) {
      if (!take_operator("**")) take_operator("^");
      last = expression_.add(Operation::kPower, last, signed_power());
    }
    return expression_.add(Operation::kMultiply, product, last);
  }

  std::string_view rest_;
  Expression& expression_;
  int depth_ = 0;
  bool behind_name_ = false;       // a name was read, with nothing behind it yet but blanks
  bool follows_operator_ = false;  // what is read next stands behind an operator
};

}  // namespace

int parse_python(std::string_view text, Expression& expression) {
  try {
    return Parser(text, expression).parse();
  } catch (const Refused&) {
    return -1;
  }
}

}  // namespace hrm::grading
