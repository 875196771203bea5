// LaTeX as plain text, the way pylatexenc 2.11 writes it, which the PRM800K grader compares by: symbols become their
// Unicode characters, \frac{a}{b} becomes a/b, \sqrt[n]{x} becomes √(x), a matrix [ a b; c d ], braces vanish, unknown
// macros too. Rare macros of documents (sections, citations, Cyrillic letters) count as unknown.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hrm::grading {

// nullopt if pylatexenc raises: \sqrt without its argument, an empty matrix, nesting beyond kMostLatexDepth. Any bytes;
// time linear in the text for a given depth.
std::optional<std::string> latex_to_text(std::string_view latex);

constexpr int kMostLatexDepth = 120;

// The text of a macro without arguments; nullptr: unknown.
const char* latex_symbol(std::string_view name);

}  // namespace hrm::grading
