// The ARC family: grids of ten colors on a square canvas (puzzles/arc_grid.h). The embedding of the task tells the
// model what to do with an input. A question alone has no right answer, so the family has no rules.
//
// Text: a grid is a block of lines of digits, with or without blanks or commas between them; or one line with the rows
// separated by '/'; or a JSON list of rows on one line.
#pragma once

#include <memory>

#include "puzzles/family.h"

namespace hrm::puzzles {

// side: of the canvas. Throws bad_input unless 1 <= side <= 30.
std::unique_ptr<Family> make_arc(int64_t side, std::string_view source);

}  // namespace hrm::puzzles
