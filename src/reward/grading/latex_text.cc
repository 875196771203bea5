#include "grading/latex_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/utf8.h"
#include "grading/latex_forms.h"
#include "grading/latex_reader.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace latex {
namespace {

struct Unwritable {};  // where the original raises

// clang-format off
// Letters whose code point in the alphabet is unassigned, and where they are instead.
constexpr std::pair<char32_t, char32_t> kLetterlike[] = {
    {0x1D455, 0x210E}, {0x1D49D, 0x212C}, {0x1D4A0, 0x2130}, {0x1D4A1, 0x2131}, {0x1D4A3, 0x210B}, {0x1D4A4, 0x2110},
    {0x1D4A7, 0x2112}, {0x1D4A8, 0x2133}, {0x1D4AD, 0x211B}, {0x1D4BA, 0x212F}, {0x1D4BC, 0x210A}, {0x1D4C4, 0x2134},
    {0x1D506, 0x212D}, {0x1D50B, 0x210C}, {0x1D50C, 0x2111}, {0x1D515, 0x211C}, {0x1D51D, 0x2128}, {0x1D53A, 0x2102},
    {0x1D53F, 0x210D}, {0x1D545, 0x2115}, {0x1D547, 0x2119}, {0x1D548, 0x211A}, {0x1D549, 0x211D}, {0x1D551, 0x2124},
};
// clang-format on

bool is_blank(std::string_view text) { return strip(text).empty(); }

class Writer {
 public:
  std::string text_of(const std::vector<Node>& nodes) {
    std::string text;
    const Node* before = nullptr;
    for (const Node& node : nodes) {
      // Blanks after a macro without arguments show only before characters, and in equations.
      if (in_equation_ && before && before->kind == Node::Kind::kMacro && !before->has_arguments &&
          node.kind == Node::Kind::kCharacters)
        text += before->blanks;
      text += text_of(node);
      before = &node;
    }
    return text;
  }

 private:
  std::string text_of(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kCharacters:
        return in_equation_ && is_blank(node.text) ? std::string() : node.text;
      case Node::Kind::kGroup:
        return text_of(node.children);
      case Node::Kind::kMacro:
        return macro(node);
      case Node::Kind::kEnvironment:
        return environment(node);
      case Node::Kind::kMath:
        return node.text == "\\(" ? equation(node) : displayed(node);
      case Node::Kind::kLigature:
        return std::string(find_form(kLigatures, node.text)->second);
    }
    return {};
  }

  std::string equation(const Node& node) {
    const bool around = std::exchange(in_equation_, true);
    std::string text(strip(text_of(node.children)));
    in_equation_ = around;
    return text;
  }

  std::string displayed(const Node& node) {
    std::string text = equation(node);
    replace_all(text, "\n", "\n    ");
    return "\n    " + text + "\n";
  }

  std::string argument(const Node& node, size_t n) {
    if (n >= node.arguments.size() || !node.arguments[n]) return {};
    return text_of(*node.arguments[n]);
  }

  std::string macro(const Node& node) {
    if (const auto* accent = find_form(kAccents, node.text)) return accented(node, accent->second);
    for (const Alphabet& alphabet : kAlphabets)
      if (alphabet.name == node.text) return styled(argument(node, 0), alphabet);
    if (const MacroForm* form = form_of(node.text)) return filled(node, *form);
    const char* symbol = latex_symbol(node.text);
    return symbol ? symbol : "";
  }

  std::string filled(const Node& node, const MacroForm& form) {
    if (!form.text) return {};
    std::string text;
    if (!node.has_arguments) {
      // Its template stays visible, or has no value to take.
      if (form.name == "sqrt" || form.arguments.find('[') < form.arguments.size() - 1) throw Unwritable();
      if (form.text == std::string_view("1") && is_wrapper(form.name)) return {};
      for (const char* c = form.text; *c; ++c) is_ascii_digit(*c) ? void(text += "%s") : void(text += *c);
      return text;
    }
    for (const char* c = form.text; *c; ++c)
      is_ascii_digit(*c) ? void(text += argument(node, static_cast<size_t>(*c - '1'))) : void(text += *c);
    return text;
  }

  static bool is_wrapper(std::string_view name) {
    return name.starts_with("text") || name == "emph" || name == "mathrm";
  }

  std::string accented(const Node& node, char32_t accent) {
    std::string text;
    const std::string argument_text = node.has_arguments ? argument(node, 0) : " ";
    for (std::string_view rest = node.has_arguments ? strip(argument_text) : argument_text; !rest.empty();) {
      const CodePoint point = decode_utf8(rest);
      rest.remove_prefix(point.size);
      std::string pair;
      append_utf8(pair, point.value == 0x131 ? 'i' : point.value == 0x237 ? 'j' : point.value);
      append_utf8(pair, accent);
      const auto composed = std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)>(
          utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(pair.c_str())), &std::free);
      text += composed ? reinterpret_cast<const char*>(composed.get()) : pair.c_str();
    }
    return text;
  }

  static std::string styled(std::string_view plain, const Alphabet& alphabet) {
    std::string text;
    for (const char c : plain) {
      if (!is_ascii_letter(c)) {
        text += c;
        continue;
      }
      char32_t value = c <= 'Z' ? alphabet.capital + static_cast<char32_t>(c - 'A')
                                : alphabet.small + static_cast<char32_t>(c - 'a');
      for (const auto& [unassigned, letter] : kLetterlike) value = value == unassigned ? letter : value;
      append_utf8(text, value);
    }
    return text;
  }

  std::string environment(const Node& node) {
    const auto form = std::ranges::find(kEnvironments, node.text, &EnvironmentForm::name);
    if (form == std::end(kEnvironments)) return text_of(node.children);
    if (form->is_matrix) return matrix(node);
    return form->is_equation ? displayed(node) : text_of(node.children);
  }

  // Cells right-aligned to the widest, rows between "; ".
  std::string matrix(const Node& node) {
    std::vector<std::vector<std::string>> rows(1);
    std::vector<Node> cell;
    const auto end_cell = [&] {
      if (!cell.empty()) rows.back().emplace_back(strip(text_of(cell)));
      cell.clear();
    };
    for (const Node& child : node.children) {
      if (child.kind == Node::Kind::kLigature && child.text == "&") {
        end_cell();
      } else if (child.kind == Node::Kind::kMacro && child.text == "\\") {
        end_cell();
        rows.emplace_back();
      } else {
        cell.push_back(child);
      }
    }
    end_cell();
    return written(rows);
  }

  static size_t characters(std::string_view text) {
    return static_cast<size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  }

  static std::string written(const std::vector<std::vector<std::string>>& rows) {
    size_t width = 0, cells = 0;
    for (const auto& row : rows) {
      cells += row.size();
      for (const std::string& cell : row) width = std::max(width, characters(cell));
    }
    constexpr size_t kMostText = size_t{1} << 20;
    if (cells == 0 || cells * width > kMostText) throw Unwritable();
    std::string text = "[ ";
    for (size_t r = 0; r < rows.size(); ++r) {
      if (r > 0) text += "; ";
      for (size_t c = 0; c < rows[r].size(); ++c)
        text.append(c > 0, ' ').append(width - characters(rows[r][c]), ' ').append(rows[r][c]);
    }
    return text + " ]";
  }

  bool in_equation_ = false;  // \(..\), \[..\] and the environments: blanks are treated in another way there
};

}  // namespace
}  // namespace latex

std::optional<std::string> latex_to_text(std::string_view latex) {
  const auto nodes = latex::read_latex(latex);
  if (!nodes) return std::nullopt;
  try {
    return latex::Writer().text_of(*nodes);
  } catch (const latex::Unwritable&) {
    return std::nullopt;
  }
}

}  // namespace hrm::grading
