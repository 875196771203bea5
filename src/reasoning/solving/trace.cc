#include "solving/trace.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/tensor.h"
#include "formats/npy.h"
#include "formats/plot.h"

namespace hrm::solving {
namespace {

constexpr const char* kMeasures[] = {"q_halt",     "q_continue",      "residual_H",
                                     "residual_L", "participation_H", "participation_L"};

void save_arrays(const std::filesystem::path& folder, const SolverResult& result, int64_t cells) {
  std::vector<int32_t> index, questions, answers;
  std::vector<float> measures;
  for (size_t puzzle = 0; puzzle < result.solutions.size(); ++puzzle) {
    const SolvedPuzzle& solution = result.solutions[puzzle];
    questions.insert(questions.end(), solution.question.begin(), solution.question.end());
    for (size_t i = 0; i < solution.segments.size(); ++i) {
      const SolvedSegment& segment = solution.segments[i];
      index.insert(index.end(), {static_cast<int32_t>(puzzle + 1), static_cast<int32_t>(i + 1)});
      answers.insert(answers.end(), segment.answer.begin(), segment.answer.end());
      measures.insert(measures.end(),
                      {segment.q_halt, segment.q_continue, segment.residual_H, segment.residual_L,
                       static_cast<float>(segment.participation.H), static_cast<float>(segment.participation.L)});
    }
  }
  const auto rows = static_cast<int64_t>(index.size() / 2), puzzles = static_cast<int64_t>(result.solutions.size());
  save_npy(folder / "index.npy", HostTensor::of<int32_t>({rows, 2}, index));
  save_npy(folder / "questions.npy", HostTensor::of<int32_t>({puzzles, cells}, questions));
  save_npy(folder / "answers.npy", HostTensor::of<int32_t>({rows, cells}, answers));
  save_npy(folder / "measures.npy", HostTensor::of<float>({rows, std::ssize(kMeasures)}, measures));
}

// Mean over the puzzles that ran segment i, for every i.
template <typename Measure>
PlotSeries mean_by_segment(std::string name, const SolverResult& result, Measure measure) {
  std::vector<double> sums, counts;
  for (const SolvedPuzzle& solution : result.solutions) {
    for (size_t i = 0; i < solution.segments.size(); ++i) {
      if (sums.size() <= i) sums.resize(i + 1), counts.resize(i + 1);
      const double value = measure(solution.segments[i]);
      if (std::isnan(value)) continue;
      sums[i] += value;
      ++counts[i];
    }
  }
  PlotSeries series{.name = std::move(name)};
  for (size_t i = 0; i < sums.size(); ++i) {
    series.x.push_back(static_cast<double>(i + 1));
    series.y.push_back(sums[i] / counts[i]);  // NaN where none was measured: the plot leaves the point out
  }
  return series;
}

void save_plots(const std::filesystem::path& folder, const SolverResult& result) {
  const PlotSeries residuals[] = {
      mean_by_segment("z_H", result, [](const SolvedSegment& s) { return double{s.residual_H}; }),
      mean_by_segment("z_L", result, [](const SolvedSegment& s) { return double{s.residual_L}; })};
  save_plot(folder / "residuals.svg", residuals,
            {.title = "Forward residual of the last call",
             .x_label = "segment",
             .y_label = "|z' - z| / |z'|",
             .log_y = true});
  const PlotSeries participation[] = {
      mean_by_segment("z_H", result, [](const SolvedSegment& s) { return s.participation.H; }),
      mean_by_segment("z_L", result, [](const SolvedSegment& s) { return s.participation.L; })};
  save_plot(folder / "participation.svg", participation,
            {.title = "Participation ratio over a puzzle's tokens", .x_label = "segment", .y_label = "dimensions"});
}

}  // namespace

void save_trace(const std::filesystem::path& folder, const SolverResult& result, const puzzles::Family& family) {
  save_arrays(folder, result, family.seq_len());
  save_plots(folder, result);
  Json pooled = Json::array();
  for (const PooledParticipation& entry : result.pooled)
    pooled.push_back({{"segment", entry.segment},
                      {"puzzles", entry.puzzles},
                      {"participation_H", entry.ratios.H},
                      {"participation_L", entry.ratios.L}});
  write_json(folder / "trace.json", {{"family", family.describe()},
                                     {"index", {"puzzle", "segment"}},
                                     {"measures", kMeasures},
                                     {"complete", result.complete},
                                     {"pooled", std::move(pooled)}});
}

}  // namespace hrm::solving
