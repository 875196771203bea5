// json.dumps of Python, as the filter tojson of chat templates calls it.
#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/utf8.h"
#include "text/jinja_value.h"
#include "text/python_text.h"

namespace hrm::text::jinja {
namespace {

void append_escape(std::string& out, char32_t value) { out += fmt::format("\\u{:04x}", static_cast<uint32_t>(value)); }

// ascii: every character beyond ASCII, and DEL, as an escape.
void append_text(std::string& out, std::string_view text, bool ascii) {
  if (!ascii) return append_json_text(out, text);
  std::string written;
  append_json_text(written, text);
  for (std::string_view rest = written; !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    if (point.value > 0xffff) {
      append_escape(out, 0xd800 + ((point.value - 0x10000) >> 10));
      append_escape(out, 0xdc00 + ((point.value - 0x10000) & 0x3ff));
    } else if (point.value > 0x7e) {
      append_escape(out, point.value);
    } else {
      out += static_cast<char>(point.value);
    }
    rest.remove_prefix(point.size);
  }
}

std::string scalar(const Value& value) {
  switch (value.kind()) {
    case Kind::kNone:
      return "null";
    case Kind::kBool:
      return value.integer() != 0 ? "true" : "false";
    case Kind::kInt:
      return std::to_string(value.integer());
    case Kind::kFloat:
      if (std::isnan(value.real())) return "NaN";
      if (std::isinf(value.real())) return value.real() < 0 ? "-Infinity" : "Infinity";
      return python::float_repr(value.real());
    case Kind::kUndefined:
      throw Fault{value.why_undefined() + ", so it cannot be written as JSON"};
    default:
      throw Fault{fmt::format("a {} cannot be written as JSON", type_name(value))};
  }
}

class Writer {
 public:
  explicit Writer(const JsonStyle& style) : style_(style) {}

  void write(const Value& value, size_t level) {
    if (out.size() > style_.most) throw Fault{"a text that is too long"};
    if (value.is_text())
      append_text(out, value.text(), style_.ascii);
    else if (value.is(Kind::kList) || value.is(Kind::kTuple))
      list(value.items(), level);
    else if (value.is(Kind::kDict))
      dict(value.as<Dict>(), level);
    else
      out += scalar(value);
  }
  std::string out;

 private:
  void line(size_t level) {
    if (style_.indent < 0) return;
    if (out.size() > style_.most) throw Fault{"a text that is too long"};
    out += '\n';
    for (size_t i = 0; i < level; ++i) out += style_.indent_text;
  }

  void list(const Items& items, size_t level) {
    if (items.empty()) {
      out += "[]";
      return;
    }
    out += '[';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += style_.item;
      line(level + 1);
      write(items[i], level + 1);
    }
    line(level);
    out += ']';
  }

  static std::string key_text(const Value& key) {
    if (key.is_text()) return key.text();
    if (key.is(Kind::kTuple)) throw Fault{"a tuple cannot be a key in JSON"};
    return scalar(key);
  }

  void dict(const Dict& dict, size_t level) {
    if (dict.entries.empty()) {
      out += "{}";
      return;
    }
    std::vector<const std::pair<Value, Value>*> order;
    for (const auto& entry : dict.entries) order.push_back(&entry);
    if (style_.sorted) std::ranges::stable_sort(order, [](auto* a, auto* b) { return less(a->first, b->first); });
    out += '{';
    for (size_t i = 0; i < order.size(); ++i) {
      if (i > 0) out += style_.item;
      line(level + 1);
      append_text(out, key_text(order[i]->first), style_.ascii);
      out += style_.key;
      write(order[i]->second, level + 1);
    }
    line(level);
    out += '}';
  }

  const JsonStyle& style_;
};

}  // namespace

std::string to_json(const Value& value, const JsonStyle& style) {
  Writer writer(style);
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace hrm::text::jinja
