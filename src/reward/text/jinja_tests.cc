// What may follow "is".
#include <unordered_map>

#include "text/jinja_machine.h"
#include "text/python_text.h"

namespace hrm::text::jinja {
namespace {

using Test = bool (*)(Machine&, const Value&, const Value&);

bool remainder_is(Machine& machine, const Value& value, int64_t by, int64_t rest) {
  return equals(arithmetic(machine, "%", value, Value(by)), Value(rest));
}

bool same(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  return a.heap() && !a.is_text() ? a.heap() == b.heap() : equals(a, b);
}

// Tests of one value.
const std::unordered_map<std::string_view, Test>& plain() {
  static const std::unordered_map<std::string_view, Test> tests = {
      {"defined", [](Machine&, const Value& v, const Value&) { return !v.is_undefined(); }},
      {"undefined", [](Machine&, const Value& v, const Value&) { return v.is_undefined(); }},
      {"none", [](Machine&, const Value& v, const Value&) { return v.is(Kind::kNone); }},
      {"boolean", [](Machine&, const Value& v, const Value&) { return v.is(Kind::kBool); }},
      {"true", [](Machine&, const Value& v, const Value&) { return v.is(Kind::kBool) && v.integer() != 0; }},
      {"false", [](Machine&, const Value& v, const Value&) { return v.is(Kind::kBool) && v.integer() == 0; }},
      {"integer", [](Machine&, const Value& v, const Value&) { return v.is(Kind::kInt); }},
      {"float", [](Machine&, const Value& v, const Value&) { return v.is(Kind::kFloat); }},
      {"number", [](Machine&, const Value& v, const Value&) { return v.is_number(); }},
      {"string", [](Machine&, const Value& v, const Value&) { return v.is_text(); }},
      {"mapping", [](Machine&, const Value& v, const Value&) { return v.is(Kind::kDict); }},
      {"sequence",
       [](Machine&, const Value& v, const Value&) {
         return v.is_text() || v.is(Kind::kList) || v.is(Kind::kTuple) || v.is(Kind::kRange) || v.is(Kind::kDict) ||
                v.is_undefined();
       }},
      {"iterable",
       [](Machine&, const Value& v, const Value&) {
         return v.is_text() || v.is_sequence() || v.is(Kind::kDict) || v.is_undefined() || v.is(Kind::kLoop);
       }},
      {"callable", [](Machine&, const Value& v,
                      const Value&) { return v.is(Kind::kFunction) || v.is(Kind::kLoop) || v.is_undefined(); }},
      {"escaped", [](Machine&, const Value& v, const Value&) { return v.safe; }},
      {"odd", [](Machine& m, const Value& v, const Value&) { return remainder_is(m, v, 2, 1); }},
      {"even", [](Machine& m, const Value& v, const Value&) { return remainder_is(m, v, 2, 0); }},
      {"lower",
       [](Machine& m, const Value& v, const Value&) { return python::is_class(m.shown(v), python::Class::kLower); }},
      {"upper",
       [](Machine& m, const Value& v, const Value&) { return python::is_class(m.shown(v), python::Class::kUpper); }},
  };
  return tests;
}

// Tests of a value against another.
const std::unordered_map<std::string_view, Test>& against() {
  static constexpr Test kEqual = [](Machine&, const Value& v, const Value& o) { return equals(v, o); };
  static constexpr Test kUnequal = [](Machine&, const Value& v, const Value& o) { return !equals(v, o); };
  static constexpr Test kLess = [](Machine&, const Value& v, const Value& o) { return less(v, o); };
  static constexpr Test kGreater = [](Machine&, const Value& v, const Value& o) { return less(o, v); };
  static constexpr Test kAtMost = [](Machine&, const Value& v, const Value& o) { return less(v, o) || equals(v, o); };
  static constexpr Test kAtLeast = [](Machine&, const Value& v, const Value& o) { return less(o, v) || equals(v, o); };
  static const std::unordered_map<std::string_view, Test> tests = {
      {"eq", kEqual},
      {"equalto", kEqual},
      {"==", kEqual},
      {"ne", kUnequal},
      {"!=", kUnequal},
      {"lt", kLess},
      {"lessthan", kLess},
      {"<", kLess},
      {"gt", kGreater},
      {"greaterthan", kGreater},
      {">", kGreater},
      {"le", kAtMost},
      {"<=", kAtMost},
      {"ge", kAtLeast},
      {">=", kAtLeast},
      {"in", [](Machine& m, const Value& v, const Value& o) { return contains(m, o, v); }},
      {"sameas", [](Machine&, const Value& v, const Value& o) { return same(v, o); }},
      {"divisibleby",
       [](Machine& m, const Value& v, const Value& o) { return equals(arithmetic(m, "%", v, o), Value(int64_t{0})); }},
  };
  return tests;
}

}  // namespace

bool Machine::test(const std::string& name, const Value& of, Arguments&& given) {
  step();
  if (const auto at = plain().find(name); at != plain().end()) {
    const Signature signature(given, name, {});
    return at->second(*this, of, of);
  }
  const auto at = against().find(name);
  if (at == against().end()) throw Fault{"no test has this name"};
  const Signature signature(given, name, {""}, 1);
  step(std::min(weight_of(of), weight_of(signature[0])) / 16);
  return at->second(*this, of, signature[0]);
}

}  // namespace hrm::text::jinja
