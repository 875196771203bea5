// Pictures of an evaluation, for people.
#pragma once

#include <filesystem>

#include "solving/evaluator.h"

namespace hrm::solving {

// SVG or PNG by the name's ending. A bar per rating band and one for all puzzles: answers right or wrong, and whether the
// model halted sure of them (q_halt >= 0), of the first view. With several views, above it, exact answers against the
// number of views for each way to pick one, with 95 % intervals. Throws as save_picture (formats/picture.h) does.
void save_evaluation_plot(const std::filesystem::path& path, const Evaluation& evaluation);

}  // namespace hrm::solving
