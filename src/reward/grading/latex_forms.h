// The macros and environments that pylatexenc knows how to write: their arguments and what becomes of them. For the
// reader and the writer of latex_text alone.
#pragma once

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace hrm::grading::latex {

// A macro with arguments: '{' one token or group, '[' optional, '*' an optional star. The template's digits are
// arguments; nullptr: the arguments vanish.
struct MacroForm {
  std::string_view name, arguments;
  const char* text;
};

// clang-format off
inline constexpr MacroForm kForms[] = {
    {"frac", "{{", "1/2"}, {"nicefrac", "{{", "1/2"}, {"sqrt", "[{", "√(2)"}, {"text", "{", "1"}, {"textrm", "{", "1"},
    {"textit", "{", "1"}, {"textbf", "{", "1"}, {"textsc", "{", "1"}, {"textsl", "{", "1"}, {"emph", "{", "1"},
    {"mathrm", "{", "1"}, {"ensuremath", "{", "1"}, {"overline", "{", "1"}, {"underline", "{", "1"},
    {"widehat", "{", "1"}, {"widetilde", "{", "1"}, {"wideparen", "{", "1"}, {"overleftarrow", "{", "1"},
    {"overrightarrow", "{", "1"}, {"overleftrightarrow", "{", "1"}, {"underleftarrow", "{", "1"},
    {"underrightarrow", "{", "1"}, {"underleftrightarrow", "{", "1"}, {"overbrace", "{", "1"}, {"underbrace", "{", "1"},
    {"overgroup", "{", "1"}, {"undergroup", "{", "1"}, {"overbracket", "{", "1"}, {"underbracket", "{", "1"},
    {"overlinesegment", "{", "1"}, {"underlinesegment", "{", "1"}, {"overleftharpoon", "{", "1"},
    {"overrightharpoon", "{", "1"}, {"ket", "{", "|1⟩"}, {"bra", "{", "⟨1|"}, {"braket", "{{", "⟨1|2⟩"},
    {"ketbra", "{{", "|1⟩⟨2|"}, {"textcolor", "[{{", "3"}, {"colorbox", "[{{", "3"}, {"url", "{", "<1>"},
    {"texorpdfstring", "{{", "2"}, {"footnote", "[{", "[2]"}, {"hspace", "*{", ""}, {"vspace", "*{", "\n"},
    {"\\", "*[", "\n"}, {"mbox", "{", nullptr}, {"label", "{", nullptr}, {"color", "[{", nullptr},
    {"textmd", "{", nullptr}, {"textsf", "{", nullptr}, {"texttt", "{", nullptr}, {"textup", "{", nullptr},
    {"hphantom", "[{", nullptr}, {"vphantom", "[{", nullptr}, {"xleftarrow", "[{", nullptr},
    {"xrightarrow", "[{", nullptr}, {"ref", "{", "<ref>"}, {"eqref", "{", "(<ref>)"}, {"input", "{", nullptr},
    {"include", "{", nullptr}, {"setlength", "[{{", nullptr},
};

// Macros that put a combining character after each character of their argument.
inline constexpr std::pair<std::string_view, char32_t> kAccents[] = {
    {"'", 0x301}, {"`", 0x300}, {"\"", 0x308}, {"c", 0x327}, {"^", 0x302}, {"~", 0x303}, {"H", 0x30B}, {"k", 0x328},
    {"=", 0x304}, {"b", 0x331}, {".", 0x307}, {"d", 0x323}, {"r", 0x30A}, {"u", 0x306}, {"v", 0x30C}, {"vec", 0x20D7},
    {"dot", 0x307}, {"hat", 0x302}, {"check", 0x30C}, {"breve", 0x306}, {"acute", 0x301}, {"grave", 0x300},
    {"tilde", 0x303}, {"bar", 0x305}, {"ddot", 0x308}, {"not", 0x338},
};

// Mathematical alphabets: the code points of A and a.
struct Alphabet { std::string_view name; char32_t capital, small; };
inline constexpr Alphabet kAlphabets[] = {
    {"mathbf", 0x1D400, 0x1D41A}, {"mathit", 0x1D434, 0x1D44E}, {"mathsf", 0x1D5A0, 0x1D5BA},
    {"mathbb", 0x1D538, 0x1D552}, {"mathtt", 0x1D670, 0x1D68A}, {"mathcal", 0x1D49C, 0x1D4B6},
    {"mathscr", 0x1D49C, 0x1D4B6}, {"mathfrak", 0x1D504, 0x1D51E},
};
inline constexpr std::pair<std::string_view, std::string_view> kLigatures[] = {
    {"---", "—"}, {"--", "–"}, {"``", "“"}, {"''", "”"}, {"!`", "¡"}, {"?`", "¿"}, {"~", "\u00A0"}, {"&", "   "},
};
// clang-format on

struct EnvironmentForm {
  std::string_view name, arguments;
  bool is_matrix = false, is_equation = false;
};
inline constexpr EnvironmentForm kEnvironments[] = {
    {"array", "[{", true},
    {"pmatrix", "", true},
    {"bmatrix", "", true},
    {"smallmatrix", "", true},
    {"psmallmatrix", "", true},
    {"bsmallmatrix", "", true},
    {"equation", "", false, true},
    {"equation*", "", false, true},
    {"eqnarray", "", false, true},
    {"eqnarray*", "", false, true},
    {"align", "", false, true},
    {"align*", "", false, true},
    {"gather", "", false, true},
    {"gather*", "", false, true},
    {"multline", "", false, true},
    {"multline*", "", false, true},
    {"tabular", "{"},
};

template <typename Table>
const auto* find_form(const Table& table, std::string_view name) {
  const auto at = std::ranges::find(table, name, [](const auto& row) { return std::string_view(std::get<0>(row)); });
  return at == std::end(table) ? nullptr : &*at;
}
inline const MacroForm* form_of(std::string_view name) {
  const auto at = std::ranges::find(kForms, name, &MacroForm::name);
  return at == std::end(kForms) ? nullptr : at;
}

}  // namespace hrm::grading::latex
