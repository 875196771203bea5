// Sound training rows of neutral solutions.
#pragma once

#include "grading/grade.h"
#include "rows/counts.h"
#include "rows/row.h"
#include "rows/solution.h"

namespace hrm::rows {

// Sets outcome if it is unknown and there is a gold answer: the answer named, else found in the steps, graded. An
// undecided verdict leaves it unknown.
void settle_outcome(LabeledSolution& solution, const grading::GradeOptions& options, ConversionCounts& counts);

// Rows of the steps after solution.context that have a label (kOutcome: one row where complete and the outcome is
// known). Steps are tidied (rows/step_text.h), joined by a blank line, empty ones left out. What gives no row is
// counted.
void sound_rows(const LabeledSolution& solution, Kind kind, ConversionCounts& counts, const RowSink& emit);

}  // namespace hrm::rows
