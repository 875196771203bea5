// Runs a template (text/jinja_program.h) with limits on steps, on bytes created and written, and on nested calls. A run
// that reaches a limit ends with bad_input, after the same work on every machine.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "text/jinja_program.h"
#include "text/jinja_value.h"

namespace hrm::text::jinja {

struct Limits {
  uint64_t steps = 50'000'000;         // visited nodes of the tree, items and characters
  uint64_t bytes = uint64_t{1} << 29;  // of all texts and lists created
  uint64_t output = uint64_t{1} << 26;
  size_t depth = 800;  // of nested statements and expressions, through calls
};

struct Run {
  std::shared_ptr<Dict> variables;  // variables of the template
  std::string date;                 // text/date.h; empty: a template that asks for the date is refused
  Limits limits;
};

// Names that a block defines.
struct Scope {
  Scope* parent = nullptr;
  std::vector<std::pair<size_t, Value>> values;
  bool kept = false;  // a macro may use it later
};

struct Loop final : Heap {
  const Statement* statement = nullptr;
  Scope* around = nullptr;
  size_t index = 0, length = 0, depth = 0;
  std::optional<Value> before, after, changed;
};

class Machine {
 public:
  Machine(const Program& program, const Run& run);
  std::string run();

  // Used by filters, tests and methods. They throw Fault; eval() adds the place.
  void step(uint64_t steps = 1);
  void charge(uint64_t bytes);
  // Pays for looking a key up: one that is not a text is compared with all.
  void pay_key(const Value& key, const Dict& dict);
  // The same, and throws Fault if the value cannot be a key.
  void check_key(const Value& key, const Dict& dict);
  uint64_t bytes_left() const { return run_.limits.bytes - bytes_; }
  Value text(std::string text);
  Value list(Items items, Kind kind = Kind::kList);
  // str() and repr().
  std::string shown(const Value& value);
  std::string repr(const Value& value);
  // A copy of the items that a loop would visit. Takes the rest of an iterator.
  Items items_of(const Value& value);
  Value attribute(const Value& of, const std::string& name);  // of.name
  Value item(const Value& of, const Value& key);              // of[key]
  Value call(const Value& function, Arguments&& arguments);
  Value filter(const std::string& name, const Value& of, Arguments&& arguments);
  bool test(const std::string& name, const Value& of, Arguments&& arguments);
  const std::string& date() const { return run_.date; }
  Value make_namespace();

  // One more level of calls, statements or expressions during its lifetime.
  class Deeper {
   public:
    explicit Deeper(Machine& machine);
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    size_t& depth_;
  };

 private:
  enum class Flow { kNext, kBreak, kContinue };

  [[noreturn]] void refuse(size_t line, std::string_view construct, const std::string& what) const;

  Flow execute(const Body& body, Scope& scope);
  Flow execute(const Statement& statement, Scope& scope);
  void write(std::string_view text);
  std::string captured(const Body& body, Scope& around);
  Flow loop(const Statement& statement, Scope& scope, const Value& over, size_t depth);
  void assign(const Target& target, Value value, Scope& scope);
  Value macro(const Statement& statement, Scope& scope, std::string name);
  Value call_macro(const Statement& statement, Scope& around, Arguments&& arguments);
  void bind(const Statement& statement, Arguments&& arguments, Scope& scope);
  void call_block(const Statement& statement, Scope& scope);

  Value eval(const Expression& node, Scope& scope);
  Value eval_inner(const Expression& node, Scope& scope);
  Value collect(const Expression& node, Scope& scope);
  Value compare(const Expression& node, Scope& scope);
  Value call_node(const Expression& node, Scope& scope);
  Value slice(const Value& of, const Expression& node, Scope& scope);
  Value look_up(size_t id, Scope& scope);
  Arguments arguments(const CallArguments& given, Scope& scope);
  Value loop_attribute(const Value& of, const std::string& name);

  Scope& open(Scope& parent);
  void close(Scope& scope);

  const Program& program_;
  const Run& run_;
  uint64_t steps_ = 0, bytes_ = 0;
  size_t depth_ = 0;
  std::string* out_ = nullptr;
  const Value* held_ = nullptr;  // the text that a block passes to its filter
  std::map<std::string, Value> globals_;
  std::deque<Scope> scopes_;
  std::vector<Scope*> free_;
  std::deque<Loop> loops_;
  std::deque<Dict> namespaces_;
};

// + - * / // % **
Value arithmetic(Machine& machine, const std::string& sign, const Value& a, const Value& b);
bool contains(Machine& machine, const Value& in, const Value& what);

// The method of a text or dictionary; nothing if there is none of that name. has_method: whether there is.
std::optional<Value> call_method(Machine& machine, const Value& of, const std::string& name, Arguments& arguments);
bool has_method(const Value& of, const std::string& name);

// range, dict, namespace, cycler, joiner, raise_exception, strftime_now.
std::map<std::string, Value> make_globals(Machine& machine);

// text % values.
std::string format_percent(Machine& machine, const std::string& format, const Value& values);

// Arguments matched to the names of a signature. Throws Fault for too many, unknown or missing ones.
class Signature {
 public:
  // needed: the number of required arguments.
  Signature(Arguments& given, std::string_view function, std::vector<std::string_view> names, size_t needed = 0);
  bool has(size_t i) const { return values_[i].has_value(); }
  const Value* find(size_t i) const { return has(i) ? &*values_[i] : nullptr; }
  const Value& operator[](size_t i) const { return *values_[i]; }  // REQUIRES: has(i)
  bool flag(size_t i, bool otherwise) const { return has(i) ? truth(*values_[i]) : otherwise; }
  int64_t integer(size_t i, int64_t otherwise) const;
  const std::string& text(size_t i) const;  // REQUIRES: has(i)
  bool is_none(size_t i) const { return !has(i) || values_[i]->is(Kind::kNone); }

 private:
  std::string_view function_;
  std::vector<std::string_view> names_;
  std::vector<std::optional<Value>> values_;
};

}  // namespace hrm::text::jinja
