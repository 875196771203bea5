// Methods of texts, dictionaries, lists and tuples.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/utf8.h"
#include "text/jinja_machine.h"
#include "text/python_text.h"

namespace hrm::text::jinja {
namespace {

using python::Class;

// The arguments of a method; a name is "" if Python takes the argument only by position.
struct MethodCall {
  Machine& machine;
  const Value& of;
  Arguments& given;
  std::string_view name;

  const std::string& text() const { return of.text(); }
  Signature read(std::vector<std::string_view> names, size_t needed) const {
    return Signature(given, name, std::move(names), needed);
  }
  Value made(std::string_view text) const { return machine.text(std::string(text)); }
  Value made(const python::Parts& parts) const {
    Items items;
    for (const std::string_view part : parts) items.push_back(machine.text(std::string(part)));
    return machine.list(std::move(items));
  }
};

using Method = Value (*)(const MethodCall&);

template <Class kind>
Value is_of_class(const MethodCall& call) {
  call.read({}, 0);
  return python::is_class(call.text(), kind);
}

template <std::string (*change)(std::string_view)>
Value changed(const MethodCall& call) {
  call.read({}, 0);
  return call.machine.text(change(call.text()));
}

template <bool left, bool right>
Value stripped(const MethodCall& call) {
  const Signature given = call.read({""}, 0);
  std::optional<std::string_view> of;
  if (!given.is_none(0)) of = given.text(0);
  call.machine.step(call.text().size() / 8 * (of ? of->size() / 8 + 1 : 0));
  return call.made(python::strip(call.text(), of, left, right));
}

template <bool from_right>
Value split(const MethodCall& call) {
  const Signature given = call.read({"sep", "maxsplit"}, 0);
  const int64_t most_given = given.integer(1, -1);
  const size_t most = most_given < 0 ? python::kAll : static_cast<size_t>(most_given);
  if (given.is_none(0))
    return call.made(from_right ? python::split_blanks_right(call.text(), most)
                                : python::split_blanks(call.text(), most));
  const std::string& by = given.text(0);
  if (by.empty()) throw Fault{"an empty separator"};
  return call.made(from_right ? python::split_right(call.text(), by, most) : python::split(call.text(), by, most));
}

template <bool from_right>
Value partition(const MethodCall& call) {
  const Signature given = call.read({""}, 1);
  const std::string &text = call.text(), &by = given.text(0);
  if (by.empty()) throw Fault{"an empty separator"};
  const size_t at = from_right ? text.rfind(by) : text.find(by);
  Items items;
  if (at == std::string::npos) {
    for (size_t i = 0; i < 3; ++i) items.push_back(call.made(i == (from_right ? 2 : 0) ? text : std::string_view()));
  } else {
    items = {call.made(std::string_view(text).substr(0, at)), call.made(by),
             call.made(std::string_view(text).substr(at + by.size()))};
  }
  return call.machine.list(std::move(items), Kind::kTuple);
}

// The part of a text between two indices, and its start.
struct Range {
  std::string_view text;
  size_t begin = 0;
  bool exists = true;
};
Range range_of(const MethodCall& call, const Signature& given, size_t first) {
  const auto size = static_cast<int64_t>(python::length(call.text()));
  const auto at = [&](size_t i, int64_t otherwise) {
    if (given.is_none(i)) return otherwise;
    const int64_t value = given.integer(i, 0);
    return value < 0 ? std::max<int64_t>(value + size, 0) : value;
  };
  const int64_t begin = at(first, 0), end = std::min(at(first + 1, size), size);
  if (begin > end) return {.text = "", .begin = 0, .exists = false};
  const std::string_view text = call.text();
  const size_t from = python::byte_of(text, static_cast<size_t>(begin));
  return {.text = text.substr(from, python::byte_of(text.substr(from), static_cast<size_t>(end - begin))),
          .begin = static_cast<size_t>(begin)};
}

template <bool at_start>
Value borders(const MethodCall& call) {
  const Signature given = call.read({"", "", ""}, 1);
  const Range range = range_of(call, given, 1);
  const auto fits = [&](const Value& value) {
    if (!value.is_text()) throw Fault{fmt::format("a {}, expected a str or a tuple of them", type_name(value))};
    return range.exists && (at_start ? range.text.starts_with(value.text()) : range.text.ends_with(value.text()));
  };
  if (given[0].is(Kind::kTuple)) return std::ranges::any_of(given[0].items(), fits);
  return fits(given[0]);
}

template <bool from_right, bool must>
Value find(const MethodCall& call) {
  const Signature given = call.read({"", "", ""}, 1);
  const Range range = range_of(call, given, 1);
  const size_t at = !range.exists ? std::string_view::npos
                    : from_right  ? range.text.rfind(given.text(0))
                                  : range.text.find(given.text(0));
  if (at == std::string_view::npos && must) throw Fault{"the text does not contain it"};
  if (at == std::string_view::npos) return int64_t{-1};
  return range.begin + python::length(range.text.substr(0, at));
}

Value count(const MethodCall& call) {
  const Signature given = call.read({"", "", ""}, 1);
  const Range range = range_of(call, given, 1);
  return range.exists ? python::count(range.text, given.text(0)) : size_t{0};
}

Value replace(const MethodCall& call) {
  const Signature given = call.read({"", "", "count"}, 2);
  const int64_t most = given.integer(2, -1);
  const std::string &what = given.text(0), &with = given.text(1);
  const uint64_t places = python::count(call.text(), what);
  if (with.size() > 0 && places > (uint64_t{1} << 40) / with.size()) throw Fault{"a text that is too long"};
  call.machine.charge(call.text().size() + places * with.size());
  return Value::text(python::replace(call.text(), what, with, most < 0 ? python::kAll : static_cast<size_t>(most)));
}

Value join(const MethodCall& call) {
  const Signature given = call.read({""}, 1);
  if (!given[0].is_sequence() && !given[0].is_text() && !given[0].is(Kind::kDict))
    throw Fault{fmt::format("a {}, expected texts to join", type_name(given[0]))};
  std::string text;
  bool first = true;
  for (const Value& item : call.machine.items_of(given[0])) {
    if (!item.is_text()) throw Fault{fmt::format("a {} among the texts to join", type_name(item))};
    if (!std::exchange(first, false)) text += call.text();
    call.machine.charge(item.text().size() + call.text().size());
    text += item.text();
  }
  return Value::text(std::move(text));
}

// The place of the text within the width: Python's center puts the odd blank by the parity of both.
template <int side>
Value justified(const MethodCall& call) {
  const Signature given = call.read({"", ""}, 1);
  const std::string fill = given.has(1) ? given.text(1) : " ";
  if (python::length(fill) != 1) throw Fault{"the fill text must be one character"};
  const int64_t width = given.integer(0, 0), size = static_cast<int64_t>(python::length(call.text()));
  const int64_t missing = std::max<int64_t>(width - size, 0);
  if (missing > 100'000'000) throw Fault{"a width that is too large"};
  call.machine.charge(static_cast<uint64_t>(missing) * fill.size());
  const int64_t left = side < 0 ? 0 : side > 0 ? missing : missing / 2 + (missing & width & 1);
  std::string text;
  for (int64_t i = 0; i < left; ++i) text += fill;
  text += call.text();
  for (int64_t i = left; i < missing; ++i) text += fill;
  return call.machine.text(std::move(text));
}

Value zero_filled(const MethodCall& call) {
  const Signature given = call.read({""}, 1);
  const int64_t missing = given.integer(0, 0) - static_cast<int64_t>(python::length(call.text()));
  if (missing > 100'000'000) throw Fault{"a width that is too large"};
  std::string text = call.text();
  if (missing > 0)
    text.insert(text.starts_with('-') || text.starts_with('+') ? 1 : 0, static_cast<size_t>(missing), '0');
  return call.machine.text(std::move(text));
}

template <bool prefix>
Value removed(const MethodCall& call) {
  const Signature given = call.read({""}, 1);
  std::string_view text = call.text();
  const std::string& part = given.text(0);
  if (prefix && text.starts_with(part)) text.remove_prefix(part.size());
  if (!prefix && text.ends_with(part)) text.remove_suffix(part.size());
  return call.made(text);
}

Value split_lines(const MethodCall& call) {
  const Signature given = call.read({"keepends"}, 0);
  return call.made(python::split_lines(call.text(), given.flag(0, false)));
}

const std::unordered_map<std::string_view, Method>& text_methods() {
  static const std::unordered_map<std::string_view, Method> methods = {
      {"capitalize", changed<python::capitalize>},
      {"center", justified<0>},
      {"count", count},
      {"endswith", borders<false>},
      {"find", find<false, false>},
      {"index", find<false, true>},
      {"isalnum", is_of_class<Class::kAlnum>},
      {"isalpha", is_of_class<Class::kAlpha>},
      {"isascii", is_of_class<Class::kAscii>},
      {"isdecimal", is_of_class<Class::kDecimal>},
      {"isdigit", is_of_class<Class::kDigit>},
      {"islower", is_of_class<Class::kLower>},
      {"isnumeric", is_of_class<Class::kNumeric>},
      {"isprintable", is_of_class<Class::kPrintable>},
      {"isspace", is_of_class<Class::kSpace>},
      {"istitle", is_of_class<Class::kTitle>},
      {"isupper", is_of_class<Class::kUpper>},
      {"join", join},
      {"ljust", justified<-1>},
      {"lower", changed<lower>},
      {"lstrip", stripped<true, false>},
      {"partition", partition<false>},
      {"removeprefix", removed<true>},
      {"removesuffix", removed<false>},
      {"replace", replace},
      {"rfind", find<true, false>},
      {"rindex", find<true, true>},
      {"rjust", justified<1>},
      {"rpartition", partition<true>},
      {"rsplit", split<true>},
      {"rstrip", stripped<false, true>},
      {"split", split<false>},
      {"splitlines", split_lines},
      {"startswith", borders<true>},
      {"strip", stripped<true, true>},
      {"swapcase", changed<python::swap_case>},
      {"title", changed<python::title>},
      {"upper", changed<python::upper>},
      {"zfill", zero_filled},
  };
  return methods;
}

Value view(const MethodCall& call, std::string_view kind) {
  Items items;
  for (const auto& [key, value] : call.of.as<Dict>().entries)
    items.push_back(kind == "dict_keys"     ? key
                    : kind == "dict_values" ? value
                                            : call.machine.list({key, value}, Kind::kTuple));
  Value made = call.machine.list(std::move(items), Kind::kView);
  made.as<Sequence>().view = kind;
  return made;
}

Value keys(const MethodCall& call) { return call.read({}, 0), view(call, "dict_keys"); }
Value values(const MethodCall& call) { return call.read({}, 0), view(call, "dict_values"); }
Value pairs(const MethodCall& call) { return call.read({}, 0), view(call, "dict_items"); }
Value same(const MethodCall& call) { return call.read({}, 0), call.of; }

Value get(const MethodCall& call) {
  const Signature given = call.read({"", ""}, 1);
  call.machine.check_key(given[0], call.of.as<Dict>());
  if (const Value* found = call.of.as<Dict>().find(given[0])) return *found;
  return given.has(1) ? given[1] : Value::none();
}

Value index_of(const MethodCall& call) {
  const Signature given = call.read({""}, 1);
  const Items& items = call.of.items();
  call.machine.step(items.size() * (1 + std::min(weight_of(given[0]), weight_of(call.of)) / 16));
  for (size_t i = 0; i < items.size(); ++i)
    if (equals(items[i], given[0])) return i;
  throw Fault{fmt::format("it is not in the {}", type_name(call.of))};
}

Value count_of(const MethodCall& call) {
  const Signature given = call.read({""}, 1);
  call.machine.step(call.of.items().size() * (1 + std::min(weight_of(given[0]), weight_of(call.of)) / 16));
  return static_cast<size_t>(
      std::ranges::count_if(call.of.items(), [&](const Value& item) { return equals(item, given[0]); }));
}

Method method_of(const Value& of, std::string_view name) {
  static const std::unordered_map<std::string_view, Method> of_dict = {
      {"keys", keys}, {"values", values}, {"items", pairs}, {"get", get}, {"copy", same}};
  static const std::unordered_map<std::string_view, Method> of_list = {
      {"index", index_of}, {"count", count_of}, {"copy", same}};
  const auto in = [&](const auto& methods) {
    const auto at = methods.find(name);
    return at == methods.end() ? nullptr : at->second;
  };
  if (of.is_text()) return in(text_methods());
  if (of.is(Kind::kDict)) return in(of_dict);
  if (of.is(Kind::kList) || (of.is(Kind::kTuple) && name != "copy")) return in(of_list);
  return nullptr;
}

}  // namespace

bool has_method(const Value& of, const std::string& name) { return method_of(of, name) != nullptr; }

std::optional<Value> call_method(Machine& machine, const Value& of, const std::string& name, Arguments& given) {
  const Method method = method_of(of, name);
  if (!method) return std::nullopt;
  if (of.is_text() && of.safe) throw Fault{"a method of a text that is marked as safe"};
  // Each method reads the text once, and one that searches compares what it searches for.
  uint64_t longest = 0;
  for (const Value& value : given.positional)
    if (value.is_text()) longest = std::max<uint64_t>(longest, value.text().size());
  machine.step(of.is_text() ? 1 + of.text().size() / 4 * (1 + longest / 64) : 1);
  return method({machine, of, given, name});
}

}  // namespace hrm::text::jinja
