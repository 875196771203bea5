#include "text/jinja_machine.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
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

}  // namespace

Machine::Deeper::Deeper(Machine& machine) : depth_(machine.depth_) {
  if (depth_ >= machine.run_.limits.depth)
    throw Fault{fmt::format("calls within one another more than {} deep", depth_)};
  ++depth_;
}

Machine::Machine(const Program& program, const Run& run)
    : program_(program), run_(run), globals_(make_globals(*this)) {}

void Machine::refuse(size_t line, std::string_view construct, const std::string& what) const {
  throw bad_input("text.jinja", "{}: line {} of the chat template: {}{}", program_.source, line, construct, what);
}

void Machine::step(uint64_t steps) {
  steps_ += steps;
  if (steps_ > run_.limits.steps) throw Fault{fmt::format("more than {} steps", run_.limits.steps)};
}

void Machine::charge(uint64_t bytes) {
  bytes_ += bytes;
  if (bytes_ > run_.limits.bytes || bytes > run_.limits.bytes)
    throw Fault{fmt::format("more than {} bytes of texts and lists", run_.limits.bytes)};
  step(bytes / 64);
}

Value Machine::text(std::string text) {
  charge(text.size() + 32);
  return Value::text(std::move(text));
}

Value Machine::list(Items items, Kind kind) {
  charge(items.size() * sizeof(Value) + 64);
  return Value::list(std::move(items), kind);
}

std::string Machine::shown(const Value& value) {
  charge(weight_of(value));
  return to_text(value);
}

std::string Machine::repr(const Value& value) {
  charge(weight_of(value) * 2);
  return to_repr(value);
}

Value Machine::make_namespace() {
  charge(256);
  Dict& made = namespaces_.emplace_back();
  return {Kind::kNamespace, std::shared_ptr<Heap>(std::shared_ptr<void>(), &made)};
}

Scope& Machine::open(Scope& parent) {
  if (free_.empty()) {
    charge(sizeof(Scope));
    scopes_.emplace_back();
    free_.push_back(&scopes_.back());
  }
  Scope& scope = *free_.back();
  free_.pop_back();
  scope.parent = &parent;
  return scope;
}

void Machine::close(Scope& scope) {
  if (scope.kept) return;
  scope.values.clear();
  free_.push_back(&scope);
}

std::string Machine::run() {
  std::string out;
  out_ = &out;
  Scope& top = scopes_.emplace_back();
  try {
    execute(program_.body, top);
  } catch (const Fault& fault) {
    refuse(1, "", fault.what);
  }
  return out;
}

void Machine::write(std::string_view text) {
  step(1 + text.size() / 64);
  if (out_->size() + text.size() > run_.limits.output)
    throw Fault{fmt::format("more than {} bytes written", run_.limits.output)};
  *out_ += text;
}

Machine::Flow Machine::execute(const Body& body, Scope& scope) {
  for (const auto& statement : body) {
    Flow flow = Flow::kNext;
    try {
      const Deeper deeper(*this);
      step();
      flow = execute(*statement, scope);
    } catch (const Fault& fault) {
      refuse(statement->line, "", fault.what);
    }
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

std::string Machine::captured(const Body& body, Scope& around) {
  std::string text;
  std::string* const before = std::exchange(out_, &text);
  Scope& scope = open(around);
  execute(body, scope);
  close(scope);
  out_ = before;
  charge(text.size());
  return text;
}

Machine::Flow Machine::execute(const Statement& statement, Scope& scope) {
  using Is = Statement::Kind;
  switch (statement.kind) {
    case Is::kData:
      write(statement.text);
      break;
    case Is::kOutput:
      write(shown(eval(*statement.expression, scope)));
      break;
    case Is::kFor:
      return loop(statement, scope, eval(*statement.expression, scope), 0);
    case Is::kIf:
      for (const auto& [when, then] : statement.branches)
        if (truth(eval(*when, scope))) return execute(then, scope);
      return execute(statement.other, scope);
    case Is::kSet:
      assign(statement.target, eval(*statement.expression, scope), scope);
      break;
    case Is::kSetBlock:
    case Is::kFilterBlock: {
      const Value held = text(captured(statement.body, scope));
      const Value* const before = std::exchange(held_, &held);
      Value value = statement.expression ? eval(*statement.expression, scope) : held;
      held_ = before;
      if (statement.kind == Is::kSetBlock)
        assign(statement.target, std::move(value), scope);
      else
        write(shown(value));
      break;
    }
    case Is::kMacro:
      assign({.name = statement.text, .attribute = "", .id = statement.id, .parts = {}},
             macro(statement, scope, statement.text), scope);
      break;
    case Is::kCallBlock:
      call_block(statement, scope);
      break;
    case Is::kWith: {
      Scope& inner = open(scope);
      for (size_t i = 0; i < statement.targets.size(); ++i)
        assign(statement.targets[i], eval(*statement.values[i], scope), inner);
      const Flow flow = execute(statement.body, inner);
      close(inner);
      return flow;
    }
    case Is::kScope: {
      Scope& inner = open(scope);
      execute(statement.body, inner);
      close(inner);
      break;
    }
    case Is::kBreak:
      return Flow::kBreak;
    case Is::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNext;
}

void Machine::assign(const Target& target, Value value, Scope& scope) {
  if (target.is_tuple) {
    const Items items = items_of(value);
    if (items.size() != target.parts.size())
      throw Fault{fmt::format("{} values for {} names", items.size(), target.parts.size())};
    for (size_t i = 0; i < items.size(); ++i) assign(target.parts[i], items[i], scope);
  } else if (target.attribute.empty()) {
    const auto at = std::ranges::find(scope.values, target.id, &std::pair<size_t, Value>::first);
    if (at != scope.values.end())
      at->second = std::move(value);
    else
      scope.values.emplace_back(target.id, std::move(value));
  } else {
    const Value space = look_up(target.id, scope);
    if (!space.is(Kind::kNamespace))
      throw Fault{
          fmt::format("'{}.{}' cannot be set: '{}' is no namespace", target.name, target.attribute, target.name)};
    charge(sizeof(Value));
    space.as<Dict>().set(Value::text(target.attribute), std::move(value));
  }
}

Machine::Flow Machine::loop(const Statement& statement, Scope& scope, const Value& over, size_t depth) {
  Items items = items_of(over);
  if (statement.test) {
    Items kept;
    for (Value& item : items) {
      Scope& inner = open(scope);
      assign(statement.target, item, inner);
      if (truth(eval(*statement.test, inner))) kept.push_back(std::move(item));
      close(inner);
    }
    items = std::move(kept);
  }
  charge(sizeof(Loop));
  Loop& state = loops_.emplace_back();
  state.statement = &statement;
  state.around = &scope;
  state.length = items.size();
  state.depth = depth;
  const Value loop_value(Kind::kLoop, std::shared_ptr<Heap>(std::shared_ptr<void>(), &state));
  for (size_t i = 0; i < items.size(); ++i) {
    state.index = i;
    state.before = i > 0 ? std::optional(items[i - 1]) : std::nullopt;
    state.after = i + 1 < items.size() ? std::optional(items[i + 1]) : std::nullopt;
    Scope& inner = open(scope);
    inner.values.emplace_back(program_.id_of_loop, loop_value);
    assign(statement.target, items[i], inner);
    step();
    const Flow flow = execute(statement.body, inner);
    close(inner);
    if (flow == Flow::kBreak) return Flow::kNext;
  }
  if (!items.empty() || statement.other.empty()) return Flow::kNext;
  Scope& inner = open(scope);
  const Flow flow = execute(statement.other, inner);
  close(inner);
  return flow;
}

Value Machine::macro(const Statement& statement, Scope& scope, std::string name) {
  charge(256);
  for (Scope* at = &scope; at && !at->kept; at = at->parent) at->kept = true;
  auto made = std::make_shared<Function>();
  made->name = std::move(name);
  made->call = [this, &statement, &scope](Arguments&& given) { return call_macro(statement, scope, std::move(given)); };
  return {Kind::kFunction, std::move(made)};
}

Value Machine::call_macro(const Statement& statement, Scope& around, Arguments&& given) {
  const Deeper deeper(*this);
  Scope& scope = open(around);
  bind(statement, std::move(given), scope);
  std::string text;
  std::string* const before = std::exchange(out_, &text);
  execute(statement.body, scope);
  out_ = before;
  close(scope);
  return this->text(std::move(text));
}

void Machine::bind(const Statement& statement, Arguments&& given, Scope& scope) {
  const auto take = [&](std::string_view name) -> std::optional<Value> {
    const auto at = std::ranges::find(given.named, name, &std::pair<std::string, Value>::first);
    if (at == given.named.end()) return std::nullopt;
    Value value = std::move(at->second);
    given.named.erase(at);
    return value;
  };
  const bool own_caller = std::ranges::any_of(statement.parameters, [](const auto& p) { return p.name == "caller"; });
  for (size_t i = 0; i < statement.parameters.size(); ++i) {
    const Parameter& parameter = statement.parameters[i];
    std::optional<Value> value =
        i < given.positional.size() ? std::optional(given.positional[i]) : take(parameter.name);
    if (!value)
      value =
          parameter.otherwise
              ? eval(*parameter.otherwise, scope)
              : Value::undefined(fmt::format("parameter '{}' of '{}' was not given", parameter.name, statement.text));
    scope.values.emplace_back(parameter.id, std::move(*value));
  }
  if (statement.takes_caller && !own_caller) {
    std::optional<Value> caller = take("caller");
    scope.values.emplace_back(program_.id_of_caller, caller && !caller->is(Kind::kNone)
                                                         ? std::move(*caller)
                                                         : Value::undefined("no 'call' block calls this macro"));
  }
  if (statement.takes_named) {
    auto rest = std::make_shared<Dict>();
    for (auto& [name, value] : given.named) rest->set(Value::text(name), std::move(value));
    scope.values.emplace_back(program_.id_of_named, dict_value(std::move(rest)));
  } else if (!given.named.empty()) {
    throw Fault{fmt::format("'{}' takes no argument '{}'", statement.text, given.named[0].first)};
  }
  const size_t most = statement.parameters.size();
  if (statement.takes_more) {
    Items rest;
    for (size_t i = most; i < given.positional.size(); ++i) rest.push_back(std::move(given.positional[i]));
    scope.values.emplace_back(program_.id_of_more, list(std::move(rest), Kind::kTuple));
  } else if (given.positional.size() > most) {
    throw Fault{fmt::format("'{}' takes no more than {} arguments, {} are given", statement.text, most,
                            given.positional.size())};
  }
}

void Machine::call_block(const Statement& statement, Scope& scope) {
  const Expression& node = *statement.expression;
  const Value function = eval(*node.parts[0], scope);
  Arguments given = arguments(node.arguments, scope);
  given.named.emplace_back("caller", macro(statement, scope, "caller"));
  write(shown(call(function, std::move(given))));
}

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
    if (!key.is_text()) throw Fault{"'**' before a dictionary with keys that are no texts"};
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
    case Op::kPositive: {
      const Value value = part(0);
      if (value.is_undefined()) throw Fault{value.why_undefined()};
      if (!value.is_number()) throw Fault{fmt::format("the sign of a {}", type_name(value))};
      if (node.op == Op::kPositive) return value.is_integer() ? Value(value.integer()) : value;
      return value.is(Kind::kFloat) ? Value(-value.real()) : arithmetic(*this, "-", Value(int64_t{0}), value);
    }
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
