// Drawings of a tree with a value per node: text for a terminal, SVG for reports.
#pragma once

#include <string>
#include <string_view>

#include "steps/tree.h"
#include "tree/labels.h"

namespace hrm::tree {

struct DrawOptions {
  int64_t depth = 6, nodes = 60;  // deeper nodes, and those after so many, are only counted
  int64_t width = 110;            // columns; longer texts are cut
  bool color = false;
};

// The text on one line: blanks for control characters, cut after `width` characters.
std::string one_line(std::string_view text, size_t width);

// One line per node, indented: its value, counts, multiplicity, a mark (right, wrong, undecided, unfinished) and the
// first line of its text.
std::string draw_text(const steps::Tree& tree, const Values& values, const steps::Verdicts& verdicts,
                      const DrawOptions& options);

// Levels from left to right, circles colored by value from vermilion (0) to blue (1), gray without one; texts are
// tooltips.
std::string draw_svg(const steps::Tree& tree, const Values& values, const steps::Verdicts& verdicts,
                     const DrawOptions& options);

}  // namespace hrm::tree
