// Sets of characters as Oniguruma names them, in PCRE2's syntax.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::text {

// Members of a bracket expression of PCRE2, without its brackets: "\p{L}\x{24b6}-\x{24e9}".
struct NamedSet {
  std::string items;
  bool negated = false;  // what is not among them
};

// \d \s \w \h and their opposites; nullopt for other letters. in_class: within brackets, where \w lacks six characters.
std::optional<NamedSet> escaped_set(char letter, bool in_class);
// [:name:] in brackets, without ^; nullopt for names that Oniguruma lacks.
std::optional<NamedSet> posix_set(std::string_view name);
// The inside of \p{...}, with ^ if it has one; nullopt for names that PCRE2 lacks or reads otherwise.
std::optional<NamedSet> property_set(std::string_view name, bool in_class);

std::string escaped_character(char32_t c);  // \x{41}

// What matches one character of the set: a bracket expression.
std::string matcher_of(const NamedSet& set);

// Brackets: a union of members and of sets in their own brackets, each of which matches one character; intersected
// with others of the same kind.
struct BracketSet {
  bool negated = false;
  std::string items;                // as in NamedSet
  std::vector<std::string> others;  // matchers of one character
  std::vector<BracketSet> with;     // operands after &&; their own `with` and `negated` are not used
};
std::string matcher_of(const BracketSet& set);

}  // namespace hrm::text
