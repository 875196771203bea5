#include "text/character_set.h"

#include <fmt/format.h>

#include <utility>

#include "base/regex.h"

namespace hrm::text {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

// White_Space of Unicode. PCRE2's own \s also has U+180E.
constexpr std::string_view kSpace =
    R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
// Alphabetic, marks, digits, connectors; the symbols that are alphabetic are written out.
constexpr std::string_view kWord =
    R"(\p{L}\p{M}\p{Nl}\p{Nd}\p{Pc}\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189})";
// Alone, \w is looked up in another table for the first 256 characters, and there these count.
constexpr std::string_view kWordAlone = R"(\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})";
constexpr std::string_view kHex = "0-9A-Fa-f";

// General categories, by the long names that Unicode gives them; names are compared without case, blanks, '-' and '_'.
constexpr Names kCategories[] = {
    {"other", "C"},
    {"control", "Cc"},
    {"format", "Cf"},
    {"unassigned", "Cn"},
    {"privateuse", "Co"},
    {"surrogate", "Cs"},
    {"letter", "L"},
    {"lowercaseletter", "Ll"},
    {"modifierletter", "Lm"},
    {"otherletter", "Lo"},
    {"titlecaseletter", "Lt"},
    {"uppercaseletter", "Lu"},
    {"mark", "M"},
    {"combiningmark", "M"},
    {"spacingmark", "Mc"},
    {"enclosingmark", "Me"},
    {"nonspacingmark", "Mn"},
    {"number", "N"},
    {"decimalnumber", "Nd"},
    {"letternumber", "Nl"},
    {"othernumber", "No"},
    {"punctuation", "P"},
    {"connectorpunctuation", "Pc"},
    {"dashpunctuation", "Pd"},
    {"closepunctuation", "Pe"},
    {"finalpunctuation", "Pf"},
    {"initialpunctuation", "Pi"},
    {"otherpunctuation", "Po"},
    {"openpunctuation", "Ps"},
    {"symbol", "S"},
    {"currencysymbol", "Sc"},
    {"modifiersymbol", "Sk"},
    {"mathsymbol", "Sm"},
    {"othersymbol", "So"},
    {"separator", "Z"},
    {"lineseparator", "Zl"},
    {"paragraphseparator", "Zp"},
    {"spaceseparator", "Zs"},
};

// \p{name} and [:name:]; their functions distinguish the two that differ.
constexpr Names kSets[] = {
    {"blank", R"(\p{Zs}\t)"}, {"cntrl", R"(\p{Cc})"}, {"digit", R"(\p{Nd})"},       {"space", kSpace},
    {"whitespace", kSpace},   {"xdigit", kHex},       {"ascii", R"(\x{0}-\x{7f})"},
};
constexpr Names kPropertySets[] = {
    {"any", R"(\x{0}-\x{10ffff})"},           {"punct", R"(\p{P})"},   {"lc", R"(\p{Lu}\p{Ll}\p{Lt})"},
    {"casedletter", R"(\p{Lu}\p{Ll}\p{Lt})"}, {"asciihexdigit", kHex}, {"ahex", kHex},
};

template <size_t N>
std::optional<NamedSet> among(const Names (&names)[N], std::string_view name) {
  for (const auto& [known, items] : names)
    if (known == name) return NamedSet{std::string(items)};
  return std::nullopt;
}

bool compiles(const std::string& expression) {
  try {
    const Regex regex(expression);
    return true;
  } catch (const RegexFault&) {
    return false;
  }
}

// Properties of Unicode that both libraries know by one name. PCRE2 has those since 10.40.
std::optional<NamedSet> unicode_property(const std::string& name) {
  std::string items = fmt::format(R"(\p{{{}}})", name);
  return compiles(items) ? std::optional(NamedSet{std::move(items)}) : std::nullopt;
}

// Letters, or all that has a shape, follow from the property alone.
std::optional<NamedSet> shape_set(std::string_view name) {
  if (name == "graph") return NamedSet{R"(\p{Cc}\p{Cn}\p{Cs})" + std::string(kSpace), true};
  if (name == "print") return NamedSet{R"(\x{9}-\x{d}\x{85}\x{2028}\x{2029}\p{Cc}\p{Cn}\p{Cs})", true};
  if (name == "assigned") return NamedSet{R"(\p{Cn})", true};
  if (name == "alpha" || name == "alphabetic") return unicode_property("alphabetic");
  if (name == "upper" || name == "uppercase") return unicode_property("uppercase");
  if (name == "lower" || name == "lowercase") return unicode_property("lowercase");
  if (name != "alnum") return std::nullopt;
  std::optional<NamedSet> letters = unicode_property("alphabetic");
  if (letters) letters->items += R"(\p{Nd})";
  return letters;
}

}  // namespace

std::optional<NamedSet> escaped_set(char letter, bool in_class) {
  switch (letter) {
    case 'd':
    case 'D':
      return NamedSet{R"(\p{Nd})", letter == 'D'};
    case 's':
    case 'S':
      return NamedSet{std::string(kSpace), letter == 'S'};
    case 'w':
    case 'W':
      return NamedSet{std::string(kWord) + std::string(in_class ? "" : kWordAlone), letter == 'W'};
    case 'h':
    case 'H':
      return NamedSet{std::string(kHex), letter == 'H'};
    default:
      return std::nullopt;
  }
}

std::optional<NamedSet> posix_set(std::string_view name) {
  if (name == "punct") return NamedSet{R"(\p{P}\p{S})"};
  if (name == "word") return NamedSet{std::string(kWord)};
  if (name == "whitespace" || name == "assigned") return std::nullopt;
  if (name == "alphabetic" || name == "uppercase" || name == "lowercase") return std::nullopt;
  if (auto set = among(kSets, name)) return set;
  return shape_set(name);
}

std::optional<NamedSet> property_set(std::string_view name, bool in_class) {
  const bool negated = name.starts_with('^');
  if (negated) name.remove_prefix(1);
  std::string plain;
  for (const char c : name) {
    if (c == ' ' || c == '-' || c == '_') continue;
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9'))) return std::nullopt;
    plain += lower;
  }
  const auto found = [&]() -> std::optional<NamedSet> {
    for (const auto& [long_name, category] : kCategories) {
      std::string lower(category);
      lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
      if (plain == long_name || plain == lower) return NamedSet{fmt::format(R"(\p{{{}}})", category)};
    }
    if (auto set = among(kSets, plain)) return set;
    if (auto set = among(kPropertySets, plain)) return set;
    if (auto set = shape_set(plain)) return set;
    if (plain == "word") return escaped_set('w', in_class);
    if (plain.size() == 3 && plain[0] == 'x') return std::nullopt;  // PCRE2's own
    if (auto script = unicode_property("sc:" + plain)) return script;
    static const bool older = !compiles(R"(\p{sc:Han})");
    return unicode_property(older ? std::string(name) : plain);
  }();
  return found ? std::optional(NamedSet{found->items, found->negated != negated}) : std::nullopt;
}

std::string escaped_character(char32_t c) { return fmt::format(R"(\x{{{:x}}})", static_cast<uint32_t>(c)); }

std::string matcher_of(const NamedSet& set) { return fmt::format("[{}{}]", set.negated ? "^" : "", set.items); }

namespace {

std::string union_of(const BracketSet& set) {
  std::string all = set.items.empty() ? "" : "[" + set.items + "]";
  for (const std::string& other : set.others) all += (all.empty() ? "" : "|") + other;
  return set.others.size() + !set.items.empty() > 1 ? "(?:" + all + ")" : all;
}

}  // namespace

std::string matcher_of(const BracketSet& set) {
  if (set.with.empty() && set.others.empty()) return matcher_of(NamedSet{set.items, set.negated});
  std::string all;
  if (set.with.empty()) {
    all = union_of(set);
  } else {
    all = "(?:(?=" + union_of(set) + ")";
    for (size_t i = 0; i + 1 < set.with.size(); ++i) all += "(?=" + union_of(set.with[i]) + ")";
    all += union_of(set.with.back()) + ")";
  }
  return set.negated ? "(?:(?!" + all + ")(?s:.))" : all;
}

}  // namespace hrm::text
