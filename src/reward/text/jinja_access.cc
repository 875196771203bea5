// What follows a dot or in brackets, as Python's getattr and [] within Jinja's sandbox see it.
#include <algorithm>

#include "text/jinja_machine.h"
#include "text/python_text.h"

namespace hrm::text::jinja {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// Methods that change what they belong to: the sandbox has none.
bool changes(const Value& of, std::string_view name) {
  if (of.is(Kind::kList))
    return is_one_of(name, {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"});
  return of.is(Kind::kDict) && is_one_of(name, {"clear", "pop", "popitem", "setdefault", "update"});
}

// What Python has and this program has not: an error, since "undefined" would be something else.
bool is_missing_here(const Value& of, std::string_view name) {
  switch (of.kind()) {
    case Kind::kText:
      return is_one_of(
          name, {"casefold", "encode", "expandtabs", "format", "format_map", "isidentifier", "maketrans", "translate"});
    case Kind::kDict:
      return name == "fromkeys";
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat:
      return is_one_of(name, {"as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes",
                              "fromhex", "hex", "imag", "is_integer", "numerator", "real", "to_bytes"});
    case Kind::kRange:
      return is_one_of(name, {"count", "index", "start", "step", "stop"});
    case Kind::kView:
      return is_one_of(name, {"isdisjoint", "mapping"});
    case Kind::kFunction:
      return is_one_of(name, {"arguments", "caller", "catch_kwargs", "catch_varargs", "explicit_caller"});
    default:
      return false;
  }
}

// The attribute proper; nothing where Python has none of that name.
std::optional<Value> own_attribute(Machine& machine, const Value& of, const std::string& name) {
  if ((name.starts_with("__") && name.ends_with("__")) || changes(of, name))
    return Value::undefined(fmt::format("'{}' of a {} is not safe: a template cannot use it", name, type_name(of)));
  if (has_method(of, name)) {
    auto made = std::make_shared<Function>();
    made->name = name;
    made->call = [&machine, of, name](Arguments&& given) { return *call_method(machine, of, name, given); };
    return Value(Kind::kFunction, std::move(made));
  }
  if (is_missing_here(of, name)) throw Fault{fmt::format("'{}' of a {} is not supported", name, type_name(of))};
  if (of.is(Kind::kFunction) && name == "name") return Value::text(of.as<Function>().name);
  if (of.is(Kind::kTuple) && of.as<Sequence>().group && is_one_of(name, {"grouper", "list"}))
    return of.items()[name == "list" ? 1 : 0];
  return std::nullopt;
}

std::optional<Value> own_item(Machine& machine, const Value& of, const Value& key) {
  if (of.is(Kind::kDict)) {
    if (key.is(Kind::kList) || key.is(Kind::kDict)) return std::nullopt;
    machine.pay_key(key, of.as<Dict>());
    const Value* found = of.as<Dict>().find(key);
    return found ? std::optional(*found) : std::nullopt;
  }
  const bool indexed = of.is(Kind::kList) || of.is(Kind::kTuple) || of.is(Kind::kRange) || of.is_text();
  if (!indexed || !key.is_integer()) return std::nullopt;
  const auto size = static_cast<int64_t>(of.is_text() ? python::length(of.text()) : of.items().size());
  const int64_t at = key.integer() < 0 ? key.integer() + size : key.integer();
  if (at < 0 || at >= size) return std::nullopt;
  if (!of.is_text()) return of.items()[static_cast<size_t>(at)];
  const std::string& text = of.text();
  const size_t begin = python::byte_of(text, static_cast<size_t>(at));
  return Value::text(text.substr(begin, python::byte_of(std::string_view(text).substr(begin), 1)));
}

// An index of a slice; nullopt if there is no expression, or None.
std::optional<int64_t> bound(const Value& value) {
  if (value.is(Kind::kNone)) return std::nullopt;
  if (value.is_undefined()) throw Fault{value.why_undefined()};
  if (!value.is_integer()) throw Fault{fmt::format("a {} in a slice, expected an int", type_name(value))};
  return value.integer();
}

}  // namespace

Value Machine::attribute(const Value& of, const std::string& name) {
  if (of.is_undefined()) throw Fault{of.why_undefined()};
  if (of.is(Kind::kLoop)) return loop_attribute(of, name);
  if (of.is(Kind::kNamespace)) {
    const Value* found = of.as<Dict>().find(std::string_view(name));
    return found ? *found : Value::undefined(fmt::format("the namespace has no '{}'", name));
  }
  if (std::optional<Value> own = own_attribute(*this, of, name)) return *own;
  if (const Value* found = of.is(Kind::kDict) ? of.as<Dict>().find(std::string_view(name)) : nullptr) return *found;
  return Value::undefined(fmt::format("a {} has no '{}'", type_name(of), name));
}

Value Machine::item(const Value& of, const Value& key) {
  if (of.is_undefined()) throw Fault{of.why_undefined()};
  if (of.is_text()) step(of.text().size() / 64);
  if (std::optional<Value> own = own_item(*this, of, key)) return *own;
  if (key.is_text()) {
    if (of.is(Kind::kLoop) || of.is(Kind::kNamespace)) return attribute(of, key.text());
    if (std::optional<Value> own = own_attribute(*this, of, key.text())) return *own;
  }
  return Value::undefined(key.is_text() ? fmt::format("a {} has no '{}'", type_name(of), key.text())
                                        : fmt::format("a {} has no such item", type_name(of)));
}

Value Machine::slice(const Value& of, const Expression& node, Scope& scope) {
  const auto part = [&](size_t i) { return node.parts[i] ? bound(eval(*node.parts[i], scope)) : std::nullopt; };
  const std::optional<int64_t> first = part(0), end = part(1), step_given = part(2);
  if (of.is_undefined()) throw Fault{of.why_undefined()};
  if (!of.is_text() && !of.is(Kind::kList) && !of.is(Kind::kTuple) && !of.is(Kind::kRange))
    throw Fault{fmt::format("a {} has no slices", type_name(of))};
  const int64_t by = step_given.value_or(1);
  if (by == 0) throw Fault{"a slice with the step 0"};
  const python::Parts characters = of.is_text() ? python::characters(of.text()) : python::Parts();
  const auto size = static_cast<int64_t>(of.is_text() ? characters.size() : of.items().size());
  step(static_cast<uint64_t>(size) / 8);
  const int64_t low = by > 0 ? 0 : -1, high = by > 0 ? size : size - 1;
  const auto clipped = [&](std::optional<int64_t> at, int64_t otherwise) {
    return at ? std::clamp(*at < 0 ? *at + size : *at, low, high) : otherwise;
  };
  const int64_t begin = clipped(first, by > 0 ? 0 : size - 1), stop = clipped(end, by > 0 ? size : -1);
  std::string text;
  Items items;
  for (int64_t i = begin; by > 0 ? i < stop : i > stop;) {
    if (of.is_text())
      text += characters[static_cast<size_t>(i)];
    else
      items.push_back(of.items()[static_cast<size_t>(i)]);
    if (by > size || by < -size) break;
    i += by;
  }
  return of.is_text() ? this->text(std::move(text)) : list(std::move(items), of.kind());
}

Value Machine::loop_attribute(const Value& of, const std::string& name) {
  Loop& loop = of.as<Loop>();
  if (name == "index") return loop.index + 1;
  if (name == "index0") return loop.index;
  if (name == "revindex") return loop.length - loop.index;
  if (name == "revindex0") return loop.length - loop.index - 1;
  if (name == "first") return loop.index == 0;
  if (name == "last") return loop.index + 1 == loop.length;
  if (name == "length") return loop.length;
  if (name == "depth") return loop.depth + 1;
  if (name == "depth0") return loop.depth;
  if (name == "previtem") return loop.before ? *loop.before : Value::undefined("there is no item before the first");
  if (name == "nextitem") return loop.after ? *loop.after : Value::undefined("there is no item after the last");
  if (name != "cycle" && name != "changed") return Value::undefined(fmt::format("a loop has no '{}'", name));
  auto made = std::make_shared<Function>();
  made->name = name;
  if (name == "cycle") {
    made->call = [&loop](Arguments&& given) {
      if (given.positional.empty()) throw Fault{"nothing to choose from"};
      return given.positional[loop.index % given.positional.size()];
    };
  } else {
    made->call = [this, &loop](Arguments&& given) {
      const Value now = list(std::move(given.positional), Kind::kTuple);
      if (loop.changed) step(std::min(weight_of(*loop.changed), weight_of(now)) / 16);
      const bool same = loop.changed && equals(*loop.changed, now);
      loop.changed = now;
      return Value(!same);
    };
  }
  return {Kind::kFunction, std::move(made)};
}

}  // namespace hrm::text::jinja
