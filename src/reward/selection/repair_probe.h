// The repair probe: after a wrong step, does a scorer rate the step that repairs it as right, and after a right step
// the one that breaks it as wrong? This is where hierarchical rewards are said to differ (arXiv 2503.13551).
//
// By whether the solution is right before a step and after it (the question is right), steps repair, stay wrong, stay
// right or break. Rows per scorer:
//   repairs / stays wrong / stays right / breaks called right   share of such steps with a score of at least threshold
//   repair above the wrong step before                          chance that it scores higher, ties half
//   break below the right step before                           the same; the question itself has no score
//   matched: CASE over CASE    where solutions of one problem share all steps before and then differ: chance that the
//                              step after which the solution is right scores higher (one row per pair of cases, which
//                              are the fields `case` of a probe, else repairs, stays wrong, ...)
// Every step counts; of a probe's solutions only the step that it is about. Intervals: bootstrap over problems.
#pragma once

#include "selection/step_measures.h"

namespace hrm::selection {

// Keys: scorer, probe; measure: rate. Throws bad_input if no step follows a wrong one.
MeasureReport repair_probe(const JudgedData& data, const StepMeasureOptions& options);

}  // namespace hrm::selection
