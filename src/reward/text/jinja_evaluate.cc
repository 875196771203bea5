// The expressions of a program: jinja_machine.cc runs its statements.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "text/jinja_machine.h"
#include "text/python_text.h"

namespace hrm::text::jinja {
namespace {

using Op = Expression::Op;

// What a line of the template was doing, for a message.
std::string construct_of(const Expression& node) {
  switch (node.op) {
    case Op::kFilter:
      return fmt::format("filter '{}': ", node.name);
    case Op::kTest:
      return fmt::format("test '{}': ", node.name);
    case Op::kAttribute:
      return fmt::format("'.{}': ", node.name);
    case Op::kItem:
      return "'[...]': ";
    case Op::kCall:
      return node.parts[0]->name.empty() ? "a call: " : fmt::format("'{}(...)': ", node.parts[0]->name);
    case Op::kCompare:
      return fmt::format("'{}': ", node.operators[0]);
    case Op::kArithmetic:
    case Op::kConcat:
    case Op::kNegative:
    case Op::kPositive:
      return fmt::format("'{}': ", node.name);
    default:
      return "";
  }
}

// -value or +value.
Value with_sign(Machine& machine, Op op, const Value& value) {
  if (value.is_undefined()) throw Fault{value.why_undefined()};
  if (!value.is_number()) throw Fault{fmt::format("the sign of a {}", type_name(value))};
  if (op == Op::kPositive) return value.is_integer() ? Value(value.integer()) : value;
  return value.is(Kind::kFloat) ? Value(-value.real()) : arithmetic(machine, "-", Value(int64_t{0}), value);
}

}  // namespace

Value Machine::call(const Value& function, Arguments&& given) {
  if (function.is_undefined()) throw Fault{function.why_undefined()};
  if (function.is(Kind::kLoop)) {
    Loop& state = function.as<Loop>();
    if (!state.statement->recursive) throw Fault{"the loop is not marked 'recursive'"};
    if (given.positional.size() != 1 || !given.named.empty()) throw Fault{"a loop is called with what it goes through"};
    const Deeper deeper(*this);
    std::string text;
    std::string* const before = std::exchange(out_, &text);
    loop(*state.statement, *state.around, given.positional[0], state.depth + 1);
    out_ = before;
    return this->text(std::move(text));
  }
  if (!function.is(Kind::kFunction)) throw Fault{fmt::format("a {} cannot be called", type_name(function))};
  return function.as<Function>().call(std::move(given));
}

Items Machine::items_of(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return {};
    case Kind::kText: {
      Items items;
      charge(value.text().size() * 64);
      for (const std::string_view part : python::characters(value.text()))
        items.push_back(Value::text(std::string(part)));
      return items;
    }
    case Kind::kDict: {
      Items items;
      charge(value.as<Dict>().entries.size() * sizeof(Value));
      for (const auto& entry : value.as<Dict>().entries) items.push_back(entry.first);
      return items;
    }
    case Kind::kIterator: {
      auto& sequence = value.as<Sequence>();
      Items items(sequence.items.begin() + static_cast<std::ptrdiff_t>(sequence.taken), sequence.items.end());
      sequence.taken = sequence.items.size();
      charge(items.size() * sizeof(Value));
      return items;
    }
    default:
      if (!value.is_sequence()) throw Fault{fmt::format("a {} has nothing to go through", type_name(value))};
      charge(value.items().size() * sizeof(Value));
      return value.items();
  }
}

Value Machine::look_up(size_t id, Scope& scope) {
  for (const Scope* at = &scope; at; at = at->parent)
    for (const auto& [name, value] : at->values)
      if (name == id) return value;
  const std::string& name = program_.names[id];
  if (name == "self") throw Fault{"'self', the blocks of a template, is not known here"};
  if (const Value* found = run_.variables ? run_.variables->find(std::string_view(name)) : nullptr) return *found;
  if (const auto at = globals_.find(name); at != globals_.end()) return at->second;
  return Value::undefined(fmt::format("'{}' is undefined", name));
}

Arguments Machine::arguments(const CallArguments& given, Scope& scope) {
  Arguments all;
  for (const ExpressionPtr& each : given.positional) all.positional.push_back(eval(*each, scope));
  for (const auto& [name, each] : given.named) all.named.emplace_back(name, eval(*each, scope));
  if (given.more)
    for (Value& item : items_of(eval(*given.more, scope))) all.positional.push_back(std::move(item));
  if (!given.more_named) return all;
  const Value more = eval(*given.more_named, scope);
  if (!more.is(Kind::kDict)) throw Fault{fmt::format("'**' before a {}, expected a dict", type_name(more))};
  for (const auto& [key, value] : more.as<Dict>().entries) {
    if (!key.is_text()) throw Fault{"'**' before a dictionary with keys that are not texts"};
    if (std::ranges::find(all.named, key.text(), &std::pair<std::string, Value>::first) != all.named.end())
      throw Fault{fmt::format("the argument '{}' is given twice", key.text())};
    all.named.emplace_back(key.text(), value);
  }
  return all;
}

Value Machine::eval(const Expression& node, Scope& scope) {
  try {
    const Deeper deeper(*this);
    step();
    return eval_inner(node, scope);
  } catch (const Fault& fault) {
    refuse(node.line, construct_of(node), fault.what);
  }
}

Value Machine::eval_inner(const Expression& node, Scope& scope) {
  const auto part = [&](size_t i) { return eval(*node.parts[i], scope); };
  switch (node.op) {
    case Op::kConst:
      return node.value;
    case Op::kName:
      return look_up(node.id, scope);
    case Op::kTuple:
    case Op::kList:
    case Op::kDict:
      return collect(node, scope);
    case Op::kAttribute:
      return attribute(part(0), node.name);
    case Op::kItem: {
      const Value of = part(0);
      return node.parts[1]->op == Op::kSlice ? slice(of, *node.parts[1], scope) : item(of, part(1));
    }
    case Op::kSlice:
      throw Fault{"a slice beside other subscripts"};
    case Op::kCall:
      return call_node(node, scope);
    case Op::kFilter: {
      const Value of = node.parts[0] ? part(0) : *held_;
      return filter(node.name, of, arguments(node.arguments, scope));
    }
    case Op::kTest: {
      const Value of = part(0);
      return test(node.name, of, arguments(node.arguments, scope));
    }
    case Op::kNot:
      return !truth(part(0));
    case Op::kNegative:
    case Op::kPositive:
      return with_sign(*this, node.op, part(0));
    case Op::kAnd:
    case Op::kOr: {
      Value left = part(0);
      return truth(left) == (node.op == Op::kAnd) ? part(1) : left;
    }
    case Op::kCompare:
      return compare(node, scope);
    case Op::kArithmetic: {
      const Value left = part(0), right = part(1);
      return arithmetic(*this, node.name, left, right);
    }
    case Op::kConcat: {
      std::string text;
      for (size_t i = 0; i < node.parts.size(); ++i) text += shown(part(i));
      return this->text(std::move(text));
    }
    case Op::kCondition:
      if (truth(part(0))) return part(1);
      return node.parts[2] ? part(2) : Value::undefined("an 'if' without 'else' has no value here");
  }
  return {};
}

void Machine::pay_key(const Value& key, const Dict& dict) {
  if (!key.is_text()) step((1 + dict.entries.size()) * (1 + weight_of(key) / 16));
}

void Machine::check_key(const Value& key, const Dict& dict) {
  pay_key(key, dict);
  hrm::text::jinja::check_key(key);
}

Value Machine::collect(const Expression& node, Scope& scope) {
  if (node.op == Op::kDict) {
    auto dict = std::make_shared<Dict>();
    charge(node.parts.size() * sizeof(Value) + 64);
    for (size_t i = 0; i < node.parts.size(); i += 2) {
      Value key = eval(*node.parts[i], scope);
      check_key(key, *dict);
      dict->set(std::move(key), eval(*node.parts[i + 1], scope));
    }
    return dict_value(std::move(dict));
  }
  Items items;
  for (const ExpressionPtr& each : node.parts) items.push_back(eval(*each, scope));
  return list(std::move(items), node.op == Op::kList ? Kind::kList : Kind::kTuple);
}

Value Machine::compare(const Expression& node, Scope& scope) {
  Value left = eval(*node.parts[0], scope);
  for (size_t i = 0; i < node.operators.size(); ++i) {
    const std::string& sign = node.operators[i];
    Value right = eval(*node.parts[i + 1], scope);
    step(std::min(weight_of(left), weight_of(right)) / 16);
    const bool holds = sign == "=="       ? equals(left, right)
                       : sign == "!="     ? !equals(left, right)
                       : sign == "in"     ? contains(*this, right, left)
                       : sign == "not in" ? !contains(*this, right, left)
                       : sign == "<"      ? less(left, right)
                       : sign == ">"      ? less(right, left)
                       : sign == "<="     ? less(left, right) || equals(left, right)
                                          : less(right, left) || equals(left, right);
    if (!holds) return false;
    left = std::move(right);
  }
  return true;
}

Value Machine::call_node(const Expression& node, Scope& scope) {
  const Expression& callee = *node.parts[0];
  if (callee.op == Op::kAttribute) {
    const Value of = eval(*callee.parts[0], scope);
    if (has_method(of, callee.name)) {
      Arguments given = arguments(node.arguments, scope);
      if (std::optional<Value> value = call_method(*this, of, callee.name, given)) return *value;
    }
    const Value function = attribute(of, callee.name);
    return call(function, arguments(node.arguments, scope));
  }
  const Value function = eval(callee, scope);
  return call(function, arguments(node.arguments, scope));
}

}  // namespace hrm::text::jinja
