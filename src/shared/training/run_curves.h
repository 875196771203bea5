// The curves of finished or running trainings, for people: read from their logs, of any trainer.
#pragma once

#include <filesystem>
#include <string>

#include "formats/plot.h"

namespace hrm::training {

// Averages neighbors of a curve with very many points: a picture shows no more than some hundred.
void thin(PlotSeries& series);

// One picture of a run folder's log.jsonl: losses on a logarithmic axis, and below it what was measured of held-out
// data. Records of other kinds than these are left out. Throws bad_input where there is no log or it holds no
// measurement.
std::string draw_run(const std::filesystem::path& folder);

}  // namespace hrm::training
