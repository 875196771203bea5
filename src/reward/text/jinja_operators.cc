#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/utf8.h"
#include "text/jinja_machine.h"
#include "text/python_text.h"

namespace hrm::text::jinja {
namespace {

Fault beyond() { return Fault{"an integer beyond 64 bits"}; }

Fault does_not_go(const std::string& sign, const Value& a, const Value& b) {
  if (a.is_undefined()) return Fault{a.why_undefined()};
  if (b.is_undefined()) return Fault{b.why_undefined()};
  return Fault{fmt::format("{} {} {} is not possible", type_name(a), sign, type_name(b))};
}

Value integers(const std::string& sign, int64_t a, int64_t b) {
  int64_t result = 0;
  if (sign == "+" || sign == "-" || sign == "*") {
    const bool over = sign == "+"   ? __builtin_add_overflow(a, b, &result)
                      : sign == "-" ? __builtin_sub_overflow(a, b, &result)
                                    : __builtin_mul_overflow(a, b, &result);
    if (over) throw beyond();
    return result;
  }
  if (sign == "**") {
    if (b < 0) {
      if (a == 0) throw Fault{"division by zero"};
      return std::pow(static_cast<double>(a), static_cast<double>(b));
    }
    if (a == 0 || a == 1) return b == 0 ? int64_t{1} : a;
    if (a == -1) return b % 2 == 0 ? int64_t{1} : int64_t{-1};
    result = 1;
    for (int64_t i = 0; i < b; ++i)
      if (__builtin_mul_overflow(result, a, &result)) throw beyond();
    return result;
  }
  if (b == 0) throw Fault{"division by zero"};
  if (sign == "/") return static_cast<double>(a) / static_cast<double>(b);
  if (b == -1) return sign == "%" ? Value(int64_t{0}) : integers("-", 0, a);
  const bool down = a % b != 0 && (a % b < 0) != (b < 0);  // Python rounds down, C++ to zero
  return sign == "%" ? Value(a % b + (down ? b : 0)) : Value(a / b - (down ? 1 : 0));
}

Value reals(const std::string& sign, double a, double b) {
  if (sign == "+") return a + b;
  if (sign == "-") return a - b;
  if (sign == "*") return a * b;
  if (sign == "**") {
    if (a == 0 && b < 0) throw Fault{"division by zero"};
    if (a < 0 && b != std::floor(b)) throw Fault{"a power that is not a real number"};
    const double power = std::pow(a, b);
    if (std::isinf(power) && std::isfinite(a) && std::isfinite(b)) throw Fault{"a number that is too large"};
    return power;
  }
  if (b == 0) throw Fault{"division by zero"};
  if (sign == "/") return a / b;
  double rest = std::fmod(a, b);
  if (rest != 0 && (rest < 0) != (b < 0)) rest += b;
  if (rest == 0) rest = std::copysign(0.0, b);
  if (sign == "%") return rest;
  const double quotient = (a - rest) / b, whole = std::floor(quotient);
  if (quotient == 0) return std::copysign(0.0, a / b);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

Value add(Machine& machine, const Value& a, const Value& b) {
  if (a.is_text() && b.is_text()) {
    constexpr std::string_view kMarkup = "&<>\"'";
    if (a.safe != b.safe && (a.safe ? b : a).text().find_first_of(kMarkup) != std::string::npos)
      throw Fault{"a text marked as safe + one that is not: Jinja would escape it, which is not supported"};
    machine.charge(a.text().size() + b.text().size());
    Value sum = Value::text(a.text() + b.text());
    sum.safe = a.safe || b.safe;
    return sum;
  }
  if (a.kind() != b.kind() || (!a.is(Kind::kList) && !a.is(Kind::kTuple))) throw does_not_go("+", a, b);
  machine.charge((a.items().size() + b.items().size()) * sizeof(Value));
  Items items = a.items();
  items.insert(items.end(), b.items().begin(), b.items().end());
  return machine.list(std::move(items), a.kind());
}

Value repeat(Machine& machine, const Value& what, int64_t times) {
  const auto n = static_cast<uint64_t>(std::max<int64_t>(times, 0));
  const uint64_t size = what.is_text() ? what.text().size() : what.items().size() * sizeof(Value);
  if (size > 0 && n > (uint64_t{1} << 40) / size) throw Fault{"a text or list that is too long"};
  machine.charge(size * n);
  machine.step(n);
  if (what.is_text()) {
    std::string text;
    text.reserve(size * n);
    for (uint64_t i = 0; size > 0 && i < n; ++i) text += what.text();
    return Value::text(std::move(text));
  }
  Items items;
  for (uint64_t i = 0; size > 0 && i < n; ++i) items.insert(items.end(), what.items().begin(), what.items().end());
  return machine.list(std::move(items), what.kind());
}

// One directive of a format, "%-5.2f".
struct Directive {
  std::string key, flags;
  bool has_key = false;
  int64_t width = 0, precision = -1;
  char kind = 's';
};

class Formatter {
 public:
  Formatter(Machine& machine, std::string_view format, const Value& values)
      : machine_(machine), rest_(format), values_(values), is_dict_(values.is(Kind::kDict)) {
    if (values.is(Kind::kTuple))
      items_ = values.items();
    else
      items_ = {values};
  }

  std::string run() {
    std::string out;
    while (!rest_.empty()) {
      const size_t plain = std::min(rest_.find('%'), rest_.size());
      out += rest_.substr(0, plain);
      rest_.remove_prefix(plain);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      const Directive directive = read();
      const std::string part = directive.kind == '%' ? "%" : padded(directive, shown(directive, next(directive)));
      machine_.charge(part.size() + 16);
      out += part;
    }
    // What could be looked into by a key need not be used up.
    const bool may_rest = is_dict_ || values_.is(Kind::kList) || values_.is(Kind::kRange) || values_.is_undefined();
    if (next_ < items_.size() && !may_rest) throw Fault{"more values than the format has places"};
    return out;
  }

 private:
  Directive read() {
    Directive made;
    if (rest_.starts_with('(')) {
      const size_t end = rest_.find(')');
      if (end == std::string_view::npos) throw Fault{"a format with a bracket that does not close"};
      made.key = rest_.substr(1, end - 1);
      made.has_key = true;
      rest_.remove_prefix(end + 1);
    }
    while (!rest_.empty() && std::string_view("-+ #0").find(rest_[0]) != std::string_view::npos) made.flags += take();
    made.width = number();
    if (rest_.starts_with('.')) {
      take();
      made.precision = number();
    }
    if (rest_.empty()) throw Fault{"a format that ends with '%'"};
    made.kind = take();
    if (std::string_view("sradiufFeEgGxXoc%").find(made.kind) == std::string_view::npos)
      throw Fault{fmt::format("the format '%{}' is not supported", made.kind)};
    return made;
  }
  char take() {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }
  int64_t number() {
    int64_t value = 0;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      value = value * 10 + (take() - '0');
      if (value > 1'000'000) throw Fault{"a format with a width beyond a million"};
    }
    if (rest_.starts_with('*')) throw Fault{"a format with '*' is not supported"};
    return value;
  }

  Value next(const Directive& directive) {
    if (directive.has_key) {
      if (!is_dict_) throw Fault{"a format with names needs a dict"};
      const Value* found = values_.as<Dict>().find(std::string_view(directive.key));
      if (!found) throw Fault{fmt::format("the format names '{}', which is missing", directive.key)};
      return *found;
    }
    if (next_ >= items_.size()) throw Fault{"fewer values than the format has places"};
    return items_[next_++];
  }

  std::string shown(const Directive& directive, const Value& value) const {
    const char kind = directive.kind;
    if (kind == 's' || kind == 'r' || kind == 'a') {
      if (kind == 'a') throw Fault{"the format '%a' is not supported"};
      std::string text = kind == 's' ? machine_.shown(value) : machine_.repr(value);
      if (directive.precision >= 0) text.resize(python::byte_of(text, static_cast<size_t>(directive.precision)));
      return text;
    }
    if (kind == 'c') {
      if (value.is_text() && python::length(value.text()) == 1) return value.text();
      if (!value.is_integer() || value.integer() < 0 || value.integer() > 0x10FFFF)
        throw Fault{"'%c' needs one character"};
      std::string text;
      append_utf8(text, static_cast<char32_t>(value.integer()));
      return text;
    }
    if (!value.is_number()) throw Fault{fmt::format("'%{}' needs a number, not a {}", kind, type_name(value))};
    return is_whole(kind) ? whole(directive, value) : real(directive, value.real());
  }

  static bool is_whole(char kind) { return std::string_view("diuxXo").find(kind) != std::string_view::npos; }

  static std::string signed_text(const Directive& directive, bool negative, std::string digits) {
    if (negative) return "-" + digits;
    if (directive.flags.find('+') != std::string::npos) return "+" + digits;
    return directive.flags.find(' ') != std::string::npos ? " " + digits : digits;
  }

  static std::string whole(const Directive& directive, const Value& value) {
    const char kind = directive.kind;
    if (kind != 'd' && kind != 'i' && kind != 'u' && value.is(Kind::kFloat))
      throw Fault{fmt::format("'%{}' needs an int", kind)};
    if (value.is(Kind::kFloat) && !(std::fabs(value.real()) < 9e18)) throw beyond();
    const int64_t number = value.is(Kind::kFloat) ? static_cast<int64_t>(value.real()) : value.integer();
    const uint64_t size = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    std::string digits = kind == 'x'   ? fmt::format("{:x}", size)
                         : kind == 'X' ? fmt::format("{:X}", size)
                         : kind == 'o' ? fmt::format("{:o}", size)
                                       : fmt::format("{}", size);
    if (std::ssize(digits) < directive.precision)
      digits.insert(0, static_cast<size_t>(directive.precision - std::ssize(digits)), '0');
    if (directive.flags.find('#') != std::string::npos && (kind == 'x' || kind == 'X' || kind == 'o'))
      digits = std::string("0") + kind + digits;
    return signed_text(directive, number < 0, std::move(digits));
  }

  static std::string real(const Directive& directive, double value) {
    if (directive.precision > 400) throw Fault{"a format with a precision beyond 400"};
    const int precision = directive.precision < 0 ? 6 : static_cast<int>(directive.precision);
    char format[] = "%.*f", buffer[1024];
    format[3] = directive.kind;
    if (directive.flags.find('#') != std::string::npos) throw Fault{"'#' before a real number is not supported"};
    const int size = std::snprintf(buffer, sizeof buffer, format, precision, std::fabs(value));
    return signed_text(directive, std::signbit(value) && !std::isnan(value),
                       std::string(buffer, static_cast<size_t>(size)));
  }

  static std::string padded(const Directive& directive, std::string text) {
    const auto size = static_cast<int64_t>(python::length(text));
    if (size >= directive.width) return text;
    const auto missing = static_cast<size_t>(directive.width - size);
    if (directive.flags.find('-') != std::string::npos) return text + std::string(missing, ' ');
    const bool number = std::string_view("srac").find(directive.kind) == std::string_view::npos;
    if (!number || directive.flags.find('0') == std::string::npos) return std::string(missing, ' ') + text;
    const size_t sign = text[0] == '-' || text[0] == '+' || text[0] == ' ' ? 1 : 0;
    const bool prefixed = directive.flags.find('#') != std::string::npos && text.size() > sign + 1 &&
                          text[sign] == '0' && std::isalpha(text[sign + 1]) != 0;
    return text.insert(sign + (prefixed ? 2 : 0), missing, '0');
  }

  Machine& machine_;
  std::string_view rest_;
  const Value& values_;
  Items items_;
  size_t next_ = 0;
  bool is_dict_;
};

}  // namespace

Value arithmetic(Machine& machine, const std::string& sign, const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return integers(sign, a.integer(), b.integer());
  if (a.is_number() && b.is_number()) return reals(sign, a.real(), b.real());
  if (sign == "+") return add(machine, a, b);
  if (sign == "%" && a.is_text()) {
    if (a.safe) throw Fault{"a text marked as safe as a format"};
    return machine.text(format_percent(machine, a.text(), b));
  }
  const auto repeats = [](const Value& what, const Value& times) {
    return times.is_integer() && (what.is_text() || what.is(Kind::kList) || what.is(Kind::kTuple));
  };
  if (sign == "*" && repeats(a, b)) return repeat(machine, a, b.integer());
  if (sign == "*" && repeats(b, a)) return repeat(machine, b, a.integer());
  throw does_not_go(sign, a, b);
}

bool contains(Machine& machine, const Value& in, const Value& what) {
  if (in.is_text()) {
    if (what.is_undefined()) throw Fault{what.why_undefined()};
    if (!what.is_text()) throw Fault{fmt::format("a {} in a str", type_name(what))};
    machine.step(in.text().size() / 64 * (1 + what.text().size() / 64));  // find may compare all of it everywhere
    return in.text().find(what.text()) != std::string::npos;
  }
  if (in.is(Kind::kDict)) {
    machine.check_key(what, in.as<Dict>());
    return in.as<Dict>().find(what) != nullptr;
  }
  if (in.is_undefined()) return false;
  if (in.is(Kind::kIterator)) {
    auto& sequence = in.as<Sequence>();
    while (sequence.taken < sequence.items.size()) {
      machine.step(1 + std::min(weight_of(what), weight_of(sequence.items[sequence.taken])) / 16);
      if (equals(sequence.items[sequence.taken++], what)) return true;
    }
    return false;
  }
  if (!in.is_sequence()) throw Fault{fmt::format("nothing can be in a {}", type_name(in))};
  machine.step(in.items().size() * (1 + std::min(weight_of(what), weight_of(in)) / 16));
  return std::ranges::any_of(in.items(), [&](const Value& item) { return equals(item, what); });
}

std::string format_percent(Machine& machine, const std::string& format, const Value& values) {
  return Formatter(machine, format, values).run();
}

}  // namespace hrm::text::jinja
