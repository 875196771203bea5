#include "text/jinja_value.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "text/python_text.h"

namespace hrm::text::jinja {
namespace {

constexpr size_t kManyKeys = 8;

size_t depth_of(const Value& value) {
  if (value.is_sequence()) return value.as<Sequence>().depth;
  if (value.is(Kind::kDict)) return value.as<Dict>().depth;
  return 0;
}

void deepen(size_t& depth, uint64_t& weight, const Value& child) {
  weight += weight_of(child);
  if (weight > kHeaviest) throw Fault{"a list or dictionary that is too large"};
  depth = std::max(depth, depth_of(child) + 1);
  if (depth > kDeepest) throw Fault{fmt::format("lists or dictionaries nested more than {} deep", kDeepest)};
}

bool equal_items(const Items& a, const Items& b) {
  return std::ranges::equal(a, b, [](const Value& x, const Value& y) { return equals(x, y); });
}

bool less_items(const Items& a, const Items& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (!equals(a[i], b[i])) return less(a[i], b[i]);
  return a.size() < b.size();
}

std::string joined_repr(const Items& items) {
  std::string text;
  for (const Value& item : items) text += (text.empty() ? "" : ", ") + to_repr(item);
  return text;
}

std::string dict_repr(const Dict& dict) {
  std::string text;
  for (const auto& [key, value] : dict.entries)
    text += (text.empty() ? "" : ", ") + to_repr(key) + ": " + to_repr(value);
  return "{" + text + "}";
}

}  // namespace

uint64_t weight_of(const Value& value) {
  if (value.is_text()) return value.text().size() + 1;
  if (value.is_sequence()) return value.as<Sequence>().weight;
  return value.is(Kind::kDict) ? value.as<Dict>().weight : 1;
}

Value Value::none() { return {Kind::kNone, nullptr}; }

Value Value::undefined(std::string why) {
  auto heap = std::make_shared<Text>();
  heap->text = std::move(why);
  return {Kind::kUndefined, std::move(heap)};
}

Value Value::text(std::string text) {
  auto heap = std::make_shared<Text>();
  heap->text = std::move(text);
  return {Kind::kText, std::move(heap)};
}

Value Value::list(Items items, Kind kind) {
  auto heap = std::make_shared<Sequence>();
  for (const Value& item : items) deepen(heap->depth, heap->weight, item);
  heap->items = std::move(items);
  return {kind, std::move(heap)};
}

double Value::real() const { return kind_ == Kind::kFloat ? scalar_.real : static_cast<double>(scalar_.integer); }
const std::string& Value::text() const { return as<Text>().text; }
const Items& Value::items() const { return as<Sequence>().items; }
std::string Value::why_undefined() const { return heap_ ? as<Text>().text : "the value is undefined"; }

const Value* Dict::find(const Value& key) const {
  if (key.is_text()) return find(key.text());
  for (const auto& entry : entries)
    if (equals(entry.first, key)) return &entry.second;
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  if (entries.size() > kManyKeys) {
    const auto at = texts_.find(std::string(key));
    return at == texts_.end() ? nullptr : &entries[at->second].second;
  }
  for (const auto& entry : entries)
    if (entry.first.is_text() && entry.first.text() == key) return &entry.second;
  return nullptr;
}

void Dict::set(Value key, Value value) {
  deepen(depth, weight, key);
  deepen(depth, weight, value);
  if (key.is_text() && entries.size() > kManyKeys)
    if (const auto at = texts_.find(key.text()); at != texts_.end()) {
      entries[at->second].second = std::move(value);
      return;
    }
  if (const Value* old = find(key)) {
    entries[static_cast<size_t>(std::ranges::find_if(entries, [&](const auto& e) { return &e.second == old; }) -
                                entries.begin())]
        .second = std::move(value);
    return;
  }
  entries.emplace_back(std::move(key), std::move(value));
  if (entries.size() == kManyKeys + 1) {
    for (size_t i = 0; i < entries.size(); ++i)
      if (entries[i].first.is_text()) texts_.emplace(entries[i].first.text(), i);
  } else if (entries.size() > kManyKeys && entries.back().first.is_text()) {
    texts_.emplace(entries.back().first.text(), entries.size() - 1);
  }
}

void check_key(const Value& value) {
  if (value.is(Kind::kList) || value.is(Kind::kDict)) throw Fault{fmt::format("a {} as a key", type_name(value))};
  if (value.is(Kind::kTuple)) std::ranges::for_each(value.items(), check_key);
}

Value dict_value(std::shared_ptr<Dict> dict) { return {Kind::kDict, std::move(dict)}; }

Value from_json(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return json.get<int64_t>();
    case Json::value_t::number_unsigned:
      if (json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
        throw Fault{fmt::format("the number {} is beyond 64 bits", json.get<uint64_t>())};
      return json.get<int64_t>();
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return Value::text(to_valid_utf8(json.get_ref<const std::string&>()));
    case Json::value_t::array: {
      Items items;
      for (const Json& each : json) items.push_back(from_json(each));
      return Value::list(std::move(items));
    }
    case Json::value_t::object: {
      auto dict = std::make_shared<Dict>();
      for (const auto& [key, value] : json.items()) dict->set(Value::text(to_valid_utf8(key)), from_json(value));
      return dict_value(std::move(dict));
    }
    default:
      return Value::none();
  }
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return "Undefined";
    case Kind::kNone:
      return "NoneType";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float";
    case Kind::kText:
      return "str";
    case Kind::kList:
      return "list";
    case Kind::kTuple:
      return "tuple";
    case Kind::kRange:
      return "range";
    case Kind::kView:
      return value.as<Sequence>().view;
    case Kind::kIterator:
      return "generator";
    case Kind::kDict:
      return "dict";
    case Kind::kNamespace:
      return "Namespace";
    case Kind::kLoop:
      return "LoopContext";
    case Kind::kFunction:
      return "function";
  }
  return "object";
}

bool truth(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBool:
    case Kind::kInt:
      return value.integer() != 0;
    case Kind::kFloat:
      return value.real() != 0;
    case Kind::kText:
      return !value.text().empty();
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kRange:
    case Kind::kView:
      return !value.items().empty();
    case Kind::kDict:
      return !value.as<Dict>().entries.empty();
    default:
      return true;
  }
}

bool equals(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.integer() == b.integer();
  if (a.is_number() && b.is_number()) return a.real() == b.real();
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return true;
    case Kind::kText:
      return a.text() == b.text();
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kRange:
      return a.heap() == b.heap() || equal_items(a.items(), b.items());
    case Kind::kDict: {
      const Dict &left = a.as<Dict>(), &right = b.as<Dict>();
      if (&left == &right) return true;
      return left.entries.size() == right.entries.size() && std::ranges::all_of(left.entries, [&](const auto& entry) {
               const Value* other = right.find(entry.first);
               return other && equals(entry.second, *other);
             });
    }
    default:
      return a.heap() == b.heap();
  }
}

bool less(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.integer() < b.integer();
  if (a.is_number() && b.is_number()) return a.real() < b.real();
  if (a.is_undefined()) throw Fault{a.why_undefined()};
  if (b.is_undefined()) throw Fault{b.why_undefined()};
  if (a.is_text() && b.is_text()) return a.text() < b.text();
  if (a.kind() == b.kind() && (a.is(Kind::kList) || a.is(Kind::kTuple))) return less_items(a.items(), b.items());
  throw Fault{fmt::format("{} and {} cannot be ordered", type_name(a), type_name(b))};
}

std::string to_text(const Value& value) {
  if (value.is_text()) return value.text();
  if (value.is_undefined()) return "";
  return to_repr(value);
}

std::string to_repr(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return "Undefined";
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return value.integer() != 0 ? "True" : "False";
    case Kind::kInt:
      return std::to_string(value.integer());
    case Kind::kFloat:
      return python::float_repr(value.real());
    case Kind::kText:
      if (value.safe) throw Fault{"the repr of a text that is marked as safe"};
      return python::repr(value.text());
    case Kind::kList:
      return "[" + joined_repr(value.items()) + "]";
    case Kind::kTuple:
      return "(" + joined_repr(value.items()) + (value.items().size() == 1 ? ",)" : ")");
    case Kind::kView:
      return std::string(value.as<Sequence>().view) + "([" + joined_repr(value.items()) + "])";
    case Kind::kDict:
      return dict_repr(value.as<Dict>());
    default:
      throw Fault{fmt::format("the text of a {}: put '| list' after it, or use its parts", type_name(value))};
  }
}

}  // namespace hrm::text::jinja
