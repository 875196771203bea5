// What a filter of a template is called with.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja_machine.h"

namespace hrm::text::jinja {

struct FilterCall {
  Machine& machine;
  const Value& of;
  Arguments& given;
  const std::string& name;

  Signature read(std::vector<std::string_view> names, size_t needed = 0) const {
    return Signature(given, name, std::move(names), needed);
  }
  Value iterator(Items items) const { return machine.list(std::move(items), Kind::kIterator); }
  // What is filtered as a text, at the cost of reading it.
  std::string text() const {
    std::string text = machine.shown(of);
    machine.step(text.size() / 4);
    return text;
  }
};

}  // namespace hrm::text::jinja
