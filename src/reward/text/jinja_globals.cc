#include <algorithm>

#include "text/date.h"
#include "text/jinja_machine.h"

namespace hrm::text::jinja {
namespace {

constexpr int64_t kLongestRange = 100'000;  // of Jinja's sandbox

Value range(Machine& machine, Arguments&& given) {
  const Signature bounds(given, "range", {"", "", ""}, 1);
  const int64_t begin = bounds.has(1) ? bounds.integer(0, 0) : 0;
  const int64_t end = bounds.integer(bounds.has(1) ? 1 : 0, 0), by = bounds.integer(2, 1);
  if (by == 0) throw Fault{"a range with the step 0"};
  Items items;
  const auto before_end = [&](int64_t at) { return by > 0 ? at < end : at > end; };
  for (int64_t at = begin; before_end(at);) {
    if (std::ssize(items) >= kLongestRange) throw Fault{fmt::format("a range of more than {} numbers", kLongestRange)};
    items.push_back(at);
    if (__builtin_add_overflow(at, by, &at)) break;
  }
  return machine.list(std::move(items), Kind::kRange);
}

void fill(Machine& machine, Dict& dict, Arguments&& given, std::string_view function) {
  if (given.positional.size() > 1) throw Fault{fmt::format("'{}' takes at most 1 positional argument", function)};
  machine.charge(given.named.size() * sizeof(Value));
  for (const Value& from : given.positional) {
    if (from.is(Kind::kDict)) {
      machine.charge(from.as<Dict>().entries.size() * sizeof(Value));
      for (const auto& [key, value] : from.as<Dict>().entries) {
        machine.pay_key(key, dict);
        dict.set(key, value);
      }
      continue;
    }
    if (from.is_undefined()) throw Fault{from.why_undefined()};
    for (const Value& pair : machine.items_of(from)) {
      const Items entry = machine.items_of(pair);
      if (entry.size() != 2) throw Fault{fmt::format("'{}' takes pairs, found {} values", function, entry.size())};
      machine.check_key(entry[0], dict);
      dict.set(entry[0], entry[1]);
    }
  }
  for (auto& [name, value] : given.named) dict.set(Value::text(name), std::move(value));
}

Value make_dict(Machine& machine, Arguments&& given) {
  auto made = std::make_shared<Dict>();
  fill(machine, *made, std::move(given), "dict");
  return dict_value(std::move(made));
}

Value make_space(Machine& machine, Arguments&& given) {
  const Value made = machine.make_namespace();
  fill(machine, made.as<Dict>(), std::move(given), "namespace");
  return made;
}

Value joiner(Machine& machine, Arguments&& given) {
  const Signature signature(given, "joiner", {"sep"});
  auto made = std::make_shared<Function>();
  made->name = "joiner";
  const Value by = signature.has(0) ? signature[0] : machine.text(", ");
  made->call = [by, used = false](Arguments&&) mutable { return std::exchange(used, true) ? by : Value::text(""); };
  return {Kind::kFunction, std::move(made)};
}

Value refusal(Machine& machine, Arguments&& given) {
  const Signature signature(given, "raise_exception", {"message"}, 1);
  throw Fault{"the template refuses this conversation: " + machine.shown(signature[0]).substr(0, 1000)};
}

Value now(Machine& machine, Arguments&& given) {
  const Signature signature(given, "strftime_now", {"format"}, 1);
  if (machine.date().empty())
    throw Fault{
        "the template writes today's date, so a text would have different tokens every day: give the date, as in "
        "--chat-date 2024-07-26 (a setting of training: chat_date=2024-07-26)"};
  try {
    return machine.text(format_date(machine.date(), signature.text(0), "the date of chats"));
  } catch (const Error& error) {
    throw Fault{std::string(error.message())};  // gets the line of the template
  }
}

Value not_here(Machine&, Arguments&&) { throw Fault{"it is not supported"}; }

}  // namespace

std::map<std::string, Value> make_globals(Machine& machine) {
  using Global = Value (*)(Machine&, Arguments &&);
  static constexpr std::pair<const char*, Global> kGlobals[] = {
      {"range", range},     {"dict", make_dict},          {"namespace", make_space}, {"joiner", joiner},
      {"cycler", not_here}, {"raise_exception", refusal}, {"strftime_now", now},     {"lipsum", not_here}};
  std::map<std::string, Value> globals;
  for (const auto& [name, function] : kGlobals) {
    auto made = std::make_shared<Function>();
    made->name = name;
    made->call = [&machine, function](Arguments&& given) { return function(machine, std::move(given)); };
    globals.emplace(name, Value(Kind::kFunction, std::move(made)));
  }
  return globals;
}

Signature::Signature(Arguments& given, std::string_view function, std::vector<std::string_view> names, size_t needed)
    : function_(function), names_(std::move(names)), values_(names_.size()) {
  if (given.positional.size() > names_.size())
    throw Fault{
        fmt::format("'{}' takes at most {} arguments, {} are given", function, names_.size(), given.positional.size())};
  for (size_t i = 0; i < given.positional.size(); ++i) values_[i] = given.positional[i];
  for (const auto& [name, value] : given.named) {
    const auto at = std::ranges::find(names_, name);
    const auto i = static_cast<size_t>(at - names_.begin());
    if (name.empty() || at == names_.end()) throw Fault{fmt::format("'{}' takes no argument '{}'", function, name)};
    if (values_[i]) throw Fault{fmt::format("'{}' is given the argument '{}' twice", function, name)};
    values_[i] = value;
  }
  for (size_t i = 0; i < needed; ++i)
    if (!values_[i]) throw Fault{fmt::format("'{}' needs {} argument(s)", function, needed)};
}

int64_t Signature::integer(size_t i, int64_t otherwise) const {
  if (!has(i)) return otherwise;
  const Value& value = *values_[i];
  if (value.is_undefined()) throw Fault{value.why_undefined()};
  if (!value.is_integer()) throw Fault{fmt::format("'{}' takes an int, not a {}", function_, type_name(value))};
  return value.integer();
}

const std::string& Signature::text(size_t i) const {
  const Value& value = *values_[i];
  if (value.is_undefined()) throw Fault{value.why_undefined()};
  if (!value.is_text()) throw Fault{fmt::format("'{}' takes a str, not a {}", function_, type_name(value))};
  return value.text();
}

}  // namespace hrm::text::jinja
