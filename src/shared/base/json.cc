#include "base/json.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/files.h"
#include "base/utf8.h"

namespace hrm {
namespace {

constexpr size_t kMaxDepth = 200;
constexpr size_t kMaxValues = size_t{1} << 22;

using Members = Json::object_t::Container;

// Objects in the order of insertion are lists: searched for a repeated key while they are short, and once at their end
// where they are long, so that reading takes time in proportion to the text.
constexpr size_t kShort = 24;

Json* put(Json& object, std::string& key, Json&& value) {
  Members& members = object.get_ref<Json::object_t&>();
  if (members.size() < kShort)
    for (auto& [name, known] : members)
      if (name == key) {
        known = std::move(value);
        return &known;
      }
  members.emplace_back(std::move(key), std::move(value));
  return &members.back().second;
}

SortedJson* put(SortedJson& object, std::string& key, SortedJson&& value) {
  SortedJson& place = object[std::move(key)];
  place = std::move(value);
  return &place;
}

// Of a repeated key the last value counts, where the first one stands.
void unite_repeated_keys(Json& object) {
  Members& members = object.get_ref<Json::object_t&>();
  if (members.size() <= kShort) return;
  std::vector<uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](uint32_t i) -> const std::string& { return members[i].first; });
  std::vector<uint8_t> repeated(members.size());
  bool any = false;
  for (size_t i = 0; i + 1 < order.size();) {
    size_t last = i;
    while (last + 1 < order.size() && members[order[last + 1]].first == members[order[i]].first)
      repeated[order[++last]] = 1;
    if (last > i) members[order[i]].second = std::move(members[order[last]].second);
    any = any || last > i;
    i = last + 1;
  }
  if (!any) return;
  Members kept;
  for (size_t i = 0; i < members.size(); ++i)
    if (!repeated[i]) kept.emplace_back(members[i].first, std::move(members[i].second));
  members.swap(kept);
}
void unite_repeated_keys(SortedJson&) {}

// Takes the parser's events and puts the value together. The library's own way with a check of the depth looks through
// a whole list again at the end of each of its elements.
template <typename AnyJson>
class Builder {
 public:
  Builder(std::string_view source, size_t first_line) : source_(source), first_line_(first_line) {}

  bool null() { return add(nullptr), true; }
  bool boolean(bool value) { return add(value), true; }
  bool number_integer(int64_t value) { return add(value), true; }
  bool number_unsigned(uint64_t value) { return add(value), true; }
  bool number_float(double value, const std::string&) { return add(value), true; }
  bool string(std::string& value) { return add(std::move(value)), true; }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(size_t) { return open(AnyJson::object()); }
  bool start_array(size_t) { return open(AnyJson::array()); }
  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }
  bool end_object() {
    unite_repeated_keys(*open_.back());
    return end_array();
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& error) {
    position_ = position;
    too_large_ = error.id == 406;  // a number beyond a double
    return false;
  }

  AnyJson take() { return std::move(root_); }
  size_t position() const { return position_; }  // bytes taken up to the fault
  bool number_too_large() const { return too_large_; }

 private:
  AnyJson* add(AnyJson&& value) {
    if (++values_ > kMaxValues)
      throw bad_input("json.parse", "{}: line {}: contains more than {} values", source_, first_line_, kMaxValues);
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    AnyJson& parent = *open_.back();
    if (parent.is_object()) return put(parent, key_, std::move(value));
    auto& list = parent.template get_ref<typename AnyJson::array_t&>();
    list.push_back(std::move(value));
    return &list.back();
  }
  bool open(AnyJson&& empty) {
    if (open_.size() == kMaxDepth)
      throw bad_input("json.parse", "{}: line {}: nested deeper than {} levels", source_, first_line_, kMaxDepth);
    open_.push_back(add(std::move(empty)));
    return true;
  }

  std::string_view source_;
  size_t first_line_;
  AnyJson root_;
  std::vector<AnyJson*> open_;  // the innermost last; only it grows, so the others stay where they are
  std::string key_;
  size_t values_ = 0, position_ = 0;
  bool too_large_ = false;
};

template <typename AnyJson>
AnyJson parse(std::string_view text, std::string_view source, size_t first_line) {
  Builder<AnyJson> builder(source, first_line);
  if (AnyJson::sax_parse(text, &builder)) return builder.take();
  if (builder.number_too_large())
    throw bad_input("json.parse", "{}: line {}: contains a number too large for a double", source, first_line);
  const size_t at = std::min(text.size(), builder.position() > 0 ? builder.position() - 1 : 0);
  const auto before = text.substr(0, at);
  const auto line = static_cast<std::ptrdiff_t>(first_line) + std::count(before.begin(), before.end(), '\n');
  const auto column = at - (before.rfind('\n') + 1) + 1;  // npos + 1 == 0
  throw bad_input("json.parse", "{}: line {}, column {}: not valid JSON", source, line, column);
}

}  // namespace

Json parse_json(std::string_view text, std::string_view source, size_t first_line) {
  return parse<Json>(text, source, first_line);
}
SortedJson parse_sorted_json(std::string_view text, std::string_view source) {
  return parse<SortedJson>(text, source, 1);
}

Json read_json(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  if (text.starts_with("version https://git-lfs"))
    throw bad_input("json.read", "{}: is a Git LFS pointer, not the file itself: fetch it with git lfs pull",
                    path.string());
  return parse_json(text, path.string());
}

std::string printable(const Json& value, int indent) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

void append_json_text(std::string& to, std::string_view text) {
  const auto is_plain = [](unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != 0x7f; };
  to += '"';
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && is_plain(static_cast<unsigned char>(text[end]))) ++end;
    to.append(text, at, end - at);
    if (end == text.size()) break;
    if (text[end] == '\n') {
      to += "\\n";
      at = end + 1;
    } else if (static_cast<unsigned char>(text[end]) < 0x80) {
      const std::string escaped = printable(Json(text.substr(end, 1)));
      to.append(escaped, 1, escaped.size() - 2);
      at = end + 1;
    } else {
      const CodePoint point = decode_utf8(text.substr(end));
      append_utf8(to, point.value);
      at = end + point.size;
    }
  }
  to += '"';
}

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file_atomic(path, printable(value, 1) + "\n");
}

}  // namespace hrm
