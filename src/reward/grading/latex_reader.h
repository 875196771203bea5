// LaTeX as a tree of groups, macros with their arguments, environments and formulas, cut as pylatexenc cuts it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::grading::latex {

struct Node {
  enum class Kind { kCharacters, kGroup, kMacro, kEnvironment, kMath, kLigature };
  Kind kind = Kind::kCharacters;
  std::string text;         // characters, name, opening delimiter
  std::string_view blanks;  // after a macro
  bool has_arguments = false;
  std::vector<std::optional<Node>> arguments;
  std::vector<Node> children;
};

// nullopt for nesting beyond kMostLatexDepth. Any bytes; nodes refer to the text.
std::optional<std::vector<Node>> read_latex(std::string_view latex);

}  // namespace hrm::grading::latex
