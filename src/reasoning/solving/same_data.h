// Tells data sets apart, between runs and between the processes of one job.
#pragma once

#include "puzzles/dataset.h"
#include "training/collective.h"

namespace hrm::solving {

// Of the numbers of puzzles and of up to 64 of them, spread evenly: enough to tell data sets apart, and read at once.
uint64_t fingerprint(const puzzles::Dataset& set);

// Each process reads its data by itself. Throws bad_input in all processes if one has other puzzles than process 0;
// nullptr: it has no such split.
void check_same_data(training::Collective& all, const puzzles::Dataset* set);

}  // namespace hrm::solving
