// Filters of texts and numbers.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

#include "base/utf8.h"
#include "text/jinja_machine.h"
#include "text/python_text.h"

namespace hrm::text::jinja {

using TextFilter = Value (*)(Machine&, const Value&, Arguments&, const std::string&);
const std::unordered_map<std::string_view, TextFilter>& text_filters();

namespace {

struct Call {
  Machine& machine;
  const Value& of;
  Arguments& given;
  const std::string& name;
  Signature read(std::vector<std::string_view> names, size_t needed = 0) const {
    return Signature(given, name, std::move(names), needed);
  }
  std::string text() const {
    std::string text = machine.shown(of);
    machine.step(text.size() / 4);
    return text;
  }
};

template <Value (*filter)(const Call&)>
Value as_filter(Machine& machine, const Value& of, Arguments& given, const std::string& name) {
  return filter({machine, of, given, name});
}

template <std::string (*change)(std::string_view)>
Value changed(const Call& call) {
  call.read({});
  return call.machine.text(change(call.text()));
}

// Of every word the first character large, the others small; a word begins after blanks and -({[<.
std::string title(std::string_view text) {
  std::string out, word;
  const auto close = [&] {
    if (word.empty()) return;
    const size_t first = decode_utf8(word).size;
    out += python::upper(std::string_view(word).substr(0, first)) + lower(std::string_view(word).substr(first));
    word.clear();
  };
  for (const std::string_view part : python::characters(text)) {
    const char32_t value = decode_utf8(part).value;
    if (!is_space(value) && (value > 127 || std::string_view("-({[<").find(part) == std::string_view::npos)) {
      word += part;
      continue;
    }
    close();
    out += part;
  }
  close();
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '&'    ? std::string("&amp;")
           : c == '<'  ? "&lt;"
           : c == '>'  ? "&gt;"
           : c == '"'  ? "&#34;"
           : c == '\'' ? "&#39;"
                       : std::string(1, c);
  return out;
}

template <bool escapes, bool always>
Value safe(const Call& call) {
  call.read({});
  const bool done = call.of.is_text() && call.of.safe && !always;
  Value made = call.machine.text(escapes && !done ? escaped(call.text()) : call.text());
  made.safe = true;
  return made;
}

Value string(const Call& call) {
  call.read({});
  return call.of.is_text() ? call.of : call.machine.text(call.machine.shown(call.of));
}

Value trim(const Call& call) {
  const Signature given = call.read({"chars"});
  std::optional<std::string_view> of;
  if (!given.is_none(0)) of = given.text(0);
  const std::string text = call.text();
  call.machine.step(of ? text.size() / 8 * (of->size() / 8 + 1) : 0);
  return call.machine.text(std::string(python::strip(text, of, true, true)));
}

Value replace(const Call& call) {
  const Signature given = call.read({"old", "new", "count"}, 2);
  const std::string what = call.machine.shown(given[0]), with = call.machine.shown(given[1]), text = call.text();
  const int64_t most = given.is_none(2) ? -1 : given.integer(2, -1);
  const uint64_t places = python::count(text, what);
  if (with.size() > 0 && places > (uint64_t{1} << 40) / with.size()) throw Fault{"a text that is too long"};
  call.machine.charge(places * with.size());
  return call.machine.text(python::replace(text, what, with, most < 0 ? python::kAll : static_cast<size_t>(most)));
}

Value indent(const Call& call) {
  const Signature given = call.read({"width", "first", "blank"});
  if (call.of.is_undefined()) throw Fault{call.of.why_undefined()};
  if (!call.of.is_text()) throw Fault{fmt::format("a {}, expected a str", type_name(call.of))};
  const int64_t width = given.has(0) && given[0].is_text() ? 0 : given.integer(0, 4);
  if (width > 10'000) throw Fault{fmt::format("a width of {}", width)};
  const std::string lead = given.has(0) && given[0].is_text()
                               ? given[0].text()
                               : std::string(static_cast<size_t>(std::max<int64_t>(width, 0)), ' ');
  const std::string text = call.text() + "\n";
  const python::Parts lines = python::split_lines(text, false);
  call.machine.charge(lines.size() * lead.size());
  std::string out = given.flag(1, false) ? lead : "";
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\n";
    if (i > 0 && (given.flag(2, false) || !lines[i].empty())) out += lead;
    out += lines[i];
  }
  return call.machine.text(std::move(out));
}

Value truncate(const Call& call) {
  const Signature given = call.read({"length", "killwords", "end", "leeway"});
  if (call.of.is_undefined()) return call.of;
  if (!call.of.is_text()) throw Fault{fmt::format("a {}, expected a str", type_name(call.of))};
  const std::string text = call.text(), end = given.has(2) ? given.text(2) : "...";
  const int64_t most = given.integer(0, 255), leeway = given.is_none(3) ? 5 : given.integer(3, 5);
  const auto end_size = static_cast<int64_t>(python::length(end));
  if (most < end_size || leeway < 0) throw Fault{fmt::format("a length of {}", most)};
  if (static_cast<int64_t>(python::length(text)) <= most + leeway) return call.machine.text(text);
  const std::string_view kept =
      std::string_view(text).substr(0, python::byte_of(text, static_cast<size_t>(most - end_size)));
  if (given.flag(1, false)) return call.machine.text(std::string(kept) + end);
  return call.machine.text(std::string(python::split_right(kept, " ", 1)[0]) + end);
}

Value center(const Call& call) {
  const Signature given = call.read({"width"});
  Arguments width;
  width.positional.push_back(Value(given.integer(0, 80)));
  return *call_method(call.machine, call.machine.text(call.text()), "center", width);
}

Value format(const Call& call) {
  if (!call.given.positional.empty() && !call.given.named.empty()) throw Fault{"values both with names and without"};
  if (call.given.named.empty())
    return call.machine.text(
        format_percent(call.machine, call.text(), call.machine.list(call.given.positional, Kind::kTuple)));
  auto dict = std::make_shared<Dict>();
  for (const auto& [name, value] : call.given.named) dict->set(Value::text(name), value);
  return call.machine.text(format_percent(call.machine, call.text(), dict_value(std::move(dict))));
}

Value word_count(const Call& call) {
  call.read({});
  int64_t words = 0;
  bool inside = false;
  const std::string text = call.text();
  for (const std::string_view part : python::characters(text)) {
    const bool is_word = part == "_" || python::is_class(part, python::Class::kAlnum);
    words += is_word && !inside;
    inside = is_word;
  }
  return words;
}

// A number as Python reads it: without blanks at the ends, decimal digits of any script as ASCII's.
std::string plain_number(std::string_view text) {
  std::string plain;
  for (std::string_view rest = strip(text); !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    if (point.valid && is_digit(point.value))
      plain += static_cast<char>('0' + digit_value(point.value));
    else
      plain += rest.substr(0, point.size);
    rest.remove_prefix(point.size);
  }
  return plain;
}

// Python's float() of a text.
std::optional<double> parsed_real(std::string_view text) {
  std::string plain = plain_number(text);
  for (size_t at; (at = plain.find('_')) != std::string::npos; plain.erase(at, 1))
    if (at == 0 || at + 1 == plain.size() || !std::isdigit(static_cast<unsigned char>(plain[at - 1])) ||
        !std::isdigit(static_cast<unsigned char>(plain[at + 1])))
      return std::nullopt;
  const bool hexadecimal = plain.find_first_of("xXpP(") != std::string::npos;
  if (plain.empty() || hexadecimal || plain.find('\0') != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(plain.c_str(), &end);
  return end == plain.c_str() + plain.size() ? std::optional(value) : std::nullopt;
}

// Python's int() of a text; nothing where it is none.
std::optional<int64_t> parsed_whole(std::string_view text, int64_t base) {
  std::string digits = plain_number(text);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.erase(0, 1);
  const auto prefix = [&](int64_t of, const char* lower_case, const char* upper_case) {
    if (base != of && base != 0) return;
    if (!digits.starts_with(lower_case) && !digits.starts_with(upper_case)) return;
    digits.erase(0, 2);
    if (digits.starts_with('_')) digits.erase(0, 1);
    base = of;
  };
  prefix(16, "0x", "0X");
  prefix(8, "0o", "0O");
  prefix(2, "0b", "0B");
  if (base == 0 && digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of("0_") != std::string::npos)
    return std::nullopt;
  if (base == 0) base = 10;
  int64_t value = 0;
  bool underscore = true;  // none may stand here
  for (const char c : digits) {
    if (c == '_' && !underscore) {
      underscore = true;
      continue;
    }
    const int64_t digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'z' ? c - 'a' + 10
                          : c >= 'A' && c <= 'Z' ? c - 'A' + 10
                                                 : 99;
    if (digit >= base) return std::nullopt;
    underscore = false;
    if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, negative ? -digit : digit, &value))
      throw Fault{"an integer beyond 64 bits"};
  }
  return underscore ? std::nullopt : std::optional(value);
}

int64_t whole_part(double value) {
  if (!(std::fabs(value) < 9.2e18)) throw Fault{"an integer beyond 64 bits"};
  return static_cast<int64_t>(value);
}

Value to_int(const Call& call) {
  const Signature given = call.read({"default", "base"});
  const Value otherwise = given.has(0) ? given[0] : Value(int64_t{0});
  const int64_t base = given.integer(1, 10);
  if (base != 0 && (base < 2 || base > 36)) throw Fault{fmt::format("the base {}", base)};
  if (call.of.is_undefined()) throw Fault{call.of.why_undefined()};
  if (call.of.is_integer()) return call.of.integer();
  std::optional<double> real;
  if (call.of.is(Kind::kFloat)) real = call.of.real();
  if (call.of.is_text()) {
    if (const std::optional<int64_t> whole = parsed_whole(call.of.text(), base)) return *whole;
    real = parsed_real(call.of.text());
    if (real && std::isinf(*real)) real.reset();
  }
  if (!real || std::isnan(*real)) return otherwise;
  return whole_part(*real);
}

Value to_float(const Call& call) {
  const Signature given = call.read({"default"});
  if (call.of.is_undefined()) throw Fault{call.of.why_undefined()};
  if (call.of.is_number()) return call.of.real();
  if (call.of.is_text())
    if (const std::optional<double> real = parsed_real(call.of.text())) return *real;
  return given.has(0) ? given[0] : Value(0.0);
}

Value absolute(const Call& call) {
  call.read({});
  if (call.of.is_undefined()) throw Fault{call.of.why_undefined()};
  if (!call.of.is_number()) throw Fault{fmt::format("a {}, expected a number", type_name(call.of))};
  if (call.of.is(Kind::kFloat)) return std::fabs(call.of.real());
  return call.of.integer() < 0 ? arithmetic(call.machine, "-", Value(int64_t{0}), call.of) : Value(call.of.integer());
}

Value round(const Call& call) {
  const Signature given = call.read({"precision", "method"});
  const std::string method = given.has(1) ? given.text(1) : "common";
  const int64_t precision = given.integer(0, 0);
  if (method != "common" && method != "ceil" && method != "floor") throw Fault{fmt::format("the method '{}'", method)};
  if (call.of.is_undefined()) throw Fault{call.of.why_undefined()};
  if (!call.of.is_number()) throw Fault{fmt::format("a {}, expected a number", type_name(call.of))};
  if (precision < 0 || precision > 300) throw Fault{fmt::format("a precision of {}", precision)};
  if (method == "common") {
    if (call.of.is_integer()) return call.of.integer();
    // Right to the last bit, as Python's: by the decimal digits.
    return *parsed_real(fmt::format("{:.{}f}", call.of.real(), precision));
  }
  const double scale = std::pow(10.0, static_cast<double>(precision)), scaled = call.of.real() * scale;
  return static_cast<double>(whole_part(method == "ceil" ? std::ceil(scaled) : std::floor(scaled))) / scale;
}

}  // namespace

const std::unordered_map<std::string_view, TextFilter>& text_filters() {
  static const std::unordered_map<std::string_view, TextFilter> filters = {
      {"abs", as_filter<absolute>},
      {"capitalize", as_filter<changed<python::capitalize>>},
      {"center", as_filter<center>},
      {"e", as_filter<safe<true, false>>},
      {"escape", as_filter<safe<true, false>>},
      {"float", as_filter<to_float>},
      {"forceescape", as_filter<safe<true, true>>},
      {"format", as_filter<format>},
      {"indent", as_filter<indent>},
      {"int", as_filter<to_int>},
      {"lower", as_filter<changed<lower>>},
      {"replace", as_filter<replace>},
      {"round", as_filter<round>},
      {"safe", as_filter<safe<false, false>>},
      {"string", as_filter<string>},
      {"title", as_filter<changed<title>>},
      {"trim", as_filter<trim>},
      {"truncate", as_filter<truncate>},
      {"upper", as_filter<changed<python::upper>>},
      {"wordcount", as_filter<word_count>},
  };
  return filters;
}

}  // namespace hrm::text::jinja
