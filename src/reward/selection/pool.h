// Combines several runs of one experiment with different seeds in one table. An interval over cases shows how well one
// model was measured; an interval over runs shows the variation between trainings.
//
// Of report.json of any `hrm select` command: rows are the same row where all their texts and their `n` are equal;
// values are their fields {"value", ...}. Mean over runs with Student's t interval (runs - 1 degrees of freedom); n is
// the number of runs that have the row.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "selection/measures.h"

namespace hrm::selection {

struct PooledRun {
  std::string source;  // file, for messages
  Json report;
};

struct PoolOptions {
  // Not empty: for each row of another scorer also a row of the mean difference to this scorer's within the same run,
  // which is known better than either where runs share data or seeds.
  std::string against;
};

// Rows that fewer than two runs have are left out and counted. Throws bad_input on fewer than two reports, a file that
// is not such a report, for reports of different titles, or if no row has the scorer `against`.
MeasureReport pool_runs(const std::vector<PooledRun>& runs, const PoolOptions& options);

}  // namespace hrm::selection
