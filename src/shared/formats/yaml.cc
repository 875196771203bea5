#include "formats/yaml.h"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>

#include "base/files.h"
#include "base/utf8.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

constexpr std::string_view kInYaml = "yaml.parse";
constexpr size_t kMaxBytes = size_t{1} << 20, kMaxYamlDepth = 100;

bool one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

template <typename T>
std::optional<T> parse_whole(std::string_view text, auto... format) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format...);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Json> parse_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    if (const auto value = parse_whole<uint64_t>(text.substr(2), text[1] == 'x' ? 16 : 8)) return Json(*value);
    return std::nullopt;
  }
  const std::string_view magnitude = one_of(text[0], "+-") ? text.substr(1) : text;
  if (magnitude.empty() || !one_of(magnitude[0], "0123456789.")) return std::nullopt;
  if (text[0] == '+') text = magnitude;
  if (magnitude == ".inf" || magnitude == ".Inf" || magnitude == ".INF")
    return Json(std::copysign(std::numeric_limits<double>::infinity(), text[0] == '-' ? -1.0 : 1.0));
  if (const auto value = parse_whole<int64_t>(text)) return Json(*value);
  if (const auto value = parse_whole<uint64_t>(text)) return Json(*value);
  if (const auto value = parse_whole<double>(text, std::chars_format::general)) return Json(*value);
  return std::nullopt;
}

bool all_of_set(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}
std::string without_underscores(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  return plain;
}

constexpr std::string_view kDigitsOfYaml = "0123456789", kOctalOfYaml = "01234567_";

bool has_leading_zero(std::string_view text) {  // "010", "-007"
  if (!text.empty() && one_of(text[0], "+-")) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && all_of_set(text, kDigitsOfYaml);
}

// "1:30" and "1:30.5" of YAML 1.1: digits to the base 60.
std::optional<double> parse_base_60(std::string_view text) {
  double value = 0;
  for (bool first = true; !text.empty(); first = false) {
    const size_t colon = text.find(':');
    const bool last = colon == std::string_view::npos;
    if (first && last) return std::nullopt;
    const std::string digits = without_underscores(text.substr(0, colon));
    const std::string_view whole = std::string_view(digits).substr(0, last ? digits.find('.') : std::string::npos);
    if (!all_of_set(whole, kDigitsOfYaml) || (!first && (whole.size() > 2 || (whole.size() == 2 && whole[0] > '5'))))
      return std::nullopt;
    const auto part = parse_whole<double>(digits, std::chars_format::fixed);
    if (!part) return std::nullopt;
    value = value * 60 + *part;
    text = last ? "" : text.substr(colon + 1);
    if (!last && text.empty()) return std::nullopt;
  }
  return value;
}

// The int and float expressions of PyYAML's resolver; `digits` has no sign.
std::optional<Json> parse_unsigned_of_yaml_1_1(std::string_view digits, bool is_signed) {
  const std::string plain = without_underscores(digits);
  const auto integer = [](std::string_view text, int base) -> std::optional<Json> {
    if (const auto value = parse_whole<int64_t>(text, base)) return Json(*value);
    if (const auto value = parse_whole<uint64_t>(text, base)) return Json(*value);
    return std::nullopt;
  };
  if (digits.starts_with("0b") && all_of_set(digits.substr(2), "01_")) return integer(plain.substr(2), 2);
  if (digits.starts_with("0x") && all_of_set(digits.substr(2), "0123456789abcdefABCDEF_"))
    return integer(plain.substr(2), 16);
  if (digits[0] == '0' && all_of_set(digits, kOctalOfYaml)) return integer(plain, 8);
  if (digits[0] >= '1' && digits[0] <= '9' && all_of_set(digits, "0123456789_")) return integer(plain, 10);
  if (digits.find(':') != std::string_view::npos && digits[0] >= '0' && digits[0] <= '9') {
    const bool whole = digits.find('.') == std::string_view::npos;
    const auto value = whole && digits[0] == '0' ? std::nullopt : parse_base_60(digits);
    if (!value) return std::nullopt;
    return whole ? Json(static_cast<int64_t>(*value)) : Json(*value);
  }
  const size_t point = digits.find('.'), exponent = std::min(digits.find_first_of("eE"), digits.size());
  if (point >= exponent || (point == 0 && is_signed)) return std::nullopt;
  const bool signed_exponent =
      exponent == digits.size() || (exponent + 2 < digits.size() && one_of(digits[exponent + 1], "+-"));
  if (!one_of(digits[point == 0 ? 1 : 0], kDigitsOfYaml) || !signed_exponent) return std::nullopt;
  if (const auto value = parse_whole<double>(plain, std::chars_format::general)) return Json(*value);
  return std::nullopt;
}

std::optional<Json> parse_number_of_yaml_1_1(std::string_view text) {
  const bool is_signed = one_of(text[0], "+-");
  const std::string_view digits = is_signed ? text.substr(1) : text;
  if (digits.empty() || !(one_of(digits[0], kDigitsOfYaml) || (digits[0] == '.' && digits.size() > 1)))
    return std::nullopt;
  const auto value = parse_unsigned_of_yaml_1_1(digits, is_signed);
  if (!value || text[0] != '-') return value;
  if (value->is_number_float()) return Json(-value->get<double>());
  if (value->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return Json(-value->get<int64_t>());
}

Json typed_scalar(const std::string& text);

// As a Python program gets it.
Json python_scalar(const std::string& text) {
  if (text.empty()) return nullptr;
  constexpr std::array kTrue = {"yes", "Yes", "YES", "on", "On", "ON"};
  constexpr std::array kFalse = {"no", "No", "NO", "off", "Off", "OFF"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  if (auto number = parse_number_of_yaml_1_1(text)) return *number;
  if (text.find_first_of("xo") == 1 || text.find_first_of("xo") == 2) return text;  // 0o17; 0x1F was read above
  return typed_scalar(text);
}

Json typed_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return std::numeric_limits<double>::quiet_NaN();
  if (auto number = parse_number(text)) return *number;
  return text;
}

// The escapes "\_" and "\N" of a quoted text, U+00A0 and U+0085, come out of yaml-cpp as single bytes.
std::string repaired(const std::string& text) {
  if (is_valid_utf8(text)) return text;
  std::string result;
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    const auto byte = static_cast<unsigned char>(rest[0]);
    if (!point.valid && point.size == 1 && (byte == 0xa0 || byte == 0x85))
      append_utf8(result, byte);
    else
      result += rest.substr(0, point.size);
    rest.remove_prefix(point.size);
  }
  return result;
}

// Builds the value while yaml-cpp reads, so that no graph of nodes (and no alias in it) ever exists.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view source, YamlTyping typing) : source_(source), typing_(typing) {}
  Json take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw fault(mark, "a second document begins; expected only one");
  }
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw fault(mark, "an alias (*name) is not accepted: write the value out");
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, nullptr, std::nullopt); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& text) override {
    check_tag(mark, tag);
    if (tag == "!") return add(mark, Json(repaired(text)), repaired(text));
    const bool is_key = !levels_.empty() && levels_.back().value.is_object() && !levels_.back().key;
    if (typing_ == YamlTyping::kCore && !is_key && has_leading_zero(text))
      throw fault(mark,
                  fmt::format("{} begins with 0: YAML 1.1 (PyYAML) and YAML 1.2 read different numbers; write the "
                              "number without the 0, or quote a text",
                              shown(text)));
    add(mark, typing_ == YamlTyping::kPython ? python_scalar(text) : typed_scalar(text), text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, Json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, Json::object());
  }
  void OnMapEnd() override { close(); }

  Error fault(const YAML::Mark& mark, std::string_view what) const {
    return bad_input(kInYaml, "{}: line {}, column {}: {}", source_, mark.line + 1, mark.column + 1, what);
  }

 private:
  struct Level {
    Json value;
    std::optional<std::string> key;  // of an object: read, its value still to come
    YAML::Mark mark;
  };

  // "!" marks a quoted scalar, "?" and "" a plain node; a text may be tagged as what it is.
  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!")
      throw fault(mark, fmt::format("tag '{}' is not accepted", shown(tag)));
  }
  void open(const YAML::Mark& mark, const std::string& tag, Json empty) {
    check_tag(mark, tag);
    if (levels_.size() == kMaxYamlDepth) throw fault(mark, fmt::format("nested deeper than {} levels", kMaxYamlDepth));
    if (!levels_.empty() && levels_.back().value.is_object() && !levels_.back().key)
      throw fault(mark, "a key must be a plain name");
    levels_.push_back({std::move(empty), std::nullopt, mark});
  }
  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    add(level.mark, std::move(level.value), std::nullopt);
  }
  // text: of a scalar, as it can serve for a key.
  void add(const YAML::Mark& mark, Json value, const std::optional<std::string>& text) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& parent = levels_.back();
    if (parent.value.is_array()) {
      parent.value.push_back(std::move(value));
    } else if (parent.key) {
      parent.value[*parent.key] = std::move(value);
      parent.key.reset();
    } else {
      if (!text) throw fault(mark, "a key is missing");
      if (parent.value.contains(*text)) throw fault(mark, fmt::format("key '{}' occurs twice", shown(*text)));
      parent.key = text;
    }
  }

  std::string_view source_;
  YamlTyping typing_;
  int documents_ = 0;
  std::vector<Level> levels_;
  Json root_;
};

// Read as a text by YAML 1.1 (PyYAML) and 1.2 alike without quotes: starts as a name, has no character of syntax, and
// is not a word of either.
bool is_safe_plain(const std::string& text) {
  if (text.empty() || !(std::isalpha(static_cast<unsigned char>(text[0])) || one_of(text[0], "_/"))) return false;
  if (!std::ranges::all_of(text,
                           [&](char c) { return std::isalnum(static_cast<unsigned char>(c)) || one_of(c, "_@./+-"); }))
    return false;
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array kWords = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  return std::ranges::find(kWords, lower) == kWords.end();
}

std::string float_text(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value < 0 ? "-.inf" : ".inf";
  std::string text = fmt::format("{}", value);  // the shortest that reads back
  if (text.find('.') == std::string::npos) text.insert(std::min(text.find('e'), text.size()), ".0");
  return text;
}

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, inner] : value.items()) {
      out << YAML::Key;
      emit(out, Json(key));
      out << YAML::Value;
      emit(out, inner);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const Json& inner : value) emit(out, inner);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!is_safe_plain(text)) out << YAML::DoubleQuoted;
    out << text;
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << (value.is_number_float() ? float_text(value.get<double>()) : printable(value));
  }
}

}  // namespace

Json parse_yaml(std::string_view text, std::string_view source, YamlTyping typing) {
  if (text.size() > kMaxBytes)
    throw bad_input(kInYaml, "{}: {} bytes; the limit for a configuration is {}", source, text.size(), kMaxBytes);
  std::istringstream input{std::string(text)};
  Builder builder(source, typing);
  try {
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& e) {
    throw builder.fault(e.mark, e.msg);
  }
  return builder.take();
}

Json read_yaml(const std::filesystem::path& path, YamlTyping typing) {
  return parse_yaml(read_file(path), path.string(), typing);
}

std::string to_yaml(const Json& value) {
  YAML::Emitter out;
  out.SetNullFormat(YAML::LowerNull);
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

}  // namespace hrm
