// The values of a Jinja template: Python's, as visible to a template.
//
// Values are cheap to copy: large ones are shared and never changed, because the sandbox of chat templates forbids
// changes. What a template can change (namespaces, loops) belongs to the run (text/jinja_machine.h); values only point
// to it. So ownership has no cycles and nesting is bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json.h"

namespace hrm::text::jinja {

// An error of a template without its place, which the machine adds.
struct Fault {
  std::string what;
};

enum class Kind : uint8_t {
  kUndefined,
  kNone,
  kBool,
  kInt,
  kFloat,
  kText,
  kList,
  kTuple,
  kRange,
  kView,      // keys(), values(), items() of a dictionary
  kIterator,  // of map, select and others: can be iterated once
  kDict,
  kNamespace,
  kLoop,
  kFunction,
};

class Value;
using Items = std::vector<Value>;

struct Arguments {
  Items positional;
  std::vector<std::pair<std::string, Value>> named;
};

struct Heap {
  Heap() = default;
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;
  virtual ~Heap() = default;
};

class Value {
 public:
  Value() = default;
  Value(bool value) : kind_(Kind::kBool) { scalar_.integer = value; }    // NOLINT
  Value(int64_t value) : kind_(Kind::kInt) { scalar_.integer = value; }  // NOLINT
  Value(size_t value) : Value(static_cast<int64_t>(value)) {}            // NOLINT
  Value(double value) : kind_(Kind::kFloat) { scalar_.real = value; }    // NOLINT
  Value(const char*) = delete;                                           // would become a bool
  Value(Kind kind, std::shared_ptr<Heap> heap) : kind_(kind), heap_(std::move(heap)) {}
  static Value none();
  static Value undefined(std::string why);  // why: the message if it is used like a defined value
  static Value text(std::string text);
  static Value list(Items items, Kind kind = Kind::kList);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_undefined() const { return kind_ == Kind::kUndefined; }
  bool is_integer() const { return kind_ == Kind::kInt || kind_ == Kind::kBool; }  // bool is an int
  bool is_number() const { return is_integer() || kind_ == Kind::kFloat; }
  bool is_text() const { return kind_ == Kind::kText; }
  bool is_sequence() const { return kind_ >= Kind::kList && kind_ <= Kind::kIterator; }

  int64_t integer() const { return scalar_.integer; }  // REQUIRES: is_integer()
  double real() const;                                 // REQUIRES: is_number()
  const std::string& text() const;                     // REQUIRES: is_text()
  const Items& items() const;                          // REQUIRES: is_sequence(); of an iterator: all, taken or not
  template <typename T>
  T& as() const {
    return static_cast<T&>(*heap_);
  }
  const Heap* heap() const { return heap_.get(); }
  std::string why_undefined() const;
  bool safe = false;  // a text that `safe` or `escape` has marked

 private:
  Kind kind_ = Kind::kUndefined;
  union {
    int64_t integer;
    double real;
  } scalar_ = {.integer = 0};
  std::shared_ptr<Heap> heap_;
};

struct Text final : Heap {
  std::string text;
};

struct Sequence final : Heap {
  Items items;
  size_t depth = 1;            // of nesting
  uint64_t weight = 1;         // weight_of()
  size_t taken = 0;            // of an iterator
  std::string_view view = "";  // of a dictionary: "dict_keys"
  bool group = false;          // a tuple of groupby
};

struct Dict final : Heap {
  std::vector<std::pair<Value, Value>> entries;  // in the order of insertion
  size_t depth = 1;
  uint64_t weight = 1;

  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  void set(Value key, Value value);

 private:
  std::unordered_map<std::string, size_t> texts_;  // text keys, if there are many
};

struct Function final : Heap {
  std::string name;
  std::function<Value(Arguments&&)> call;
};

constexpr size_t kDeepest = 200;                   // nesting of lists and dictionaries
constexpr uint64_t kHeaviest = uint64_t{1} << 30;  // weight of one

// The cost of visiting a whole value, in characters and items. A list that contains the same list a thousand times
// weighs as much as a thousand lists.
uint64_t weight_of(const Value& value);

// Throws Fault for what cannot be a key.
void check_key(const Value& value);
Value from_json(const Json& json);
Value dict_value(std::shared_ptr<Dict> dict);

// Python's name of the type, as in its messages.
std::string_view type_name(const Value& value);
bool truth(const Value& value);
// ==. Never throws for values of the same run.
bool equals(const Value& a, const Value& b);
// <. Throws Fault for types without an order.
bool less(const Value& a, const Value& b);
// str() and repr(). Throw Fault if Python's text would contain an address.
std::string to_text(const Value& value);
std::string to_repr(const Value& value);

struct JsonStyle {
  int64_t indent = -1;  // -1: on one line
  std::string indent_text;
  std::string item = ", ", key = ": ";
  uint64_t most = kHeaviest;  // bytes
  bool ascii = false, sorted = false;
};
// json.dumps. Throws Fault for values without a JSON form.
std::string to_json(const Value& value, const JsonStyle& style);

}  // namespace hrm::text::jinja
