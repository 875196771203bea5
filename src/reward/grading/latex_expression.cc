#include "grading/latex_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "grading/latex_number.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::pair<std::string_view, Operation> kFunctions[] = {
    {"sin", Operation::kSin},       {"cos", Operation::kCos},       {"tan", Operation::kTan},
    {"cot", Operation::kCot},       {"sec", Operation::kSec},       {"csc", Operation::kCsc},
    {"arcsin", Operation::kArcsin}, {"arccos", Operation::kArccos}, {"arctan", Operation::kArctan},
    {"sinh", Operation::kSinh},     {"cosh", Operation::kCosh},     {"tanh", Operation::kTanh},
    {"ln", Operation::kLn},         {"log", Operation::kLog10},     {"exp", Operation::kExp},
};
constexpr std::pair<Operation, Operation> kInverses[] = {{Operation::kSin, Operation::kArcsin},
                                                         {Operation::kCos, Operation::kArccos},
                                                         {Operation::kTan, Operation::kArctan}};
// Macros that are letters.
constexpr std::string_view kConstantNames[] = {
    "alpha",  "beta",  "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta",  "iota", "kappa",
    "lambda", "mu",    "nu",    "xi",    "rho",     "sigma",      "tau",  "phi", "varphi", "chi",  "psi",
    "omega",  "Gamma", "Delta", "Theta", "Lambda",  "Sigma",      "Phi",  "Psi", "Omega",  "ell"};

std::optional<Operation> function_named(std::string_view name) {
  const auto at = std::ranges::find(kFunctions, name, &std::pair<std::string_view, Operation>::first);
  return at == std::end(kFunctions) ? std::nullopt : std::optional(at->second);
}

class Parser {
 public:
  Parser(std::string_view text, const LatexReading& reading, Expression& expression)
      : text_(text), rest_(text), reading_(reading), expression_(expression) {}

  LatexParse parse() {
    result_.node = whole();
    skip_blanks();
    if (!rest_.empty() || (has_degrees_ && has_bare_angles_)) throw LatexRefused();
    return result_;
  }

 private:
  struct Deeper {
    explicit Deeper(int& depth) : depth_(depth) {
      if (++depth_ > Expression::kMostDepth) throw GaveUp();
    }
    ~Deeper() { --depth_; }
    int& depth_;
  };

  // What stands next, without taking it.
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r"), rest_.size())); }
  char peek() {
    skip_blanks();
    return rest_.empty() ? '\0' : rest_[0];
  }
  std::string_view peek_macro() { return peek() == '\\' ? leading_letters(rest_.substr(1)) : std::string_view(); }
  bool take(char c) {
    if (peek() != c || c == '\0') return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_macro(std::string_view name) {
    if (peek_macro() != name) return false;
    rest_.remove_prefix(1 + name.size());
    return true;
  }
  void expect(char c) {
    if (!take(c)) throw LatexRefused();
  }

  int join(Operation operation, int left, int right) { return expression_.add(operation, left, right); }

  // A sum, or two of them around \over or \choose.
  int whole() {
    const int above = sum();
    if (take_macro("over")) return join(Operation::kDivide, above, sum());
    if (take_macro("choose")) return binomial(above, sum());
    return above;
  }

  int sum() {
    const Deeper deeper(depth_);
    int left = product();
    for (;;) {
      if (take('+'))
        left = join(Operation::kAdd, left, product());
      else if (take('-'))
        left = join(Operation::kSubtract, left, product());
      else
        return left;
    }
  }

  int product() {
    int left = signed_power();
    for (;;) {
      if (take('*')) {
        left = join(Operation::kMultiply, left, signed_power());
      } else if (take('/')) {
        left = join(Operation::kDivide, left, divisor());
      } else if (begins_implied_factor()) {
        left = join(Operation::kMultiply, left, power());
      } else {
        return left;
      }
    }
  }

  int divisor() {
    int below = signed_power();
    if (!begins_implied_factor()) return below;
    result_.has_open_division = true;
    while (reading_.tight_division && begins_implied_factor()) below = join(Operation::kMultiply, below, power());
    return below;
  }

  int signed_power() {
    bool negative = false;
    for (;;) {
      if (take('-'))
        negative = !negative;
      else if (!take('+'))
        break;
    }
    const int node = power();
    return negative ? expression_.add(Operation::kNegate, node) : node;
  }

  // Not a digit: numbers side by side have no one meaning. A bar would begin as well as end.
  bool begins_implied_factor() {
    const char c = peek();
    if (c == '(' || c == '[' || c == '{' || is_ascii_letter(c)) return true;
    if (is_ascii_digit(c)) return behind_factorial();
    if (c != '\\') return false;
    const std::string_view macro = peek_macro();
    constexpr std::string_view kNone[] = {"rfloor", "rceil", "pm", "mp", "degree", "over", "choose"};
    return !macro.empty() && std::ranges::find(kNone, macro) == std::end(kNone);
  }

  // 3!7!
  bool behind_factorial() const {
    const size_t at = static_cast<size_t>(rest_.data() - text_.data());
    return at > 0 && text_[at - 1] == '!';
  }

  int power() {
    const Deeper deeper(depth_);
    function_ = -1;
    int base = atom();
    const bool is_function = base == function_;
    for (;;) {
      if (take('!')) {
        if (peek() == '!') throw LatexRefused();  // n!! is no (n!)!
        base = expression_.add(Operation::kFactorial, base);
      } else if (take_macro("degree")) {
        if (is_function) throw LatexRefused();  // \ln(2)^\circ: a degree sign of what?
        base = in_degrees(base);
      } else if (take('^')) {
        if (is_open_root()) throw LatexRefused();
        return join(Operation::kPower, base, exponent());
      } else {
        return base;
      }
    }
  }

  int in_degrees(int node) {
    has_degrees_ = true;
    const int part = join(Operation::kDivide, expression_.add(Operation::kPi), expression_.number("180"));
    return join(Operation::kMultiply, node, part);
  }

  // x^1/2, which nobody writes for x/2.
  bool is_open_root() { return peek() == '1' && rest_.size() > 2 && rest_[1] == '/' && is_ascii_digit(rest_[2]); }

  // 60^o, where the letter is a degree sign.
  bool is_raised_o() {
    const bool braced = peek() == '{';
    const size_t at = braced ? rest_.find_first_not_of(' ', 1) : 0;
    if (at == kNowhere || at >= rest_.size() || leading_letters(rest_.substr(at)) != "o") return false;
    const size_t next = rest_.find_first_not_of(' ', at + 1);
    return !braced || (next != kNowhere && rest_[next] == '}');
  }

  int exponent() {
    if (is_raised_o()) throw LatexRefused();
    if (peek() == '{') return group('{', '}');
    if (peek() == '(') return group('(', ')');
    if (take('-')) return expression_.add(Operation::kNegate, exponent());
    if (is_ascii_digit(peek())) return plain_number();
    return single();
  }

  int group(char open, char close) {
    expect(open);
    const int node = whole();
    expect(close);
    return node;
  }

  // One token or a braced group: an argument of \frac or \sqrt.
  int argument() {
    const Deeper deeper(depth_);
    if (peek() == '{') return group('{', '}');
    if (is_ascii_digit(peek())) {
      const int node = expression_.number(rest_.substr(0, 1));
      rest_.remove_prefix(1);
      return node;
    }
    return single();
  }

  int single() {
    if (peek() == '\\') return macro();
    if (!is_ascii_letter(peek())) throw LatexRefused();
    const std::string_view letter = rest_.substr(0, 1);
    rest_.remove_prefix(1);
    return letter_value(letter);
  }

  int atom() {
    switch (const char c = peek()) {
      case '(':
        return group('(', ')');
      case '[':
        return group('[', ']');
      case '{':
        return group('{', '}');
      case '|':
        return expression_.add(Operation::kAbs, group('|', '|'));
      case '\\':
        return macro();
      default:
        if (c == '.' || is_ascii_digit(c)) return number();
        if (is_ascii_letter(c)) return letters();
        throw LatexRefused();
    }
  }

  std::string_view take_digits() {
    const std::string_view digits = rest_.substr(0, std::min(rest_.find_first_not_of(kDecimalDigits), rest_.size()));
    rest_.remove_prefix(digits.size());
    return digits;
  }

  int plain_number() {
    std::string text(take_digits());
    if (rest_.size() > 1 && rest_[0] == '.' && is_ascii_digit(rest_[1])) {
      rest_.remove_prefix(1);
      text += '.';
      text += take_digits();
    }
    return expression_.number(text);
  }

  int number() {
    if (is_based_with_letters(rest_)) throw LatexRefused();
    std::string text(take_digits());
    const bool whole = !rest_.starts_with('.');
    if (!whole) {
      rest_.remove_prefix(1);
      text += '.';
      text += take_digits();
      if (text == ".") throw LatexRefused();
    }
    // "05", which may be what follows a decimal comma.
    const bool zeros = text.size() > 1 && text[0] == '0' && is_ascii_digit(text[1]);
    if (zeros && !rest_.starts_with('_')) throw LatexRefused();
    if (rest_.starts_with('_')) return whole ? based_number(text) : throw LatexRefused();
    if (!whole && peek_macro() == "overline") return repeating(text);
    if (!whole && peek_macro() == "dot") return dotted(text);
    const bool blank = !rest_.empty() && (rest_[0] == ' ');
    const int node = expression_.number(text);
    if (is_ordinal(leading_letters(rest_))) throw LatexRefused();  // 5th
    if (whole && peek_macro() == "frac" && is_whole_fraction(rest_)) return join(Operation::kAdd, node, macro());
    if (whole && peek() == '{' && is_whole_over(rest_)) return join(Operation::kAdd, node, group('{', '}'));
    if (whole && blank && is_ascii_digit(peek())) return join(Operation::kAdd, node, slash_fraction());
    if (is_ascii_digit(peek()) || peek() == '.') throw LatexRefused();
    if (whole && peek() == '(' && is_fraction_in_brackets(rest_))
      throw LatexRefused();  // 1(4/5), which many write for 1 4/5
    if (!whole && peek() == '(' && is_digits_in_brackets(rest_)) throw LatexRefused();  // 0.1(6), which repeats
    return scientific(node, text);
  }

  // 1.5e3, which models write in plain notation.
  int scientific(int node, std::string_view text) {
    const size_t sign = rest_.size() > 1 && (rest_[1] == '-' || rest_[1] == '+');
    if (rest_.size() <= 1 + sign || (rest_[0] != 'e' && rest_[0] != 'E') || !is_ascii_digit(rest_[1 + sign]))
      return node;
    const size_t end = std::min(rest_.find_first_not_of(kDecimalDigits, 1 + sign), rest_.size());
    if (end < rest_.size() && (is_ascii_letter(rest_[end]) || rest_[end] == '\\')) return node;  // 4e+7p
    if (sign == 1 && end == 3 && text.find('.') == std::string::npos)
      throw LatexRefused();  // 4e+7 may be 4 times e, and 7
    const bool negative = rest_[1] == '-';
    rest_.remove_prefix(1 + sign);
    const int ten = expression_.number("10");
    const int scale = join(Operation::kPower, ten, expression_.number(take_digits()));
    return join(negative ? Operation::kDivide : Operation::kMultiply, node, scale);
  }

  // "3 1/2".
  int slash_fraction() {
    const std::string_view above = take_digits();
    expect('/');
    if (!is_ascii_digit(peek())) throw LatexRefused();
    const std::string_view below = take_digits();
    if (!is_proper_fraction(above, below)) throw LatexRefused();
    const int node = expression_.number(above);
    return join(Operation::kDivide, node, expression_.number(below));
  }

  // 0.1\overline{6} = 0.1 + 6 / (9 * 10).
  int repeating(const std::string& text) {
    take_macro("overline");
    skip_blanks();
    const bool braced = take('{');
    std::string digits(take_digits());
    if (braced)
      expect('}');
    else if (digits.size() > 1)
      throw LatexRefused();
    return repeating_value(text, digits);
  }

  // 0.1\dot{6}, 0.\dot{1}4285\dot{7}
  int dotted(const std::string& text) {
    const auto take_dot = [&] {
      take_macro("dot");
      skip_blanks();
      const bool braced = take('{');
      const std::string digit(take_digits());
      if (digit.size() != 1) throw LatexRefused();
      if (braced) expect('}');
      return digit;
    };
    std::string digits = take_dot();
    const std::string between(take_digits());
    if (peek_macro() == "dot")
      digits += between + take_dot();
    else if (!between.empty())
      throw LatexRefused();
    return repeating_value(text, digits);
  }

  int repeating_value(const std::string& text, const std::string& digits) {
    const std::string nines(digits.size(), '9'), zeros(text.size() - text.find('.') - 1, '0');
    if (digits.empty()) throw LatexRefused();
    const int above = expression_.number(digits), below = expression_.number(nines + zeros);
    return join(Operation::kAdd, expression_.number(text), join(Operation::kDivide, above, below));
  }

  // 1011_2.
  int based_number(const std::string& digits) {
    rest_.remove_prefix(1);
    const bool braced = take('{');
    const std::string base(take_digits());
    if (braced) expect('}');
    if (base.empty() || base.size() > 2 || digits.size() > 12) throw LatexRefused();
    const int64_t radix = std::stol(base);
    int64_t value = 0;
    for (const char digit : digits) {
      if (digit - '0' >= radix || radix > 16) throw LatexRefused();
      value = value * radix + (digit - '0');
    }
    result_.has_base = true;
    return expression_.number(std::to_string(value));
  }

  int letter_value(std::string_view letter) {
    if (rest_.starts_with('_')) return expression_.symbol(std::string(letter) + subscript());
    if (letter == "e") return expression_.add(Operation::kE);
    if (letter == "i") return expression_.add(Operation::kI);
    return expression_.symbol(letter);
  }

  std::string subscript() {
    rest_.remove_prefix(1);
    const bool braced = take('{');
    size_t size = 0;
    while (size < rest_.size() && (is_ascii_letter(rest_[size]) || is_ascii_digit(rest_[size])) &&
           (braced || size == 0))
      ++size;
    const std::string text = fmt::format("_{}", rest_.substr(0, size));
    rest_.remove_prefix(size);
    if (size == 0) throw LatexRefused();
    if (braced) expect('}');
    return text;
  }

  // A known name of plain notation, else the first letter alone.
  int letters() {
    constexpr size_t kMostFactors = 3;
    const std::string_view run = leading_letters(rest_);
    if (is_based_with_letters(rest_)) throw LatexRefused();
    if (run == "sqrt" || run == "pi" || function_named(run)) {
      rest_.remove_prefix(run.size());
      return named(run);
    }
    if (run.size() > kMostFactors) throw LatexRefused();
    rest_.remove_prefix(1);
    const char first = run[0];
    if (run.size() == 1 && (first == 'f' || first == 'g' || first == 'h') && peek() == '(') throw LatexRefused();
    if (first >= 'A' && first <= 'Z' && group_is_letters()) throw LatexRefused();  // P(A)
    return letter_value(run.substr(0, 1));
  }

  // Whether "(A)" or "(xy)" stands next.
  bool group_is_letters() const {
    if (!rest_.starts_with('(')) return false;
    const size_t letters = leading_letters(rest_.substr(1)).size();
    return letters > 0 && rest_.substr(1 + letters).starts_with(')');
  }

  int macro() {
    const std::string_view name = peek_macro();
    if (name.empty()) throw LatexRefused();
    rest_.remove_prefix(1 + name.size());
    return named(name);
  }

  int named(std::string_view name) {
    const Deeper deeper(depth_);
    if (name == "pi") return expression_.add(Operation::kPi);
    if (name == "infty") return expression_.add(Operation::kUndefined);
    if (name == "frac") {
      // d/dx is no fraction.
      if (rest_.starts_with("{d") && rest_.find("}{d") < 5) throw LatexRefused();
      const int above = argument();
      return join(Operation::kDivide, above, argument());
    }
    if (name == "sqrt") return root();
    if (name == "binom") {
      const int n = argument();
      return binomial(n, argument());
    }
    if (name == "lfloor" || name == "lceil") {
      const int node = sum();
      if (!take_macro(name == "lfloor" ? "rfloor" : "rceil")) throw LatexRefused();
      return expression_.add(name == "lfloor" ? Operation::kFloor : Operation::kCeil, node);
    }
    if (const auto function = function_named(name)) return function_ = application(*function);
    if (std::ranges::find(kConstantNames, name) == std::end(kConstantNames)) throw LatexRefused();
    const std::string symbol = fmt::format("\\{}", name);
    return expression_.symbol(peek() == '_' ? symbol + subscript() : symbol);
  }

  int root() {
    int degree = -1;
    if (take('[')) {
      degree = sum();
      expect(']');
    }
    const int radicand = peek() == '(' ? group('(', ')') : argument();
    return degree < 0 ? expression_.add(Operation::kSqrt, radicand) : join(Operation::kRoot, radicand, degree);
  }

  int binomial(int n, int k) {
    const int all = expression_.add(Operation::kFactorial, n), chosen = expression_.add(Operation::kFactorial, k);
    const int rest = expression_.add(Operation::kFactorial, join(Operation::kSubtract, n, k));
    return join(Operation::kDivide, all, join(Operation::kMultiply, chosen, rest));
  }

  int application(Operation function) {
    int base = -1, power_node = -1;
    if (function == Operation::kLog10 && begins_number_with_group())
      throw LatexRefused();  // log10(100): a base, or 10 times 100?
    if (function == Operation::kLog10 && take('_')) base = argument();
    if (take('^')) power_node = exponent();
    if (power_node >= 0 && is_minus_one(power_node)) {
      const auto inverse = std::ranges::find(kInverses, function, &std::pair<Operation, Operation>::first);
      if (inverse == std::end(kInverses)) throw LatexRefused();
      return expression_.add(inverse->second, function_argument(inverse->second));
    }
    const std::string_view before = rest_;
    int node = function_argument(function);
    if (takes_angle(function)) note_angle(before.substr(0, before.size() - rest_.size()));
    if (base >= 0)
      node = join(Operation::kDivide, expression_.add(Operation::kLn, node), expression_.add(Operation::kLn, base));
    else if (function == Operation::kLog10)
      node = open_log(node);
    else
      node = expression_.add(function, node);
    return power_node < 0 ? node : join(Operation::kPower, node, power_node);
  }

  bool begins_number_with_group() const {
    const size_t end = rest_.find_first_not_of(kDecimalDigits);
    return end != kNowhere && end > 0 && rest_[end] == '(';
  }

  // "\sin(15)\cos(15)^\circ" hardly means two units, and "\sin(3)(10)^\circ" may have one angle.
  void note_angle(std::string_view argument) {
    if (argument.find_first_not_of("0123456789.,+-*/(){} ") == kNowhere) has_bare_angles_ = true;
  }

  int open_log(int node) {
    result_.has_open_log = true;
    return expression_.add(reading_.decimal_log ? Operation::kLog10 : Operation::kLn, node);
  }

  bool is_minus_one(int node) const {
    const auto& nodes = expression_.nodes;
    const Expression::Node& at = nodes[static_cast<size_t>(node)];
    return at.operation == Operation::kNegate && nodes[static_cast<size_t>(at.left)].text == "1";
  }

  static bool takes_angle(Operation function) {
    constexpr Operation kTrigonometric[] = {Operation::kSin, Operation::kCos, Operation::kTan,
                                            Operation::kCot, Operation::kSec, Operation::kCsc};
    return std::ranges::find(kTrigonometric, function) != std::end(kTrigonometric);
  }

  int function_argument(Operation function) {
    const char open = peek();
    if (open == '(' || open == '{') {
      const int inner = group(open, open == '(' ? ')' : '}');
      // \sin(30)^\circ is \sin(30^\circ).
      return takes_angle(function) && take_macro("degree") ? in_degrees(inner) : inner;
    }
    int node = signed_power();
    while (begins_implied_factor() && !function_named(peek() == '\\' ? peek_macro() : leading_letters(rest_)))
      node = join(Operation::kMultiply, node, power());
    // \cos \pi/3 is read in both ways.
    if (peek() != '/') return node;
    result_.has_open_division = true;
    while (reading_.tight_division && take('/')) node = join(Operation::kDivide, node, signed_power());
    return node;
  }

  std::string_view text_, rest_;
  const LatexReading& reading_;
  Expression& expression_;
  LatexParse result_;
  int function_ = -1;                                   // the last function's node; -1: none since the last atom began
  bool has_degrees_ = false, has_bare_angles_ = false;  // the latter in trigonometric functions
  int depth_ = 0;
};

}  // namespace

std::optional<LatexParse> parse_latex(std::string_view text, const LatexReading& reading, Expression& expression) {
  try {
    return Parser(text, reading, expression).parse();
  } catch (const LatexRefused&) {
    return std::nullopt;
  }
}

}  // namespace hrm::grading
