// What may follow "|".
#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "base/utf8.h"
#include "text/jinja_filter_call.h"
#include "text/python_text.h"

namespace hrm::text::jinja {
namespace {

using Call = FilterCall;
using Filter = Value (*)(const Call&);

const Value& defined(const Value& value) {
  if (value.is_undefined()) throw Fault{value.why_undefined()};
  return value;
}

// item.a.0.b for "a.0.b".
Value part_of(Machine& machine, Value item, const Value& path) {
  if (!path.is_text()) return machine.item(item, path);
  for (const std::string_view part : python::split(path.text(), ".", python::kAll)) {
    int64_t index = 0;
    const bool number = !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    if (number && std::from_chars(part.data(), part.data() + part.size(), index).ec != std::errc{})
      throw Fault{fmt::format("'{}' is not an index", part)};
    item = machine.item(item, number ? Value(index) : machine.text(std::string(part)));
  }
  return item;
}

// The key by which items are ordered or compared.
struct Key {
  const Value* attribute = nullptr;  // null: the thing itself
  bool cased = false;
  const Value* otherwise = nullptr;

  Value operator()(Machine& machine, const Value& item) const {
    machine.step();
    const bool whole = !attribute || attribute->is(Kind::kNone);
    Value key = whole ? item : part_of(machine, item, *attribute);
    if (key.is_undefined() && otherwise && !otherwise->is(Kind::kNone)) key = *otherwise;
    return !cased && key.is_text() ? machine.text(lower(key.text())) : key;
  }
};

// keys: one each, or lists of several, which Python orders by the first that differs.
std::vector<size_t> sorted_by(Machine& machine, const std::vector<Items>& keys, bool reversed, bool lists) {
  std::vector<size_t> order(keys.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto before = [&](size_t a, size_t b) {
    for (size_t i = 0; i < keys[a].size(); ++i)
      machine.step(1 + std::min(weight_of(keys[a][i]), weight_of(keys[b][i])) / 16);
    if (!lists) return less(keys[a][0], keys[b][0]);
    for (size_t i = 0; i < keys[a].size(); ++i)
      if (!equals(keys[a][i], keys[b][i])) return less(keys[a][i], keys[b][i]);
    return false;
  };
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return reversed ? before(b, a) : before(a, b); });
  return order;
}

Items in_order(const Items& items, const std::vector<size_t>& order) {
  Items sorted;
  for (const size_t i : order) sorted.push_back(items[i]);
  return sorted;
}

Value sort(const Call& call) {
  const Signature given = call.read({"reverse", "case_sensitive", "attribute"});
  const Items items = call.machine.items_of(call.of);
  std::vector<Value> paths;
  if (!given.is_none(2) && given[2].is_text())
    for (const std::string_view path : python::split(given[2].text(), ",", python::kAll))
      paths.push_back(Value::text(std::string(path)));
  else
    paths.push_back(given.has(2) ? given[2] : Value::none());
  std::vector<Items> keys;
  for (const Value& item : items) {
    Items all;
    for (const Value& path : paths) all.push_back(Key{&path, given.flag(1, false)}(call.machine, item));
    keys.push_back(std::move(all));
  }
  return call.machine.list(in_order(items, sorted_by(call.machine, keys, given.flag(0, false), true)));
}

Value dict_sort(const Call& call) {
  const Signature given = call.read({"case_sensitive", "by", "reverse"});
  const std::string by = given.has(1) ? given.text(1) : "key";
  if (by != "key" && by != "value") throw Fault{fmt::format("by '{}', expected 'key' or 'value'", by)};
  if (!defined(call.of).is(Kind::kDict)) throw Fault{fmt::format("a {}, expected a dict", type_name(call.of))};
  Items pairs;
  std::vector<Items> keys;
  for (const auto& [key, value] : call.of.as<Dict>().entries) {
    pairs.push_back(call.machine.list({key, value}, Kind::kTuple));
    keys.push_back({Key{nullptr, given.flag(0, false)}(call.machine, by == "key" ? key : value)});
  }
  return call.machine.list(in_order(pairs, sorted_by(call.machine, keys, given.flag(2, false), false)));
}

Value group_by(const Call& call) {
  const Signature given = call.read({"attribute", "default", "case_sensitive"}, 1);
  const Key key{&given[0], given.flag(2, false), given.find(1)}, exact{&given[0], true, given.find(1)};
  const Items items = call.machine.items_of(call.of);
  std::vector<Items> keys;
  for (const Value& item : items) keys.push_back({key(call.machine, item)});
  Items groups, group;
  const std::vector<size_t> order = sorted_by(call.machine, keys, false, false);
  for (size_t i = 0; i < order.size(); ++i) {
    group.push_back(items[order[i]]);
    if (i + 1 < order.size() && equals(keys[order[i]][0], keys[order[i + 1]][0])) continue;
    const Value name = exact(call.machine, group[0]);
    groups.push_back(call.machine.list({name, call.machine.list(std::exchange(group, {}))}, Kind::kTuple));
    groups.back().as<Sequence>().group = true;
  }
  return call.machine.list(std::move(groups));
}

Value unique(const Call& call) {
  const Signature given = call.read({"case_sensitive", "attribute"});
  const Key key{given.find(1), given.flag(0, false)};
  Dict seen;
  Items kept;
  for (const Value& item : call.machine.items_of(call.of)) {
    Value each = key(call.machine, item);
    call.machine.check_key(each, seen);
    if (seen.find(each)) continue;
    seen.set(std::move(each), Value());
    kept.push_back(item);
  }
  return call.iterator(std::move(kept));
}

template <bool largest>
Value extreme(const Call& call) {
  const Signature given = call.read({"case_sensitive", "attribute"});
  const Key key{given.find(1), given.flag(0, false)};
  const Items items = call.machine.items_of(call.of);
  if (items.empty()) return Value::undefined("nothing to choose from");
  size_t best = 0;
  Value best_key = key(call.machine, items[0]);
  for (size_t i = 1; i < items.size(); ++i) {
    Value each = key(call.machine, items[i]);
    call.machine.step(1 + std::min(weight_of(best_key), weight_of(each)) / 16);
    if (largest ? !less(best_key, each) : !less(each, best_key)) continue;
    best = i;
    best_key = std::move(each);
  }
  return items[best];
}

Value sum(const Call& call) {
  const Signature given = call.read({"attribute", "start"});
  Value total = given.has(1) ? given[1] : Value(int64_t{0});
  if (total.is_text()) throw Fault{"texts cannot be added up: use join"};
  for (const Value& item : call.machine.items_of(call.of))
    total = arithmetic(call.machine, "+", total, given.is_none(0) ? item : part_of(call.machine, item, given[0]));
  return total;
}

Value join(const Call& call) {
  const Signature given = call.read({"d", "attribute"});
  const std::string by = given.has(0) ? call.machine.shown(given[0]) : "";
  std::string text;
  bool first = true;
  for (const Value& item : call.machine.items_of(call.of)) {
    if (!std::exchange(first, false)) text += by;
    const std::string part = call.machine.shown(given.is_none(1) ? item : part_of(call.machine, item, given[1]));
    call.machine.charge(part.size() + by.size());
    text += part;
  }
  return Value::text(std::move(text));
}

Value map(const Call& call) {
  Items mapped;
  if (!truth(call.of)) return call.iterator({});
  if (call.given.positional.empty() &&
      std::ranges::any_of(call.given.named, [](const auto& each) { return each.first == "attribute"; })) {
    const Signature given = call.read({"attribute", "default"});
    const Key key{&given[0], true, given.find(1)};
    for (const Value& item : call.machine.items_of(call.of)) mapped.push_back(key(call.machine, item));
    return call.iterator(std::move(mapped));
  }
  if (call.given.positional.empty() || !call.given.positional[0].is_text())
    throw Fault{"it needs the name of a filter"};
  const std::string name = call.given.positional[0].text();
  Arguments rest = call.given;
  rest.positional.erase(rest.positional.begin());
  for (const Value& item : call.machine.items_of(call.of)) {
    call.machine.charge(rest.positional.size() * sizeof(Value));
    mapped.push_back(call.machine.filter(name, item, Arguments(rest)));
  }
  return call.iterator(std::move(mapped));
}

template <bool wanted, bool of_attribute>
Value choose(const Call& call) {
  if (!truth(call.of)) return call.iterator({});
  Arguments rest = call.given;
  const auto take = [&]() -> std::optional<Value> {
    if (rest.positional.empty()) return std::nullopt;
    Value value = rest.positional.front();
    rest.positional.erase(rest.positional.begin());
    return value;
  };
  std::optional<Value> attribute;
  if (of_attribute && !(attribute = take())) throw Fault{"it needs the name of an attribute"};
  const std::optional<Value> test = take();
  if (test && !test->is_text())
    throw Fault{fmt::format("the name of a test is a {}, expected a str", type_name(*test))};
  Items kept;
  for (const Value& item : call.machine.items_of(call.of)) {
    const Value value = attribute ? part_of(call.machine, item, *attribute) : item;
    call.machine.charge(rest.positional.size() * sizeof(Value));
    const bool holds = test ? call.machine.test(test->text(), value, Arguments(rest)) : truth(value);
    call.machine.step();
    if (holds == wanted) kept.push_back(item);
  }
  return call.iterator(std::move(kept));
}

Value batch(const Call& call) {
  const Signature given = call.read({"linecount", "fill_with"}, 1);
  const int64_t size = given.integer(0, 1);
  if (size < 1 || size > 1'000'000) throw Fault{fmt::format("batches of {}", size)};
  Items batches, now;
  const auto close = [&] { batches.push_back(call.machine.list(std::exchange(now, {}))); };
  for (Value& item : call.machine.items_of(call.of)) {
    if (std::ssize(now) == size) close();
    now.push_back(std::move(item));
  }
  if (now.empty()) return call.iterator(std::move(batches));
  call.machine.charge(given.is_none(1) ? 0 : static_cast<uint64_t>(size) * sizeof(Value));
  while (!given.is_none(1) && std::ssize(now) < size) now.push_back(given[1]);
  close();
  return call.iterator(std::move(batches));
}

Value slices(const Call& call) {
  const Signature given = call.read({"slices", "fill_with"}, 1);
  const int64_t count = given.integer(0, 1);
  if (count < 1 || count > 1'000'000) throw Fault{fmt::format("{} slices", count)};
  const Items items = call.machine.items_of(call.of);
  const auto each = std::ssize(items) / count, longer = std::ssize(items) % count;
  Items all;
  auto at = items.begin();
  for (int64_t i = 0; i < count; ++i) {
    const auto size = each + (i < longer ? 1 : 0);
    Items part(at, at + size);
    at += size;
    if (!given.is_none(1) && i >= longer) part.push_back(given[1]);
    all.push_back(call.machine.list(std::move(part)));
  }
  return call.iterator(std::move(all));
}

Value first(const Call& call) {
  call.read({});
  if (call.of.is(Kind::kIterator)) {
    auto& sequence = call.of.as<Sequence>();
    return sequence.taken < sequence.items.size() ? sequence.items[sequence.taken++] : Value::undefined("it is empty");
  }
  const Items items = call.machine.items_of(call.of);
  return items.empty() ? Value::undefined("there is no first item: it is empty") : items.front();
}

Value last(const Call& call) {
  call.read({});
  if (call.of.is(Kind::kIterator)) throw Fault{"a generator has no last item: put '| list' before it"};
  const Items items = call.machine.items_of(call.of);
  return items.empty() ? Value::undefined("there is no last item: it is empty") : items.back();
}

Value reverse(const Call& call) {
  call.read({});
  Items items = call.machine.items_of(call.of);
  std::ranges::reverse(items);
  if (call.of.is_text()) {
    std::string text;
    for (const Value& item : items) text += item.text();
    return call.machine.text(std::move(text));
  }
  return call.machine.list(std::move(items), call.of.is(Kind::kIterator) ? Kind::kList : Kind::kIterator);
}

Value length(const Call& call) {
  call.read({});
  if (call.of.is_text()) return python::length(call.of.text());
  if (call.of.is(Kind::kDict)) return call.of.as<Dict>().entries.size();
  if (call.of.is_undefined()) return size_t{0};
  if (call.of.is(Kind::kLoop)) return call.of.as<Loop>().length;
  if (!call.of.is_sequence() || call.of.is(Kind::kIterator))
    throw Fault{fmt::format("a {} has no length", type_name(call.of))};
  return call.of.items().size();
}

Value as_list(const Call& call) { return call.read({}), call.machine.list(call.machine.items_of(call.of)); }

Value items(const Call& call) {
  call.read({});
  Items pairs;
  if (!call.of.is_undefined() && !call.of.is(Kind::kDict))
    throw Fault{fmt::format("a {}, expected a dict", type_name(call.of))};
  if (call.of.is(Kind::kDict))
    for (const auto& [key, value] : call.of.as<Dict>().entries)
      pairs.push_back(call.machine.list({key, value}, Kind::kTuple));
  return call.iterator(std::move(pairs));
}

Value attribute_of(const Call& call) {
  const Signature given = call.read({"name"}, 1);
  if (call.of.is(Kind::kDict) && !has_method(call.of, given.text(0)))
    return Value::undefined(fmt::format("a dict has no attribute '{}'", given.text(0)));
  return call.machine.attribute(call.of, given.text(0));
}

Value otherwise(const Call& call) {
  const Signature given = call.read({"default_value", "boolean"});
  const bool absent = call.of.is_undefined() || (given.flag(1, false) && !truth(call.of));
  if (!absent) return call.of;
  return given.has(0) ? given[0] : Value::text("");
}

Value json(const Call& call) {
  const Signature given = call.read({"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii = given.flag(0, false);
  style.sorted = given.flag(3, false);
  if (!given.is_none(1)) {
    style.indent = given[1].is_text() ? 0 : std::max<int64_t>(given.integer(1, 0), 0);
    if (style.indent > 100) throw Fault{"an indent beyond 100"};
    style.indent_text = given[1].is_text() ? given[1].text() : std::string(static_cast<size_t>(style.indent), ' ');
    style.item = ",";
  }
  if (!given.is_none(2)) {
    const Items pair = call.machine.items_of(given[2]);
    if (pair.size() != 2 || !pair[0].is_text() || !pair[1].is_text()) throw Fault{"the separators are not two texts"};
    style.item = pair[0].text();
    style.key = pair[1].text();
  }
  call.machine.charge(weight_of(call.of));
  style.most = call.machine.bytes_left();
  return call.machine.text(to_json(call.of, style));
}

}  // namespace

// Of texts and numbers (jinja_text_filters.cc).
const std::unordered_map<std::string_view, Value (*)(Machine&, const Value&, Arguments&, const std::string&)>&
text_filters();

Value Machine::filter(const std::string& name, const Value& of, Arguments&& given) {
  static const std::unordered_map<std::string_view, Filter> filters = {
      {"attr", attribute_of},
      {"batch", batch},
      {"count", length},
      {"d", otherwise},
      {"default", otherwise},
      {"dictsort", dict_sort},
      {"first", first},
      {"groupby", group_by},
      {"items", items},
      {"join", join},
      {"last", last},
      {"length", length},
      {"list", as_list},
      {"map", map},
      {"max", extreme<true>},
      {"min", extreme<false>},
      {"reject", choose<false, false>},
      {"rejectattr", choose<false, true>},
      {"reverse", reverse},
      {"select", choose<true, false>},
      {"selectattr", choose<true, true>},
      {"slice", slices},
      {"sort", sort},
      {"sum", sum},
      {"tojson", json},
      {"unique", unique},
  };
  const Deeper deeper(*this);
  step();
  if (const auto at = filters.find(name); at != filters.end()) return at->second({*this, of, given, name});
  const auto at = text_filters().find(name);
  if (at == text_filters().end()) throw Fault{"no filter of this name is supported"};
  return at->second(*this, of, given, name);
}

}  // namespace hrm::text::jinja
